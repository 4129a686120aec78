"""What a text comes to that speaks of its occurrence, over a year: so it is checked before any of them is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice

from runner.definitions.model import Recurrence
from runner.definitions.schedules.times import zone
from runner.definitions.templates import fill_occurrence, is_template, occurrence_values

_FROM = datetime(2026, 1, 1, tzinfo=UTC)
_STEPS = 25
_STEP = timedelta(days=15, hours=1)  # each month of a year, each weekday, each hour


def sampled(text: str, recurrence: Recurrence) -> tuple[str, ...]:
    """The text itself; or where it is to be filled in, each that it comes to at some of its times."""
    if not is_template(text):
        return (text,)
    return tuple(dict.fromkeys(fill_occurrence(text, values) for values in _values(recurrence)))


@lru_cache(maxsize=1024)
def _values(recurrence: Recurrence) -> tuple[Mapping[str, str], ...]:
    tz = zone(recurrence.timezone)
    return tuple(occurrence_values(at.astimezone(tz)) for at in sample_times(recurrence))


def sample_times(recurrence: Recurrence) -> list[datetime]:
    """The first week of a schedule's instants and two dozen over its first year: the same whenever it is checked."""
    from runner.definitions.schedules.recurrence import between, next_after

    begin = recurrence.starts or _FROM
    found = list(islice(between(recurrence, begin, begin + timedelta(days=366)), 7))
    at: datetime | None = begin
    for after in (begin + step * _STEP for step in range(_STEPS)):
        if at is not None and at <= after:  # else it is the next one still
            at = next_after(recurrence, after)
        found += [] if at is None else [at]
    return list(dict.fromkeys(found))
