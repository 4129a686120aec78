from __future__ import annotations

import random

from runner.fire.lanes.backoff import Retries


def highest(low: float, high: float) -> float:
    return high


def test_the_wait_doubles_with_each_try_up_to_the_cap() -> None:
    retries = Retries(base_s=0.5, cap_s=20.0)
    assert [retries.delay_s(tries, highest) for tries in range(1, 8)] == [1, 2, 4, 8, 16, 20, 20]


def test_it_is_drawn_from_the_whole_of_it() -> None:
    retries, drawn = Retries(), random.Random(7)
    delays = [retries.delay_s(3, drawn.uniform) for _ in range(1000)]
    assert 0 <= min(delays) < 0.1
    assert 3.9 < max(delays) <= 4.0


def test_the_defaults_are_five_tries_within_two_minutes() -> None:
    assert (Retries().max_tries, Retries().total_s) == (5, 120.0)
