"""Instants as text in the time zone of an account's people.

If the zone can't be read, UTC is used: after sending, a missing zone must not prevent the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from runner.definitions.schedules import zones
from runner.errors import UserError

_UTC = "UTC"


def zone_of(name: str | None) -> tzinfo:
    """Return the time zone of that name; UTC if there is no name, or no data of the zone."""
    try:
        return zones.zone(name or _UTC)
    except (KeyError, UserError):
        return UTC


def local_time(at: datetime, zone: str) -> str:
    """Return an instant as local date and time, to the minute, with seconds if they are not zero."""
    tz = zone_of(zone)
    local = at.astimezone(tz)
    return f"{local:%a %Y-%m-%d} {_clock(local)} {_UTC if tz is UTC else zone}"


def with_local_time(text: str | None, zone: str) -> str | None:
    """Return an instant in UTC with its local time in brackets: `2026-12-04T13:00:00Z (Fri 2026-12-04 18:30 …)`."""
    at = None if text is None else datetime.fromisoformat(text)
    if at is None or not at.astimezone(zone_of(zone)).utcoffset():
        return text
    return f"{text} ({local_time(at, zone)})"


def time_of_week(at: datetime, zone: str) -> str:
    """Return `Fri 18:30 in Asia/Kolkata`, to be shown next to UTC; empty if local time is UTC."""
    local = at.astimezone(zone_of(zone))
    return f"{local:%a} {_clock(local)} in {zone}" if local.utcoffset() else ""


def last_time(at: datetime, zone: str) -> str:
    """Return the local time of the end of a recurrence; only the date if it is the end of a day."""
    local = at.astimezone(zone_of(zone))
    ends_day = (local + timedelta(seconds=1)).date() > local.date()
    return f"{local:%a %Y-%m-%d}" if ends_day else local_time(at, zone)


def zones_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the time zone of each account in a plan's document."""
    return {name: account["timezone"] for name, account in document["accounts"].items()}


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
