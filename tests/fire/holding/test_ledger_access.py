"""A ledger that is away: what a run does again, for how long, and what it says meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner import clock
from runner.errors import ErrorCode
from runner.fire.holding import ledger_access as reach_module
from runner.fire.holding.ledger_access import LedgerAccess
from runner.ledger.ledger_errors import LedgerAway


class Waiting:
    """Stands in for sleeping and for elapsed time; counts both."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made = Waiting()
    monkeypatch.setattr(reach_module, "time", made)
    monkeypatch.setattr(clock, "elapsed_s", lambda: made.now_s)
    return made


@pytest.fixture
def reported() -> list[object]:
    return []


@pytest.fixture
def reach(waiting: Waiting, reported: list[object]) -> LedgerAccess:
    return LedgerAccess(120.0, reported.append, reported.append)


def away(times: int, value: str = "done") -> Callable[[], str]:
    """An operation that finds the ledger away so many times, and then does its part."""
    left = iter(range(times))

    def operation() -> str:
        if next(left, None) is not None:
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "the ledger is away")
        return value

    return operation


def test_what_works_at_once_says_nothing(reach: LedgerAccess, waiting: Waiting, reported: list[object]) -> None:
    assert reach.perform(away(0)) == "done"
    assert (reported, waiting.slept) == ([], [])


def test_a_short_absence_is_not_reported_but_nothing_is_sent_meanwhile(
    reach: LedgerAccess, waiting: Waiting, reported: list[object]
) -> None:
    assert reach.perform(away(2)) == "done"
    assert reported == [True, False]
    assert not reach.is_away


def test_a_longer_absence_is_reported_once(reach: LedgerAccess, waiting: Waiting, reported: list[object]) -> None:
    assert reach.perform(away(12)) == "done"
    assert reported == [
        True,
        "the ledger can't be reached: nothing is sent until it can be reached again",
        "the ledger can be reached again",
        False,
    ]
    assert max(waiting.slept) <= 1.0
    assert min(waiting.slept) >= 0.025


def test_patience_ends(reach: LedgerAccess, waiting: Waiting) -> None:
    with pytest.raises(LedgerAway):
        reach.perform(away(10_000))
    assert 120 <= waiting.now_s <= 122
    assert reach.is_away


def test_patience_is_for_one_absence(reach: LedgerAccess, waiting: Waiting) -> None:
    for _ in range(5):
        assert reach.perform(away(60)) == "done"
    assert waiting.now_s > 120


def test_all_threads_share_one_absence(reach: LedgerAccess, waiting: Waiting, reported: list[object]) -> None:
    def within() -> str:
        with pytest.raises(LedgerAway):
            reach.perform(away(10_000))  # another thread's
        raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "still")

    with pytest.raises(LedgerAway):
        reach.perform(within)
    assert reported.count(True) == 1
    assert waiting.now_s <= 122


def test_whoever_asks_may_want_to_wait_no_longer(reach: LedgerAccess, waiting: Waiting) -> None:
    with pytest.raises(LedgerAway):
        reach.perform(away(1), unless=lambda: True)
    assert waiting.slept == []


def test_once_given_up_nobody_waits(reach: LedgerAccess, waiting: Waiting) -> None:
    reach.give_up()
    with pytest.raises(LedgerAway):
        reach.perform(away(1))
    assert waiting.slept == []


def test_any_other_fault_is_not_waited_for(reach: LedgerAccess, waiting: Waiting) -> None:
    def broken() -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        reach.perform(broken)
    assert waiting.slept == []
