"""Check cron expressions of five fields: text comes in, a message with advice or None goes out.

The library cronsim reads each field, since it also computes the times.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cronsim import CronSim, CronSimError

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
_FIELDS = {
    "minute": "0 to 59, such as 30, 0,30 or */15",
    "hour": "0 to 23, such as 18, 9-17 or */2",
    "day of month": "1 to 31, L for the last, or *",
    "month": "1 to 12 or JAN to DEC, such as 12, 1-3 or *",
    "day of week": "0 to 7 or SUN to SAT, such as FRI, MON-FRI, or FRI#1 for the first Friday",
}


@lru_cache(maxsize=4096)
def fault(cron: str) -> tuple[str, str] | None:
    """Return why an expression cannot be used, and what to write instead; None if it can be used.

    The fields of `cron` are separated by single spaces.
    """
    if cron.startswith("@"):
        return f"the short form {cron!r} is not supported", f"Write five fields: {_NAMED.get(cron.lower(), EXAMPLE)}."
    fields = cron.split(" ")
    if len(fields) != len(_FIELDS):
        fixed = " ".join(fields[1:]).replace("?", "*") if len(fields) == 6 else ""
        said = f"Write {fixed}" if fixed and fault(fixed) is None else f"Write five, such as {EXAMPLE}"
        count = "no field" if not cron else f"{len(fields)} fields" if len(fields) > 1 else "one field"
        return f"{cron[:80]!r} has {count}", f"{said}: minute, hour, day of month, month, day of week."
    for field, (name, takes) in zip(fields, _FIELDS.items(), strict=True):
        if not _is_readable(field, list(_FIELDS).index(name)):
            return f"{field[:80]!r} is not a valid {name}", f"Write {takes}."
    if (found := _days(fields[2], fields[4])) is not None:
        return found
    if not _comes(cron):
        return f"{cron!r} never happens: none of its months has this day", "Write a day that exists in the month."
    return None


def _days(day: str, weekday: str) -> tuple[str, str] | None:
    """Refuse two days of which one begins with a star.

    If both days are given, cron programs fire on either. With a star in front, some fire only on days that match both.
    """
    if "*" in (day, weekday):
        return None
    for field, every in ((day, "1-31"), (weekday, "0-6")):
        if field.startswith("*"):
            return (
                f"{day!r} and {weekday!r} are both days, and one begins with *: cron programs read this differently",
                f"Write {every}{field[1:]} instead of {field} to send on either day, or write * for one of them.",
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
