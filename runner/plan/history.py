"""What the ledger knows of firings, as values for the planner. Only the ledger makes them from its rows."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from runner.plan.firing import FiringKey, WatchKey


class State(StrEnum):
    """What a row of the ledger says of its firing."""

    CLAIMED = "claimed"  # a run holds it: it may be on the wire
    FIRED = "fired"
    IN_DOUBT = "in_doubt"  # it may have been sent; a person settles it
    FAILED = "failed"  # certainly not sent
    EXPIRED = "expired"  # its window closed, and that was reported
    RELEASED = "released"  # a run gave its claim back unsent


# While a row of a firing is in one of these states, nobody may send the firing.
BLOCKING = (State.CLAIMED, State.FIRED, State.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one firing: its blocking row, or else its newest.

    A claim of a run that is over comes as in doubt: whether it is, only the ledger's own clock can tell.

    `reporter` is the run whose report shows the row, `is_reported` whether that report has been published.

    `claimed_at` is when the row was made, `settled_at` when its state was last changed. `definition` is what was
    sent, where that differs from what is defined now.
    """

    key: FiringKey
    state: State
    run: str
    claimed_at: datetime
    fingerprint: str
    settled_at: datetime | None = None
    expires_at: datetime | None = None
    reason: str | None = None
    bulletins_sent: int | None = None
    reporter: str = ""
    is_reported: bool = True
    host: str = ""
    pid: int = 0
    failures: int = 0
    definition: Mapping[str, Any] | None = None

    @property
    def report_note(self) -> str:
        """Which run has reported an expired firing; or which run recorded it, where no report has shown it yet."""
        if self.is_reported:
            return f"reported by run {self.reporter or self.run}"
        return f"recorded by run {self.run}, in no report yet"


@dataclass(frozen=True, slots=True)
class Sent:
    """A firing that was sent, or may have been, with the payload it is looked up by."""

    key: FiringKey
    at: datetime


class Watch(NamedTuple):
    """What runs have told of a recurring bulletin: all that was due before `settled_until`.

    `looked_at` is when a run last looked, and `times` tells equal schedules, as it found them then.
    """

    settled_until: datetime
    looked_at: datetime
    times: str


class Spent(NamedTuple):
    """What counts against the budgets of an account: when it went out, or was claimed, and its business event."""

    at: datetime
    event: str


@dataclass(frozen=True, slots=True)
class History:
    """All that the planner asks of the ledger. Empty where there is none.

    `recent` holds, by account and payload hash, what went out in the last 24 hours, or since it is due what
    may go now; `orphans`, by bulletin and
    occurrence, what went out in accounts that are not defined any more; `spent`, by account, what went out of those
    with a budget in the last 48 hours.

    Of recurring bulletins, `settled` says up to when their occurrences were told, `looked` when a run last looked at
    their schedule, `edited` which have another one since, and `newest` when the last was due that was sent, or may
    have been, as far as that is of interest.
    """

    entries: Mapping[FiringKey, Entry] = field(default_factory=dict)
    recent: Mapping[tuple[str, str], tuple[Sent, ...]] = field(default_factory=dict)
    orphans: Mapping[tuple[str, str], tuple[Sent, ...]] = field(default_factory=dict)
    spent: Mapping[str, tuple[Spent, ...]] = field(default_factory=dict)
    settled: Mapping[WatchKey, datetime] = field(default_factory=dict)
    newest: Mapping[WatchKey, datetime] = field(default_factory=dict)
    looked: Mapping[WatchKey, datetime] = field(default_factory=dict)
    edited: Set[WatchKey] = frozenset()

    def is_new(self, key: WatchKey) -> bool:
        """Whether no run has looked at the present schedule of a recurring bulletin."""
        return key not in self.settled or key in self.edited
