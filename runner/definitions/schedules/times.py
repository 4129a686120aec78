"""Times and durations as definitions write them: text in, values out, `ValueError` with the reason and the mend.

Instants are aware datetimes in UTC with whole seconds; durations are timedeltas.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from runner.definitions.schedules import zones

_RFC3339 = re.compile(
    r"(?P<local>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]+))?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?\Z"
)
_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?\Z")
_EXAMPLE = "2026-12-01T18:30:00+05:30"
# 10^11 seconds is the year 5138, and 10^11 milliseconds is 1973: nobody means either.
_FIRST_MILLISECONDS = 100_000_000_000
_FIRST_SECONDS = 1_000_000_000


class TimeProblem(ValueError):
    """A time that cannot be used; `message` says why, `help` what to write instead."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


class Milliseconds(TimeProblem):
    """A number that is a time in milliseconds, where seconds are wanted."""


def instant(text: str, timezone: str | None = None) -> datetime:
    """The instant that an RFC 3339 time names, in UTC. Without an offset it is local time in `timezone`.

    Raises TimeProblem.
    """
    match = _RFC3339.match(text)
    if match is None:
        raise TimeProblem(f"{text!r} is not an RFC 3339 time", f"Write it like {_EXAMPLE}.")
    if (match["fraction"] or "").strip("0"):
        raise TimeProblem(f"{text!r} has a fraction of a second", f"Write whole seconds, like {_EXAMPLE}.")
    try:
        local = datetime.fromisoformat(match["local"].upper())
        if match["offset"]:
            local = datetime.fromisoformat(match["local"].upper() + match["offset"].upper())
    except ValueError as error:
        raise TimeProblem(f"{text!r} is not a time: {error}", f"Write it like {_EXAMPLE}.") from None
    if not 2000 <= local.year < 2200:
        raise TimeProblem(f"{text!r} is not between the years 2000 and 2199", f"Write it like {_EXAMPLE}.")
    if local.tzinfo:
        return local.astimezone(UTC)
    if timezone is None:
        raise TimeProblem(
            f"{text!r} has no offset, so it names no instant",
            f"Write the offset, like {_EXAMPLE}, or add timezone: Asia/Kolkata.",
        )
    return _from_local(local, zone(timezone), text, timezone)


def is_local(value: object) -> bool:
    """Whether that is an RFC 3339 time without an offset."""
    match = _RFC3339.match(value) if isinstance(value, str) else None
    return match is not None and not match["offset"]


def _from_local(local: datetime, tz: tzinfo, text: str, timezone: str) -> datetime:
    first = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=tz, fold=1).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None) != local:
        raise TimeProblem(
            f"{text!r} does not exist in {timezone}: the clocks skip it",
            "Write a time that does, or an offset.",
        )
    if first != second:
        raise TimeProblem(
            f"{text!r} occurs twice in {timezone}: the clocks are put back", "Write the offset that is meant."
        )
    return first


def zone(name: str) -> tzinfo:
    """The time zone of that IANA name. Raises TimeProblem where there is none."""
    try:
        return zones.zone(name)
    except KeyError:
        raise TimeProblem(
            f"{name!r} is not an IANA time zone", "Write it like Asia/Kolkata or Europe/Berlin."
        ) from None


def duration(text: str) -> timedelta:
    """What `2h`, `90m` or `1d12h` names; longer than zero. Raises TimeProblem."""
    match = _DURATION.match(text)
    if match is None or not text:
        raise TimeProblem(f"{text!r} is not a duration", "Write it like 30m, 2h or 1d12h.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta() < length <= timedelta(days=3650):
        raise TimeProblem(f"{text!r} is not between 1s and 3650d", "Write it like 30m, 2h or 1d12h.")
    return length


def written_duration(length: timedelta) -> str:
    """A length of time as definitions write it, to the second: `1d12h`."""
    text, seconds = "", int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return text


def event_time(value: str | float) -> str | int:
    """What the API gets as `when`: "now", or UNIX seconds. Raises TimeProblem, or Milliseconds."""
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
            raise Milliseconds(f"{value} is no time in UNIX seconds, which the API takes", f"Write {_EXAMPLE}.")
        raise Milliseconds(f"{value} is a time in milliseconds; the API takes UNIX seconds", f"Write {seconds}.")
    if value < _FIRST_SECONDS:
        raise TimeProblem(
            f"{value} is not a time in UNIX seconds: it lies before 2001-09-09",
            f'Write "now", or {_EXAMPLE}.',
        )
    return value
