"""When a bulletin is due: its occurrences, each with the window in which it may go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from runner.definitions.model import Bulletin


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a bulletin is due. Without a schedule it is due at once, and never expires."""

    name: str  # r1: revision 1
    due_at: datetime | None = None
    expires_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.due_at is None or self.due_at <= now

    def is_expired(self, now: datetime) -> bool:
        """Whether its grace has run out."""
        return self.expires_at is not None and now > self.expires_at


def occurrences(bulletin: Bulletin) -> Iterator[Occurrence]:
    """The occurrences of a bulletin's present revision."""
    name = f"r{bulletin.revision}"
    schedule = bulletin.schedule
    if schedule is None:
        yield Occurrence(name)
    else:
        yield Occurrence(name, schedule.at, schedule.at + schedule.grace)
