"""Times as text: how messages write instants and lengths of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def utc_text(at: datetime) -> str:
    """Return an instant in UTC, to the second: `2026-12-01T13:00:00Z`."""
    # A plan of a large set writes thousands of instants, and isoformat is several times faster than strftime.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def local_and_utc(at: datetime, zone: str) -> str:
    """Return an instant by the clocks of a time zone, with UTC in brackets; only UTC if the clocks show the same."""
    from runner.definitions.schedules import zones
    from runner.errors import UserError

    try:
        local = at.astimezone(zones.zone(zone))
    except (KeyError, UserError):  # without data of the zone, UTC is still right
        return utc_text(at)
    if not local.utcoffset():
        return utc_text(at)
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%a %Y-%m-%d %H:%M}{seconds} in {zone} ({utc_text(at)})"


def whole_second(at: datetime) -> datetime:
    """Return the instant rounded up to the full second, so that a shown time is never too early."""
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)


def duration_text(length: timedelta) -> str:
    """Return a length of time in its two largest units, such as `3d 4h`."""
    seconds = max(int(length.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
