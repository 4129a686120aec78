"""Compute the occurrences of a recurring schedule: a `Recurrence` comes in, instants in UTC go out. Pure.

Daylight saving: a skipped local time is due directly after the gap. A local time that occurs twice is due only the
first time. Two local times at one instant are one occurrence. `starts` and `ends` are included. A search ends after
50 years without a match.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice

from cronsim import CronSim

from runner.definitions.model import Recurrence
from runner.definitions.schedules.times import zone

_SECOND = timedelta(seconds=1)
_MOST_SKIPPED = 3  # hours that clocks skip at once, by today's rules
_LONGEST_TURN = timedelta(hours=25)  # when a zone crosses the date line; usually clocks go back by one hour
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2300, 1, 1, tzinfo=UTC)
_SAMPLES = [datetime(2028, month, day) for month in range(1, 13) for day in (1, 8, 15, 22)]  # in a leap year


def between(recurrence: Recurrence, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the instants from `first` to `last` in order, both included."""
    first = max(first, recurrence.starts or _FIRST, _FIRST)
    last = min(last, recurrence.ends or _LAST, _LAST)
    if first > last:
        return
    tz, before = zone(recurrence.timezone), None
    for local in CronSim(recurrence.cron, _wall(first - _SECOND, tz)):
        instant = instant_of(local, tz)
        if instant > last:
            return
        if instant >= first and instant != before:
            before = instant
            yield instant


