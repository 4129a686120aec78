"""The clocks of this machine: the time of day, and elapsed seconds that include the time of sleep."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# This clock continues while the machine sleeps, unlike time.monotonic() on Linux: a lease must end during that time.
_SLEEPLESS = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def now() -> datetime:
    """Return the time of day of this machine in UTC. People and time servers may set it forwards and backwards."""
    return datetime.now(UTC)


def elapsed_s() -> float:
    """Return the seconds since a fixed moment in the past, including the time that the machine slept. Nobody can set
    this clock.
    """
    return time.monotonic() if _SLEEPLESS is None else time.clock_gettime(_SLEEPLESS)
