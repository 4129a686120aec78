"""Check cron expressions of five fields: text comes in, a message with advice or None goes out.

The library cronsim reads each field, since it also computes the times. An expression is refused, too, if people or
other cron programs read it differently.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

from runner.definitions.schedules import cron_fields, cron_steps
from runner.definitions.schedules.cron_fields import CronField
from runner.definitions.schedules.cron_mistakes import advice
from runner.definitions.schedules.cron_surprises import surprises

EXAMPLE = "30 18 * * FRI"
_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ORDER = "minute, hour, day of month, month, day of week"


@lru_cache(maxsize=4096)
def fault(cron: str) -> tuple[str, str] | None:
    """Return why an expression can't be used, and what to write instead; None if it can be used.

    The fields of `cron` are separated by single spaces.
    """
    if cron.startswith("@"):
        return f"the short form {cron!r} is not supported", f"Write five fields: {_NAMED.get(cron.lower(), EXAMPLE)}."
    fields = cron.split(" ")
    if len(fields) != len(cron_fields.FIELDS):
        return _wrong_count(cron, fields)
    for place, (text, field) in enumerate(zip(fields, cron_fields.FIELDS, strict=True)):
        if not _is_readable(text, place):
            said = advice(text, field, fields)
            return f"{text[:80]!r} is not a valid {field.name}", said or f"Write {field.takes}."
    for text, field in zip(fields, cron_fields.FIELDS, strict=True):
        if (found := _unclear(text.upper(), field)) is not None:
            message, hint = found
            entries = cron_steps.entries_for(fields) if field is cron_fields.MINUTE else ""
            return message, f"Write {entries}." if entries else hint
    if (found := _days(fields[2], fields[4])) is not None:
        return found
    if not _comes(cron):
        return f"{cron!r} never happens: none of its months has this day", "Write a day that exists in the month."
    return None


@lru_cache(maxsize=4096)
def meaning(cron: str) -> str:
    """Return the times of a valid expression in words: `At 18:30 on Friday`; empty if people may expect other times.

    The library says `Every 40th minute` for what is due at minute 0 and 40.
    """
    return "" if surprises(cron) else CronSim(cron, datetime(2000, 1, 1)).explain()


def _wrong_count(cron: str, fields: list[str]) -> tuple[str, str]:
    count = "no field" if not cron else f"{len(fields)} fields" if len(fields) > 1 else "one field"
    fixed: list[str] = []
    if (joined := re.sub(r"\s*,\s*", ",", cron)) != cron and fault(joined) is None:
        return f"{cron[:80]!r} has {count}", f"Write no blank beside a comma: {joined}."
    if len(fields) == 7 and fault(with_both := _of_quartz(fields[1:6])) is None:
        return f"{cron[:80]!r} has {count}", f"Leave out seconds and year: write {with_both}."
    if len(fields) == 6:
        with_seconds, with_year = _of_quartz(fields[1:]), _of_quartz(fields[:5])
        is_year = fields[5] == "*" or (len(fields[5]) == 4 and fields[5].isdecimal())
        fixed = [each for each in (with_seconds, *([with_year] if is_year else [])) if fault(each) is None]
    said = f"Write five, such as {EXAMPLE}"
    if len(fixed) == 1:
        said = f"Write {fixed[0]}"
    elif fixed:
        return (
            f"{cron[:80]!r} has {count}",
            f"If it begins with seconds, write {fixed[0]}. If it ends with a year, write {fixed[1]}.",
        )
    return f"{cron[:80]!r} has {count}", f"{said}: {_ORDER}."


def _of_quartz(fields: list[str]) -> str:
    """Return five fields of Quartz or AWS, where ? is any day. There, the numbers of days count from 1 for Sunday."""
    weekday = fields[4]
    if "?" in fields[2:5]:
        names = cron_fields.WEEKDAY.names
        weekday = re.sub(r"\A([1-7])L\Z", lambda each: f"{int(each[1]) - 1}L", weekday)
        weekday = re.sub(r"(?<![#\w])[1-7](?=[,-]|\Z|#)", lambda each: names[int(each[0]) - 1], weekday)
    return " ".join([*fields[:4], weekday]).replace("?", "*")


@lru_cache(maxsize=4096)
def _unclear(text: str, field: CronField) -> tuple[str, str] | None:
    """Return why a field of an expression is refused although the library can read it."""
    if text not in ("*", "*/1") and any(each in ("*", "*/1") for each in text.split(",")):
        return f"{text[:80]!r} has * in a list, which is every {field.name}", "Write only *, or only the values."
    for each in text.split(","):
        if each.startswith("L") and "/" in each:
            return f"{each!r} has a step, which has no effect on the last day", f"Write {each.partition('/')[0]}."
    return next(filter(None, map(cron_steps.fault, cron_fields.items_of(text, field))), None)


def _days(day: str, weekday: str) -> tuple[str, str] | None:
    """Refuse two days of which one begins with a star, or contains every day.

    If both days are given, cron programs fire on either. With a star in front, some fire only on days that match both.
    """
    if "*" in (day, weekday):
        return None
    for text, every in ((day, "1-31"), (weekday, "0-6")):
        if text == "*/1":
            return f"{text!r} is every day, in addition to another day", f"Write * instead of {text}."
        if text.startswith("*"):
            return (
                f"{day!r} and {weekday!r} are both days, and one begins with *: cron programs read this differently",
                f"Write {every}{text[1:]} instead of {text} to send on either day, or write * for one of them.",
            )
    for text, field, other in ((day, cron_fields.DAY, weekday), (weekday, cron_fields.WEEKDAY, day)):
        values = {value for item in cron_fields.items_of(text.upper(), field) for value in item.values}
        if len(values) == field.size:
            return (
                f"{text!r} is every {field.name}, and either day counts: {other!r} would have no effect",
                f"Write * instead of {text}.",
            )
    return None


def _is_readable(field: str, place: int) -> bool:
    return field.isascii() and len(field) <= 200 and is_known_to_library(field, place)


@lru_cache(maxsize=4096)  # rows of a table share most of their fields
def is_known_to_library(field: str, place: int) -> bool:
    """Whether the library can read a field of a cron expression at this place."""
    try:
        CronSim(" ".join([*"****"[:place], field, *"****"[place:]]), datetime(2000, 1, 1))
    except (CronSimError, ValueError, AssertionError):  # the last two: input that the library did not expect
        return False
    return True


def _comes(cron: str) -> bool:
    try:
        return next(CronSim(cron, datetime(2000, 1, 1)), None) is not None
    except CronSimError:
        return False
