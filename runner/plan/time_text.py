"""Times as text: how messages write instants and lengths of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def utc_text(at: datetime) -> str:
    """Return an instant in UTC, to the second: `2026-12-01T13:00:00Z`."""
    # A plan of a large set writes thousands of instants, and isoformat is several times faster than strftime.
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


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
