"""The wait before a retry: exponential backoff with full jitter. Takes the number of tries, returns seconds.

Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retries:
    """The limits of the retries of one firing.

    A run makes at most `max_tries` requests for a firing, and plans none later than `total_s` after its start. The
    wait before a retry is at most `base_s`, doubled for each try so far, and never more than `cap_s`.
    """

    max_tries: int = 5
    total_s: float = 120.0
    base_s: float = 0.5
    cap_s: float = 20.0

    def delay_s(self, tries: int, uniform: Callable[[float, float], float] = random.uniform) -> float:
        """Return the wait after the `tries`-th try in seconds: a new random value each time."""
        return uniform(0.0, min(self.cap_s, self.base_s * 2**tries))
