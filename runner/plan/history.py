"""What the ledger knows of firings, as values for the planner. Only the ledger makes them from its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from runner.plan.firing import FiringKey


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
    host: str = ""
    pid: int = 0
    failures: int = 0
    definition: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A firing that was sent, or may have been, with the payload it is looked up by."""

    key: FiringKey
    at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """All that the planner asks of the ledger. Empty where there is none.

    `recent` holds, by account and payload hash, what went out in the last 24 hours; `orphans`, by bulletin and
    occurrence, what went out in accounts that are not defined any more.
    """

    entries: Mapping[FiringKey, Entry] = field(default_factory=dict)
    recent: Mapping[tuple[str, str], tuple[Sent, ...]] = field(default_factory=dict)
    orphans: Mapping[tuple[str, str], tuple[Sent, ...]] = field(default_factory=dict)
