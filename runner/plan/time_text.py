"""Instants and lengths of time, as messages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def moment(at: datetime) -> str:
    """An instant as messages write it, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_second(at: datetime) -> datetime:
    """The instant at its own second or the next one, never a moment too early."""
    return at if not at.microsecond else at.replace(microsecond=0) + timedelta(seconds=1)


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `3d 4h`."""
    seconds = max(int(length.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
