"""Instants for people: in the zone of those who read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def local_time(at: datetime, zone: str) -> str:
    """An instant as people of a time zone read it, to the minute, or the second where there are seconds."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a %Y-%m-%d %H:%M}{f':{local:%S}' if local.second else ''} {zone}"