def backwards(recurrence: Recurrence, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the instants from `last` back to `first`, both included."""
    first = max(first, recurrence.starts or _FIRST, _FIRST)
    last = min(last, recurrence.ends or _LAST, _LAST)
    if first > last:
        return
    tz, before = zone(recurrence.timezone), None
    # If the clocks have just been put back, they already showed later local times, which must be included.
    shown = max(_wall(last, tz), _wall(last - _LONGEST_TURN, tz) + _LONGEST_TURN)
    for local in CronSim(recurrence.cron, shown.replace(microsecond=0) + _SECOND, reverse=True):
        instant = instant_of(local, tz)
        if instant < first:
            return
        if instant <= last and instant != before:
            before = instant
            yield instant


def next_after(recurrence: Recurrence, at: datetime) -> datetime | None:
    """Return the first instant after `at`, or None."""
    return next(between(recurrence, at + timedelta(microseconds=1), _LAST), None)


def last_before(recurrence: Recurrence, at: datetime) -> datetime | None:
    """Return the last instant at or before `at`, or None."""
    return next(backwards(recurrence, _FIRST, at), None)


def falls_on(recurrence: Recurrence, at: datetime) -> bool:
    """Whether the schedule is due exactly at `at`."""
    return next(between(recurrence, at, at), None) is not None


def is_ever_due(recurrence: Recurrence) -> bool:
    """Whether the schedule is ever due."""
    return next(between(recurrence, _FIRST, _LAST), None) is not None


def is_denser(recurrence: Recurrence, length: timedelta, limit: int) -> bool:
    """Whether more than `limit` instants lie within `length` after one of them. Samples over a year are checked."""
    if not _is_ever_denser(recurrence.cron, recurrence.timezone, length, limit):
        return False
    starts, ends = recurrence.starts, recurrence.ends
    return not (starts and ends) or _has_more(recurrence, starts, ends, limit)


def _is_ever_denser(cron: str, timezone: str, length: timedelta, limit: int) -> bool:
    """The same for a schedule without an end. The answers for a cron are remembered, so few lengths are checked."""
    known = known_density(cron, timezone, limit)
    while known.never < length < known.ever:
        # The given length is checked first, since each row of a table may have its own cron.
        at = length
        if known.ever < timedelta.max:
            at = known.never + (known.ever - known.never) // 2
        elif known.never:
            at = 2 * known.never
        if is_denser_within(cron, timezone, at, limit):
            known.ever = at
        else:
            known.never = at
    return length >= known.ever


@dataclass(slots=True)
class _Known:
    """The longest length known to contain at most `limit` instants, and the shortest known to contain more."""

    never: timedelta = timedelta()
    ever: timedelta = timedelta.max


@lru_cache(maxsize=4096)
def known_density(cron: str, timezone: str, limit: int) -> _Known:
    """Return what earlier calls learned about this cron."""
    return _Known()  # one mutable value for each cron


def is_denser_within(cron: str, timezone: str, length: timedelta, limit: int) -> bool:
    """Whether more than `limit` instants of the cron lie within one length. Counts them; nothing is remembered."""
    day = _Day.of(cron)
    if day.times * (length.days + 2) <= limit:
        return False
    always = Recurrence(cron, timezone)
    firsts = {first for at in _SAMPLES if (first := next_after(always, at.replace(tzinfo=UTC)))}
    tz = zone(timezone)
    return any(
        # Counting day by day is fast, and exact except for skipped hours; stepping through all instants is slow.
        day.count(_wall(first, tz), _wall(first + length, tz)) + day.in_hours(_MOST_SKIPPED) > limit
        and _has_more(always, first, first + length, limit)
        for first in sorted(firsts)
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """The minutes and hours at which a cron is due on each of its days, and these days."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str  # a cron expression for midnight of each day

    @classmethod
    def of(cls, cron: str) -> _Day:
        read = CronSim(cron, _SAMPLES[0])
        return cls(tuple(sorted(read.minutes)), tuple(sorted(read.hours)), " ".join(("0 0", *cron.split()[2:])))

    @property
    def times(self) -> int:
        return len(self.minutes) * len(self.hours)

    def in_hours(self, hours: int) -> int:
        """Return the largest number of times within so many hours."""
        return len(self.minutes) * min(hours, len(self.hours))

    def count(self, first: datetime, last: datetime) -> int:
        """Count the local times from `first`, which is one of them, to `last`, both included."""
        count = -self._before(first)
        for midnight in CronSim(self.days, first.replace(hour=0, minute=0, second=0) - _SECOND):
            if midnight.date() >= last.date():
                return count + (self._before(last) + self._is_time(last) if midnight.date() == last.date() else 0)
            count += self.times
        return count

    def _before(self, at: datetime) -> int:
        earlier = bisect_left(self.hours, at.hour) * len(self.minutes)
        return earlier + (bisect_left(self.minutes, at.minute) if at.hour in self.hours else 0)

    def _is_time(self, at: datetime) -> bool:
        return at.hour in self.hours and at.minute in self.minutes


def _has_more(recurrence: Recurrence, first: datetime, last: datetime, limit: int) -> bool:
    return next(islice(between(recurrence, first, last), limit, None), None) is not None


@lru_cache(maxsize=65536)
def instant_of(local: datetime, tz: tzinfo) -> datetime:
    """Return the first instant at which clocks in the zone show this local time or a later one."""
    instant = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if _wall(instant, tz) == local:
        return instant
    before, after = (
        local.replace(tzinfo=tz, fold=1).astimezone(UTC),
        instant,
    )  # the gap lies between
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _wall(middle, tz) < local:
            before = middle
        else:
            after = middle
    return after


def local_time(recurrence: Recurrence, instant: datetime) -> datetime:
    """Return the local time of the cron expression for an occurrence; the first one, if several were skipped.

    Unlike the instant, it does not change when the zone gets another offset.
    """
    tz = zone(recurrence.timezone)
    shown, expected = _wall(instant, tz), _wall(instant - _SECOND, tz) + _SECOND
    if expected >= shown:
        return shown
    return min(shown, next(CronSim(recurrence.cron, expected - _SECOND)))


def day_begins(day: date, tz: tzinfo) -> datetime:
    """Return the first instant of a day."""
    return instant_of(datetime(day.year, day.month, day.day), tz)


def _wall(instant: datetime, tz: tzinfo) -> datetime:
    return instant.astimezone(tz).replace(tzinfo=None, fold=0)
