"""The clocks, read here alone: what time it is, and how much of it has passed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# Goes on while the machine sleeps, unlike time.monotonic() on Linux and macOS: a lease must run out meanwhile.
_SLEEPLESS = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def now() -> datetime:
    """The time of day of this machine, in UTC. People and time servers may set it, forwards and backwards."""
    return datetime.now(UTC)


def elapsed_s() -> float:
    """Seconds since some moment in the past. Nobody can set it, and it counts the time that the machine slept."""
    return time.monotonic() if _SLEEPLESS is None else time.clock_gettime(_SLEEPLESS)
