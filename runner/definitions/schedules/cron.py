"""Cron expressions as definitions write them: five fields, read by the library that also steps through them."""

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
    """Why an expression cannot be used and what to write instead; None where it can.

    `cron` has its fields apart by one space each.
    """
    if cron.startswith("@"):
        return f"{cron!r} is a name", f"Write its five fields: {_NAMED.get(cron.lower(), EXAMPLE)}."
    fields = cron.split(" ")
    if len(fields) != len(_FIELDS):
        mend = " ".join(fields[1:]).replace("?", "*") if len(fields) == 6 else ""
        said = f"Write {mend}" if mend and fault(mend) is None else f"Write five, such as {EXAMPLE}"
        count = "no field" if not cron else f"{len(fields)} fields" if len(fields) > 1 else "one field"
        return f"{cron[:80]!r} has {count}", f"{said}: minute, hour, day of month, month, day of week."
    for field, (name, takes) in zip(fields, _FIELDS.items(), strict=True):
        if not _is_readable(field, list(_FIELDS).index(name)):
            return f"{field[:80]!r} is no {name}", f"It takes {takes}."
    if (found := _days(fields[2], fields[4])) is not None:
        return found
    if not _comes(cron):
        return f"{cron!r} never comes: no month that it names has such a day", "Write a day that there is."
    return None


def _days(day: str, weekday: str) -> tuple[str, str] | None:
    """Of two days that are given either will do, but where one begins with a star, crons take what is both."""
    if "*" in (day, weekday):
        return None
    for field, every in ((day, "1-31"), (weekday, "0-6")):
        if field.startswith("*"):
            return (
                f"{day!r} and {weekday!r} are two days, and one begins with a star: crons differ in what that means",
                f"Write {every}{field[1:]} for {field}, and either of the two will do; or write * for one of them.",
            )
    return None


def _is_readable(field: str, place: int) -> bool:
    return field.isascii() and len(field) <= 200 and _is_read(field, place)


@lru_cache(maxsize=4096)  # the rows of a table differ in one field or two, and in few ways
def _is_read(field: str, place: int) -> bool:
    try:
        CronSim(" ".join([*"****"[:place], field, *"****"[place:]]), datetime(2000, 1, 1))
    except (CronSimError, ValueError, AssertionError):  # the last two for what the library did not expect
        return False
    return True


def _comes(cron: str) -> bool:
    try:
        return next(CronSim(cron, datetime(2000, 1, 1)), None) is not None
    except CronSimError:
        return False
