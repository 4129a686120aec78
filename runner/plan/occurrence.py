"""Occurrences: the times at which a bulletin is due, each with the end of its grace.

In: a bulletin with its schedule, and the time. Out: the occurrences that may be sent, are next, or were missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice

from runner.definitions.model import Bulletin, Recurrence, Schedule
from runner.definitions.schedules.times import TimeProblem, instant

MOST_COMING = 10_000  # future occurrences of one bulletin that are listed
MOST_MISSED = 10_000  # missed occurrences of one bulletin that are reported; older ones are left out
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a bulletin is due. Without a schedule, it is due at once and never expires."""

    name: str  # r1 is revision 1; r1@2026-12-04T13:00:00Z is one occurrence of a recurring bulletin
    due_at: datetime | None = None
    expires_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the due time has come."""
        return self.due_at is None or self.due_at <= now

    def is_expired(self, now: datetime) -> bool:
        """Whether the grace has run out."""
        return self.expires_at is not None and now > self.expires_at


def name_of(revision: int, due_at: datetime | None = None) -> str:
    """Return the name of an occurrence: `r1`, or with the due time of a recurring bulletin `r1@…Z` in UTC."""
    return f"r{revision}" if due_at is None else f"r{revision}@{due_at:%Y-%m-%dT%H:%M:%SZ}"


def names_from(revision: int, since: datetime | None = None) -> tuple[str, str]:
    """Return the bounds of all names of recurring occurrences in a revision, from the time `since` on.

    Both bounds are as long as the names, so that a database of any language sorts them by time.
    """
    first = f"r{revision}@0000-00-00T00:00:00Z" if since is None else name_of(revision, since)
    return first, f"r{revision}@9999-12-31T23:59:59Z"


def occurrences(bulletin: Bulletin, now: datetime, until: datetime | None = None) -> tuple[Occurrence, ...]:
    """Return the occurrences of a bulletin's present revision: exactly one if it does not recur.

    For a recurring bulletin: the occurrences that are due and within their grace, and the next one, or with `until` all
    up to that time, at most about `MOST_COMING`. If there are none, the last occurrence.
    """
    match bulletin.schedule:
        case None:
            return (Occurrence(name_of(bulletin.revision)),)
        case Schedule(at, grace):
            return (Occurrence(name_of(bulletin.revision), at, at + grace),)
        case recurrence:
            return _around(recurrence, bulletin.revision, now, until)


def missed(bulletin: Bulletin, since: datetime, now: datetime) -> tuple[Occurrence, ...]:
    """Return the occurrences due from `since` on whose grace is over at `now`: the newest `MOST_MISSED` at most."""
    if not isinstance(bulletin.schedule, Recurrence):
        return ()
    return _missed(bulletin.schedule, bulletin.revision, since, now)


def occurrence_named(bulletin: Bulletin, name: str) -> Occurrence | None:
    """Return the occurrence of that name; None if the bulletin is not recurring or has no such occurrence."""
    if not isinstance(bulletin.schedule, Recurrence):
        return None
    from runner.definitions.schedules.recurrence import falls_on

    at = name.partition("@")[2]
    try:
        due_at = instant(at)
    except TimeProblem:
        return None
    found = _occurrence(bulletin.schedule, bulletin.revision, due_at)
    return found if found.name == name and falls_on(bulletin.schedule, due_at) else None


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def _around(recurrence: Recurrence, revision: int, now: datetime, until: datetime | None) -> tuple[Occurrence, ...]:
    from runner.definitions.schedules.recurrence import between, last_before, next_after

    times = list(between(recurrence, now - recurrence.grace, now))
    coming = [] if until is None else list(islice(between(recurrence, now + _TICK, until), MOST_COMING + 1))
    if not coming and (following := next_after(recurrence, now)):
        coming = [following]
    times += coming
    if not times and (last := last_before(recurrence, now)):
        times = [last]
    return tuple(_occurrence(recurrence, revision, at) for at in times)


@lru_cache(maxsize=4096)
def _missed(recurrence: Recurrence, revision: int, since: datetime, now: datetime) -> tuple[Occurrence, ...]:
    from runner.definitions.schedules.recurrence import backwards

    closed = now - recurrence.grace - _TICK
    newest = list(islice(backwards(recurrence, since, closed), MOST_MISSED))
    return tuple(_occurrence(recurrence, revision, at) for at in reversed(newest))


def _occurrence(recurrence: Recurrence, revision: int, due_at: datetime) -> Occurrence:
    return Occurrence(name_of(revision, due_at), due_at, due_at + recurrence.grace)
