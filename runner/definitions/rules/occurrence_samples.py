"""Fill in `{{ occurrence… }}` for sample times over one year, so that texts are checked before they are due. Pure."""

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
_STEP = timedelta(days=15, hours=1)  # reaches each month, weekday and hour within a year


def sampled(text: str, recurrence: Recurrence) -> tuple[str, ...]:
    """Return the distinct texts for the sample times; for a text without a template, the text itself."""
    if not is_template(text):
        return (text,)
    return tuple(dict.fromkeys(fill_occurrence(text, values) for values in _values(recurrence)))


@lru_cache(maxsize=1024)
def _values(recurrence: Recurrence) -> tuple[Mapping[str, str], ...]:
    tz = zone(recurrence.timezone)
    return tuple(occurrence_values(at.astimezone(tz)) for at in sample_times(recurrence))


def sample_times(recurrence: Recurrence) -> list[datetime]:
    """Return the first 7 instants and about 25 more from the first year. The same schedule gives the same ones."""
    from runner.definitions.schedules.recurrence import between, next_after

    begin = recurrence.starts or _FROM
    found = list(islice(between(recurrence, begin, begin + timedelta(days=366)), 7))
    at: datetime | None = begin
    for after in (begin + step * _STEP for step in range(_STEPS)):
        if at is not None and at <= after:  # else the last instant found is still the next one
            at = next_after(recurrence, after)
        found += [] if at is None else [at]
    return list(dict.fromkeys(found))
