"""The pause after an answer, against simulated servers: no clock and no thread, so each run repeats exactly."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.fire.lanes.release_pause import FIRST_S, MOST_S, Departure, ReleasePause

SLOTS = 3
VERDICT_S = 0.001  # how long a refusal takes


@dataclass
class Played:
    """What a simulated run did. Times in seconds."""

    took_s: float = 0.0
    refused: list[float] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    most_in_flight: int = 0
    learned: list[bool] = field(default_factory=list)


def play(
    requests: int,
    latency_s: float,
    release_s: float,
    *,
    seed: int = 0,
    spread: float = 0.0,
    late_s: float = 0.0003,
    others: int = 0,
) -> Played:
    """One account against a server that counts a request until `release_s` after its answer.

    Each latency differs by up to `spread`, and each request leaves up to `late_s` after it may. `others` requests of
    other programs are always in flight.
    """
    chance, pause, played = random.Random(seed), ReleasePause(SLOTS), Played()
    now, in_flight, sent, counted = 0.0, 0, 0, list[float]()
    ends: list[tuple[float, int, Departure, bool]] = []
    while sent < requests or ends:
        ready = pause.ready_at(now, SLOTS - in_flight)
        if sent < requests and in_flight < SLOTS and ready <= now:
            now += chance.uniform(0.0, late_s)
            departure = pause.depart(now, SLOTS - in_flight)
            in_flight += 1
            counted = [until for until in counted if until > now]
            is_refused = len(counted) + others >= SLOTS
            end = now + (VERDICT_S if is_refused else latency_s * chance.uniform(1 - spread, 1 + spread))
            if not is_refused:
                sent += 1
                counted.append(end + release_s)
            heapq.heappush(ends, (end, len(played.pauses), departure, is_refused))
            played.pauses.append(pause.pause_s)
            played.most_in_flight = max(played.most_in_flight, in_flight)
            continue
        if sent < requests and in_flight < SLOTS and (not ends or ready < ends[0][0]):
            now = ready
            continue
        end, _, departure, is_refused = heapq.heappop(ends)
        now, in_flight = max(now, end), in_flight - 1
        if is_refused:
            played.refused.append(now)
            played.learned.append(pause.refuse(departure, now))
            if not played.learned[-1]:
                break  # the lane slows down: not what is simulated here
        else:
            pause.accept(departure, now)
    played.took_s = now
    return played


def efficiency(played: Played, requests: int, latency_s: float, release_s: float) -> float:
    return requests * (latency_s + release_s) / SLOTS / played.took_s


def test_a_server_that_counts_no_longer_costs_almost_nothing() -> None:
    played = play(300, 0.02, 0.0)
    assert (played.refused, set(played.pauses)) == ([], {0.0})
    assert efficiency(played, 300, 0.02, 0.0) > 0.98


@pytest.mark.parametrize("latency_s", [0.02, 0.03, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(10))
def test_a_server_that_counts_5_ms_longer_refuses_once(latency_s: float, seed: int) -> None:
    played = play(300, latency_s, 0.005, seed=seed)
    assert len(played.refused) == 1
    assert efficiency(played, 300, latency_s, 0.005) > (0.95 if latency_s > 0.02 else 0.93)


@given(
    st.floats(0.0, 0.03), st.floats(0.01, 0.5), st.floats(0.0, 0.9), st.floats(0.0, 0.004), st.integers(0, 1_000_000)
)
def test_no_server_makes_the_account_collapse(
    release_s: float, latency_s: float, spread: float, late_s: float, seed: int
) -> None:
    """Whatever the latency and the moment of release: few refusals, each of them learned from, and most of the rate."""
    played = play(300, latency_s, release_s, seed=seed, spread=spread, late_s=late_s)
    assert played.most_in_flight <= SLOTS
    assert max(played.pauses) <= MOST_S
    assert all(played.learned)
    assert len(played.refused) <= 12
    allowed_s = 300 * (latency_s + max(2 * release_s, FIRST_S) + late_s + 0.001) / SLOTS
    assert played.took_s <= 1.1 * allowed_s + 1.0


@settings(max_examples=10)
@given(st.floats(0.002, 0.03), st.integers(0, 1_000_000))
@example(0.002, 0)  # every try of a shorter pause falls due while a slot waits already
def test_the_pause_comes_close_to_the_moment_of_release(release_s: float, seed: int) -> None:
    """After minutes, at the price of one refusal for each try of a shorter pause."""
    played = play(8_000, 0.05, release_s, seed=seed)
    assert release_s - 0.001 <= played.pauses[-1] <= release_s * 1.5 + 0.001
    assert len(played.refused) <= 10


def test_tries_of_a_shorter_pause_become_rare() -> None:
    refused = play(20_000, 0.05, 0.005).refused
    waits = [later - earlier for earlier, later in pairwise(refused)]
    assert min(waits) > 29.0
    assert max(waits) > 59.0


def test_a_refusal_in_a_slot_that_was_not_used_has_another_cause() -> None:
    """Another program uses the account: the lane has to slow down."""
    assert play(300, 0.05, 0.0, others=1).learned == [False]


def test_a_server_that_refuses_everything_is_found_out_soon() -> None:
    pause, now, departure = ReleasePause(SLOTS), 0.0, None
    for _ in range(SLOTS):
        departure = pause.depart(now, SLOTS)
        pause.accept(departure, now)
    learned = []
    for _ in range(10):
        now = max(now, pause.ready_at(now, SLOTS))
        departure = pause.depart(now, SLOTS)
        learned.append(pause.refuse(departure, now + VERDICT_S))
    assert learned[:2] == [True, True]
    assert not any(learned[5:])
    assert pause.pause_s == 0.0


def test_a_slot_that_was_not_used_for_long_says_nothing_about_the_release() -> None:
    pause = ReleasePause(1)
    first = pause.depart(0.0, 1)
    pause.accept(first, 0.1)
    late = pause.depart(5.0, 1)
    assert pause.refuse(late, 5.001) is False
    assert pause.pause_s == 0.0


def test_a_request_that_did_not_leave_changes_nothing() -> None:
    pause = ReleasePause(1)
    pause.accept(pause.depart(0.0, 1), 0.1)
    withheld = pause.depart(0.1, 1)
    pause.forget(withheld)
    again = pause.depart(0.101, 1)
    assert (again.released_at, again.is_probe) == (0.1, True)
