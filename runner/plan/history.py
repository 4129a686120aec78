"""The history: what the ledger knows about firings, as values for the planner.

The ledger makes these values from its rows; the planner only reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from runner.plan.firing import Firing, FiringKey, WatchKey


class State(StrEnum):
    """The state of a firing in a row of the ledger; machine-readable values."""

    CLAIMED = "claimed"  # a run holds it: its request may be in flight
    FIRED = "fired"
    IN_DOUBT = "in_doubt"  # it may have been sent; a person has to resolve it
    FAILED = "failed"  # certainly not sent
    EXPIRED = "expired"  # it is no longer sent, and a run recorded that
    RELEASED = "released"  # a run gave its claim back unsent


# While a row of a firing is in one of these states, no run may send the firing.
BLOCKING = (State.CLAIMED, State.FIRED, State.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class KnownFiring:
    """What the ledger knows about one firing, from its blocking row, or else from its newest row.

    The claim of a run that is over is given as in doubt; the ledger decides that by its own clock.
    `claimed_at`: when the row was made. `settled_at`: when its state last changed. `reporter`: the run whose report
    shows the row. `is_reported`: whether that report was published. `definition`: what was sent, if it differs from
    what is defined now. `reason`: the newest reason that is recorded, of an expiry without a reason that of its last
    failure. `expiry_reason`: the reason that is recorded with the expiry itself. `refusals`: how many times in a row
    the API refused this content, up to now.
    """

    key: FiringKey
    state: State
    run: str
    claimed_at: datetime
    fingerprint: str
    settled_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None
    expiry_reason: str | None = None
    bulletins_sent: int | None = None
    reporter: str = ""
    is_reported: bool = True
    host: str = ""
    pid: int = 0
    failures: int = 0
    refusals: int = 0
    definition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SentFiring:
    """A firing that was sent, or may have been, and when it was claimed."""

    key: FiringKey
    at: datetime


class Watch(NamedTuple):
    """How far a recurring bulletin is settled: every occurrence due before `settled_until` was sent or dealt with.

    `looked_at`: when a run last looked at the bulletin. `times`: a hash of the due times of its schedule then.
    """

    settled_until: datetime
    looked_at: datetime
    times: str


class Spent(NamedTuple):
    """One firing that counts against the budgets of an account: when it was claimed, and its business event."""

    at: datetime
    event: str


@dataclass(frozen=True, slots=True)
class History:
    """All that the planner needs from the ledger. Empty if there is no ledger.

    `entries`: by key, the known firings. `recent`: by account and payload hash, firings sent in the last 24 hours, or
    since a firing that can be sent now was due. `orphans`: by bulletin and occurrence, firings sent in accounts that
    are no longer defined. `spent`: by account with a budget, firings sent in the last 48 hours.

    For recurring bulletins: `settled`, up to when they are settled; `looked_at`, when a run last looked at them;
    `edited`, those whose schedule was edited since; `missed`, their firings that expired and are not settled; `newest`,
    the due time of the newest occurrence that was sent, or may have been, as far as the planner needs it.
    """

    entries: Mapping[FiringKey, KnownFiring] = field(default_factory=dict)
    recent: Mapping[tuple[str, str], tuple[SentFiring, ...]] = field(default_factory=dict)
    orphans: Mapping[tuple[str, str], tuple[SentFiring, ...]] = field(default_factory=dict)
    spent: Mapping[str, tuple[Spent, ...]] = field(default_factory=dict)
    settled: Mapping[WatchKey, datetime] = field(default_factory=dict)
    newest: Mapping[WatchKey, datetime] = field(default_factory=dict)
    looked_at: Mapping[WatchKey, datetime] = field(default_factory=dict)
    edited: Set[WatchKey] = frozenset()
    missed: tuple[Firing, ...] = ()

    def is_new(self, key: WatchKey) -> bool:
        """Whether no run has looked at the recurring bulletin with its present schedule."""
        return key not in self.settled or key in self.edited
