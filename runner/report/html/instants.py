"""Instants of a document as milliseconds, and as text in a time zone; `times.js` writes exactly the same text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from runner.report.document.budget_estimate import budget_allows_at

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ms(text: str) -> int:
    """Return an RFC 3339 time as milliseconds since 1970."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def exact_ms(at: datetime) -> float:
    """Return an instant as milliseconds since 1970, with a fraction."""
    return (at - _EPOCH) / timedelta(milliseconds=1)


def budget_allows_ms(entry: Mapping[str, Any]) -> int | None:
    """Return when the budget lets a document's entry go, in milliseconds since 1970; None if it is not held back."""
    at = budget_allows_at(entry)
    return None if at is None else instant_ms(at.isoformat())


def local(at_ms: int, zone: tzinfo = UTC) -> datetime:
    """Return the local time of the zone at an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)


def instant_text(at_ms: int, zone: tzinfo = UTC, form: str = "full") -> str:
    """Return the instant as text; `form` is full, date, short, minute, second or milli."""
    at = local(at_ms, zone)
    date = f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}"
    minute, second = f"{at:%H:%M}", f"{at:%H:%M:%S}"
    match form:
        case "date":
            return date
        case "short":
            return f"{at.day} {MONTHS[at.month - 1]} {minute}"
        case "minute":
            return minute
        case "second":
            return second
        case "milli":
            return f"{second}.{at.microsecond // 1000:03}"
        case _:
            return f"{date} {at.year}, {second}"


def length(span_ms: float) -> str:
    """Return a duration in its largest units: `212 ms`, `4.2 s`, `2 min 5 s`, `3 d 4 h`."""
    if span_ms < 1000:
        return f"{span_ms:.0f} ms"
    if span_ms < 60_000:
        return f"{span_ms / 1000:.1f} s"
    seconds = round(span_ms / 1000)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
