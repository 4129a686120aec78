"""How long to wait before another try: exponential, with full jitter.

Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long one firing is tried. Times in seconds."""

    max_tries: int = 5
    total_s: float = 120.0
    base_s: float = 0.5
    cap_s: float = 20.0

    def delay_s(self, tries: int, uniform: Callable[[float, float], float] = random.uniform) -> float:
        """The wait after the `tries`-th try, drawn anew each time."""
        return uniform(0.0, min(self.cap_s, self.base_s * 2**tries))
