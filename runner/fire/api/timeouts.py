"""The time limits of a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take, in seconds: to connect, between two bytes of the answer, and in total."""

    connect_s: float = 5.0
    read_s: float = 60.0
    total_s: float = 120.0


DEFAULT_TIMEOUTS = Timeouts()
