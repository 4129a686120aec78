"""The calendar of recurring schedules: a cron expression by the clocks of a time zone → instants in UTC. Pure.

A local time that the clocks skip is due when they have skipped it, one that occurs twice the first time only; two that
fall on one instant are one. `starts` and `ends` are among the times. Every search ends: 50 years without any are never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from runner.definitions.model import Recurrence
from runner.definitions.times import zone

_SECOND = timedelta(seconds=1)
_LONGEST_TURN = timedelta(hours=25)  # over the date line; most zones are put back by an hour
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2300, 1, 1, tzinfo=UTC)
_SAMPLES = [datetime(2028, month, day) for month in range(1, 13) for day in (1, 8, 15, 22)]  # of a leap year


def between(recurrence: Recurrence, first: datetime, last: datetime) -> Iterator[datetime]:
    """The instants from `first` to `last`, both included, in order."""
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
    """The instants from `last` down to `first`, both included."""
    first = max(first, recurrence.starts or _FIRST, _FIRST)
    last = min(last, recurrence.ends or _LAST, _LAST)
    if first > last:
        return
    tz, before = zone(recurrence.timezone), None
    # Where the clocks were put back a moment ago, times that they showed earlier lie ahead of them.
    shown = max(_wall(last, tz), _wall(last - _LONGEST_TURN, tz) + _LONGEST_TURN)
    for local in CronSim(recurrence.cron, shown.replace(microsecond=0) + _SECOND, reverse=True):
        instant = instant_of(local, tz)
        if instant < first:
            return
        if instant <= last and instant != before:
            before = instant
            yield instant


def next_after(recurrence: Recurrence, at: datetime) -> datetime | None:
    """The first instant later than `at`; None where there is none."""
    return next(between(recurrence, at + timedelta(microseconds=1), _LAST), None)


def last_before(recurrence: Recurrence, at: datetime) -> datetime | None:
    """The last instant not later than `at`; None where there is none."""
    return next(backwards(recurrence, _FIRST, at), None)


def falls_on(recurrence: Recurrence, at: datetime) -> bool:
    """Whether that very instant is one of them."""
    return next(between(recurrence, at, at), None) is not None


def comes(recurrence: Recurrence) -> bool:
    """Whether there is any instant."""
    return next(between(recurrence, _FIRST, _LAST), None) is not None


def is_denser(recurrence: Recurrence, length: timedelta, limit: int) -> bool:
    """Whether more than `limit` instants lie within `length` of one of them, as far as samples all over a year show."""
    simulated = CronSim(recurrence.cron, _SAMPLES[0])
    if len(simulated.minutes) * len(simulated.hours) * (length.days + 2) <= limit:
        return False
    starts, ends = recurrence.starts, recurrence.ends
    if starts and ends and not _has_more(recurrence, starts, ends, limit):
        return False
    always = replace(recurrence, starts=None, ends=None)
    firsts = {first for at in _SAMPLES if (first := next_after(always, at.replace(tzinfo=UTC)))}
    return any(_has_more(always, first, first + length, limit) for first in sorted(firsts))


def _has_more(recurrence: Recurrence, first: datetime, last: datetime, limit: int) -> bool:
    return next(islice(between(recurrence, first, last), limit, None), None) is not None


@lru_cache(maxsize=65536)
def instant_of(local: datetime, tz: ZoneInfo) -> datetime:
    """The first instant at which the clocks of the zone show that local time, or are past it."""
    instant = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if _wall(instant, tz) == local:
        return instant
    before, after = local.replace(tzinfo=tz, fold=1).astimezone(UTC), instant  # the clocks skip it in between
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _wall(middle, tz) < local:
            before = middle
        else:
            after = middle
    return after


def day_begins(day: date, tz: ZoneInfo) -> datetime:
    """The first instant of a day."""
    return instant_of(datetime(day.year, day.month, day.day), tz)


def _wall(instant: datetime, tz: ZoneInfo) -> datetime:
    return instant.astimezone(tz).replace(tzinfo=None, fold=0)
