"""Read times and durations of definitions: text comes in, a value goes out, or `TimeProblem` is raised.

Instants are aware datetimes in UTC with whole seconds. Durations are timedeltas.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from runner.definitions.schedules import zones
from runner.definitions.schedules.written_times import EXAMPLE, duration_hint, time_fault, zone_hint

_RFC3339 = re.compile(
    r"(?P<local>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]+))?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?\Z"
)
_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?\Z")
_PARTS = {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59), "second": (0, 59)}
# 10^11 is the year 5138 in seconds and 1973 in milliseconds: nobody means either year.
_FIRST_MILLISECONDS = 100_000_000_000
_FIRST_SECONDS = 1_000_000_000


class TimeProblem(ValueError):
    """A time that can't be used. `message` is the reason, `help` says what to write instead."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


class Milliseconds(TimeProblem):
    """A time in milliseconds, where the API takes seconds."""


def instant(text: str, timezone: str | None = None) -> datetime:
    """Return the instant of an RFC 3339 time in UTC. Without an offset, it is local time in `timezone`.

    Raises TimeProblem if the text is not such a time, or names no single instant.
    """
    match = _RFC3339.match(text)
    if match is None:
        raise TimeProblem(*time_fault(text, timezone))
    if (match["fraction"] or "").strip("0"):
        raise TimeProblem(f"{text!r} has a fraction of a second", f"Write whole seconds, like {EXAMPLE}.")
    try:
        local = datetime.fromisoformat(match["local"].upper())
        if match["offset"]:
            local = datetime.fromisoformat(match["local"].upper() + match["offset"].upper())
    except ValueError as error:
        reason = "the offset is 24 hours or more" if "timedelta" in str(error) else impossible_part(text)
        raise TimeProblem(f"{text!r} does not exist: {reason}", f"Write it like {EXAMPLE}.") from None
    if not 2000 <= local.year < 2200:
        raise TimeProblem(f"{text!r} is not between the years 2000 and 2199", f"Write it like {EXAMPLE}.")
    if local.tzinfo:
        return local.astimezone(UTC)
    if timezone is None:
        raise TimeProblem(*time_fault(text, None))
    return _from_local(local, zone(timezone), text, timezone)


def impossible_part(text: str) -> str:
    """Return which part of a date or time does not exist. The messages of `datetime` differ between Python versions."""
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    if numbers[0] == 0:
        return "there is no year 0000"
    for name, number, (least, most) in zip(_PARTS, numbers[1:], _PARTS.values(), strict=False):
        if not least <= number <= most:
            return f"the {name} is not between {least:02} and {most}"
    return "the month has no such day"


def is_local(value: object) -> bool:
    """Whether the value is an RFC 3339 time without an offset."""
    match = _RFC3339.match(value) if isinstance(value, str) else None
    return match is not None and not match["offset"]


def _from_local(local: datetime, tz: tzinfo, text: str, timezone: str) -> datetime:
    first = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=tz, fold=1).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None) != local:
        raise TimeProblem(
            f"{text!r} does not exist in {timezone}: the clocks are put forward over it",
            "Write another time, or add the offset from UTC.",
        )
    if first != second:
        raise TimeProblem(
            f"{text!r} occurs twice in {timezone}: the clocks are put back",
            "Add the offset from UTC, like +05:30, to choose one of the two.",
        )
    return first


def zone(name: str) -> tzinfo:
    """Return the time zone with this IANA name. Raises TimeProblem if it does not exist."""
    try:
        return zones.zone(name)
    except KeyError:
        raise TimeProblem(f"{name!r} is not a known time zone", zone_hint(name, zones.names())) from None


@lru_cache(maxsize=1024)  # thousands of bulletins share a grace period
def duration(text: str) -> timedelta:
    """Return the length of `2h`, `90m` or `1d12h`. Raises TimeProblem unless it is between 1s and 3650d."""
    match = _DURATION.match(text)
    if match is None or not text:
        raise TimeProblem(f"{text!r} is not a duration", duration_hint(text))
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta() < length <= timedelta(days=3650):
        raise TimeProblem(f"{text!r} is not between 1s and 3650d", "Write it like 30m, 2h or 1d12h.")
    return length


def event_time(value: str | float) -> str | int:
    """Return `when` as the API takes it: "now" or UNIX seconds.

    Raises TimeProblem if the value is not such a time, and Milliseconds if it is in milliseconds.
    """
    if value == "now":
        return "now"
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, str):
        return int(instant(value).timestamp())
    value = int(value)  # 1796130000.0 is an integer for JSON Schema
    if value >= _FIRST_MILLISECONDS:
        seconds = value // 1000
        if seconds >= _FIRST_MILLISECONDS:
            raise Milliseconds(f"{value} is not a time in UNIX seconds", f"Write {EXAMPLE}.")
        raise Milliseconds(f"{value} is in milliseconds; CleverTap takes UNIX seconds", f"Write {seconds}.")
    if value < _FIRST_SECONDS:
        raise TimeProblem(
            f"{value} is too small for UNIX seconds: it would be before 2001-09-09",
            f'Write "now", or {EXAMPLE}.',
        )
    return value
