"""Find what people may not expect of a valid cron expression: text comes in, messages with advice go out. Pure.

Each surprise has another way of writing the same times, without a surprise, for people who mean them. Only for two
days in one expression, there is none.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from functools import lru_cache

from runner.definitions.schedules.cron_fields import (
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    MONTH,
    WEEKDAY,
    CronField,
    Item,
    items_of,
)
from runner.definitions.schedules.cron_steps import entries_for
from runner.definitions.suggest import counted, listed

_MOST_LISTED = 6  # values of a step that are written one by one
_ORDINARY_YEAR = 2027  # not a leap year
_WHOLE = {MINUTE: "hour", HOUR: "day", MONTH: "year", WEEKDAY: "week"}
_ORDINALS = ("first", "second", "third", "fourth")


@lru_cache(maxsize=4096)
def surprises(cron: str) -> tuple[tuple[str, str], ...]:
    """Return a message and advice for each surprise. `cron` is valid, and single spaces separate its fields."""
    fields = cron.upper().split(" ")
    found = (_every_minute(fields), *_uneven_steps(fields), _missing_dates(fields), _either_day(fields))
    return tuple(filter(None, found))


def _every_minute(fields: Sequence[str]) -> tuple[str, str] | None:
    """A star as the minute: `* 18 * * *` is due 60 times, although usually 18:00 is meant."""
    if fields[0] not in ("*", "*/1"):
        return None
    hours = {value for item in items_of(fields[1], HOUR) for value in item.values}
    message = f"{' '.join(fields)!r} is due every minute: {counted(60 * len(hours), 'time')} a day"
    rest = " ".join(fields[1:])
    return message, f"Write 0 {rest} for once an hour, or 0-59 {rest} if every minute is meant."


def _uneven_steps(fields: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the steps that are shorter where the field starts again: `*/40` is due at minute 0, 40, and 0."""
    for text, field in zip(fields, FIELDS, strict=True):
        for item in items_of(text, field):
            if item.step is None or item.step == 1 or item.is_range or _is_even(item):
                continue
            as_meant = f"Write {_as_meant(item)} if that is meant."
            if field is DAY:
                message = f"{item.text!r} is not every {item.step} days: it starts again on day 1 of each month"
            else:
                message = f"{item.text!r} is not every {_units(item)}: it is {_values(item)} of each {_WHOLE[field]}"
            entries = entries_for(fields) if field is MINUTE else ""
            yield message, f"{as_meant} For every {_units(item)}, write {entries}." if entries else as_meant


def _is_even(item: Item) -> bool:
    """Whether the step after the last value leads to the first one again. Months have different lengths."""
    values = item.values
    return item.field is not DAY and values[0] + item.field.size - values[-1] == item.step


def _units(item: Item) -> str:
    return f"{item.step} {'days' if item.field in (DAY, WEEKDAY) else item.field.name + 's'}"


def _values(item: Item) -> str:
    values = item.values
    shown = [_called(item.field, value) for value in values]
    if len(shown) > _MOST_LISTED:
        shown = [*shown[:3], "…", shown[-1]]
        return ("" if item.field.names else f"{item.field.name}s ") + ", ".join(shown)
    return ("" if item.field.names else f"{item.field.name}s ") + listed(shown)


def _called(field: CronField, value: int) -> str:
    return field.written(value, by_name=bool(field.names))


def _as_meant(item: Item) -> str:
    if len(item.values) <= _MOST_LISTED and item.field is not DAY:
        return ",".join(_called(item.field, value) for value in item.values)
    return f"{item.first}-{item.field.high}/{item.step}"


def _missing_dates(fields: Sequence[str]) -> tuple[str, str] | None:
    """The day 30 or 31, which some of the months do not have: people often mean the last day."""
    days = [item.first for item in items_of(fields[2], DAY) if not (item.is_star or item.is_range or item.step)]
    last = max((day for day in days if day > 29), default=None)
    if last is None:
        return None
    months = sorted({value for item in items_of(fields[3], MONTH) for value in item.values})
    without = [month for month in months if monthrange(_ORDINARY_YEAR, month)[1] < last]
    if not without:
        return None
    names = listed(MONTH.written(each, by_name=True) for each in without)
    message = f"the day {last} does not exist in {names}: nothing is due there"
    return (
        message,
        f"Write L for the last day of each month, or {last}-{last} if only months with a day {last} are meant.",
    )


def _either_day(fields: Sequence[str]) -> tuple[str, str] | None:
    """Two days: it is due on either. People expect Friday the 13th."""
    day, weekday = fields[2], fields[4]
    if "*" in (day, weekday):
        return None
    weekdays = listed(
        dict.fromkeys(_called(WEEKDAY, value) for item in items_of(weekday, WEEKDAY) for value in item.values)
    )
    message = f"it is due on {day} of the month and in addition on each {weekdays or weekday}"
    message += ", not only on days that are both"
    return message, _nth(day, weekday) or "Write * for one of the two days if only the other is meant."


def _nth(day: str, weekday: str) -> str:
    """Return how the n-th weekday of a month is written: people write it as `1-7` and `FRI`."""
    days, weekdays = list(items_of(day, DAY)), list(items_of(weekday, WEEKDAY))
    if len(days) != 1 or len(weekdays) != 1 or "," in day + weekday or len(weekdays[0].values) != 1:
        return ""
    values, number = days[0].values, weekdays[0].values[0]
    name = WEEKDAY.written(number, by_name=True)
    if len(values) != 7 or days[0].step not in (None, 1):
        return ""
    if values[0] % 7 == 1:
        nth = values[0] // 7
        return f"For the {_ORDINALS[nth]} {name} of a month, write * as the day of month and {name}#{nth + 1}."
    return f"For the last {name} of a month, write * as the day of month and {number}L." if values[-1] == 31 else ""
