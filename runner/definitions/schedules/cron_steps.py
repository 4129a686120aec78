"""Refuse steps of a cron expression that do not do what they seem to do: an item comes in, a message and a fix go out.

A cron starts again in each hour, day, month or year. So `*/90` is not every 90 minutes: it is minute 0 of each hour.
cronie refuses such a step; most programs, and the library cronsim, take it. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from runner.definitions.schedules.cron_fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Item, items_of
from runner.definitions.suggest import listed

_MOST_ENTRIES = 4  # that replace one step
_MINUTES_OF_DAY = 24 * 60
_COUNT_WORDS = ("", "one entry", "two entries", "three entries", "four entries")
_INSTEAD = {
    MINUTE: "once an hour",
    HOUR: "once a day",
    DAY: "once a month",
    MONTH: "once a year",
    WEEKDAY: "once a week",
}


def fault(item: Item) -> tuple[str, str] | None:
    """Return why the step of an item is refused, and what to write; None if it is good."""
    step, field = item.step, item.field
    if step is None:
        return None
    if item.is_range and item.first == item.last:  # cronsim would go on to the end of the field
        return f"{item.text!r} has a step, but its range is only one value", f"Write {item.listed(item.values)}."
    values = item.values
    if step == 1 and item.is_star:
        return None
    if field is WEEKDAY and not (item.is_range or item.is_star) and (7 - item.first) % step == 0:
        message = f"cron programs read {item.text!r} differently: for some of them it includes Sunday, which is 7"
        with_sunday = [value % 7 for value in range(item.first, 8, step)]
        without = f"{item.listed(with_sunday[:-1])} without Sunday, or " if len(with_sunday) > 1 else ""
        return message, f"Write {without}{item.listed(with_sunday)}{' with it' if without else ''}."
    if len(values) == 1:
        only = _called(item, values[0]) if field is WEEKDAY else item.listed(values)
        message = f"{item.text!r} is only {_called(item, values[0])}"
        if step >= field.size or (item.is_star and step > 1):
            message += f": a step of {step} does not fit into {field.low} to {field.high}"
        return message, f"Write {only} for {_INSTEAD[field]}, or a smaller step."
    return None


def _called(item: Item, value: int) -> str:
    return item.field.written(value, by_name=True) if item.field.names else f"{item.field.name} {value}"


def entries_for(fields: Sequence[str]) -> str:
    """Return the entries that send at each step of minutes over the hours of a day; empty for another expression.

    `*/90 * * * *` is meant to be every 90 minutes, and so are `0 */3 * * *` and `30 1-23/3 * * *` together.
    """
    item = next(items_of(fields[0].upper(), MINUTE), None)
    if item is None or item.step is None or "," in fields[0] or item.is_range or fields[1] not in ("*", "*/1"):
        return ""
    crons = _every(item.step, item.first, " ".join(fields[2:]))
    if not crons:
        return ""
    return crons[0] if len(crons) == 1 else f"{_COUNT_WORDS[len(crons)]} with {listed(crons)}"


def _every(minutes: int, first: int, days: str) -> list[str]:
    """Return expressions for every so many minutes of a day, one for each minute of the hour."""
    if _MINUTES_OF_DAY % minutes:
        return []
    hours_at: dict[int, list[int]] = {}
    for at in range(first, first + _MINUTES_OF_DAY, minutes):
        hour, minute = divmod(at % _MINUTES_OF_DAY, 60)
        hours_at.setdefault(minute, []).append(hour)
    if len(hours_at) > _MOST_ENTRIES:
        return []
    return [f"{minute} {_hours(sorted(hours))} {days}" for minute, hours in sorted(hours_at.items())]


def _hours(hours: Sequence[int]) -> str:
    if len(hours) == 1:
        return str(hours[0])
    step = hours[1] - hours[0]
    if step == 1:
        return "*"
    return f"*/{step}" if hours[0] == 0 else f"{hours[0]}-23/{step}"
