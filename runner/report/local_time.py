"""Instants for people: in the zone of those who read them, or in UTC where that zone can't be read.

A run that has sent something always gets its report, so a missing zone stops none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from runner.definitions.schedules import zones
from runner.errors import UserError

_UTC = "UTC"


def zone_of(name: str | None) -> tzinfo:
    """The time zone of that name; UTC where there is none, or the data of the time zones is missing."""
    try:
        return zones.zone(name or _UTC)
    except (KeyError, UserError):
        return UTC


def local_time(at: datetime, zone: str) -> str:
    """An instant as people of a time zone read it, to the minute, or the second where there are seconds."""
    tz = zone_of(zone)
    local = at.astimezone(tz)
    return f"{local:%a %Y-%m-%d} {_clock(local)} {_UTC if tz is UTC else zone}"


def time_of_week(at: datetime, zone: str) -> str:
    """`Fri 18:30 in Asia/Kolkata`: what stands well beside the instant in UTC; empty where clocks show UTC then."""
    local = at.astimezone(zone_of(zone))
    return f"{local:%a} {_clock(local)} in {zone}" if local.utcoffset() else ""


def last_time(at: datetime, zone: str) -> str:
    """An instant up to which something goes on, as people of a time zone read it; where a day ends then, the day."""
    local = at.astimezone(zone_of(zone))
    ends_day = (local + timedelta(seconds=1)).date() > local.date()
    return f"{local:%a %Y-%m-%d}" if ends_day else local_time(at, zone)


def zones_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The time zone of the people of each account, by what a plan's document says."""
    return {name: account["timezone"] for name, account in document["accounts"].items()}


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
