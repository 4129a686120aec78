"""A time axis. In: a span of time. Out: positions in percent of its width, and ticks at round times."""

from __future__ import annotations

import math
from dataclasses import dataclass

_STEPS_MS = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500),
    *(1000 * s for s in (1, 2, 5, 10, 15, 30)),
    *(60_000 * m for m in (1, 2, 5, 10, 15, 30)),
    *(3_600_000 * h for h in (1, 2, 3, 6, 12, 24)),
)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of the axis: its position in percent, its instant, and the form of its text."""

    x: float
    at_ms: int
    form: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Time from `start_ms` to `end_ms`, over a width of 100."""

    start_ms: float
    end_ms: float

    def x(self, at_ms: float) -> float:
        """Return the position of an instant in percent of the width."""
        return round(100 * (at_ms - self.start_ms) / (self.end_ms - self.start_ms), 3)

    def ticks(self) -> list[Tick]:
        """Return a few ticks at round times within the span."""
        span = self.end_ms - self.start_ms
        days = 86_400_000
        step = next((step for step in _STEPS_MS if span / step <= _MOST_TICKS), 0)
        step = step or math.ceil(span / _MOST_TICKS / days) * days
        form = "milli" if step < 1000 else "second" if step < 60_000 else "minute" if step < days else "short"
        first = math.ceil(self.start_ms / step) * step
        count = int((self.end_ms - first) // step) + 1
        return [Tick(self.x(at), at, form) for at in range(first, first + count * step, step)]


def axis_of(start_ms: float, end_ms: float) -> Axis:
    """Return an axis over the span, which is made at least 1 ms long."""
    return Axis(start_ms, max(end_ms, start_ms + 1))
