from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fire import PATIENCE_S, account, bulletin
from runner.definitions.model import Budget
from runner.fire.lanes import lane as lane_module
from runner.fire.lanes.lane import Lane
from runner.fire.outcome import Outcome
from runner.fire.reasons import interrupted, refused_by_api
from runner.plan import reasons
from runner.plan.budget import HOUR, HeldByBudget, Limit
from runner.plan.decide import Action, Step
from runner.plan.firing import firings_of
from runner.plan.occurrence import Occurrence
from runner.reason import ReasonCode

WHY = refused_by_api(400, "no")


class Clock:
    """Stands in for the monotonic clock; a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lane_module, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def _nobody_looks_by_himself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a slot goes on only where he is woken."""
    monkeypatch.setattr(lane_module, "_CHECK_S", 1000 * PATIENCE_S)


def steps(count: int) -> list[Step]:
    return [object() for _ in range(count)]  # type: ignore[misc]  # a lane looks into none of them


HELD = HeldByBudget(Limit("india", 1, HOUR), datetime.max.replace(tzinfo=UTC))


def steps_of(count: int, **fields: Any) -> list[Step]:
    """Steps of bulletins, for lanes that look at their budgets."""
    made = [firing for number in range(count) for firing in firings_of(bulletin(number, **fields), [Occurrence("r1")])]
    return [Step(firing, Action.FIRE, reasons.due(None)) for firing in made]


def lane(count: int = 5, concurrency: int = 3, *, canary: bool = False, slots: int | None = None) -> Lane:
    """A lane that holds all slots of its account, or the first few."""
    made = Lane(account(concurrency=concurrency), steps(count), canary=canary)
    made.grant(range(1, (concurrency if slots is None else slots) + 1))
    return made


class Waiter(threading.Thread):
    """Calls something that may wait, in a thread of its own."""

    def __init__(self, call: object) -> None:
        super().__init__(daemon=True)
        self.call = call
        self.started, self.done = threading.Event(), threading.Event()
        self.result: object = None
        self.start()
        assert self.started.wait(PATIENCE_S)

    def run(self) -> None:
        self.started.set()
        self.result = self.call()  # type: ignore[operator]
        self.done.set()


@pytest.fixture
def waiters() -> Iterator[list[Waiter]]:
    made: list[Waiter] = []
    yield made
    for waiter in made:
        waiter.join(PATIENCE_S)
        assert not waiter.is_alive()


def test_firings_are_taken_in_order_until_none_is_left() -> None:
    planned = steps(3)
    tested = Lane(account(), planned)
    assert [tested.take(), tested.take(), tested.waiting, tested.take(), tested.take()] == [
        *planned[:2],
        1,
        planned[2],
        None,
    ]


def test_no_more_slots_than_the_account_has(clock: Clock, waiters: list[Waiter]) -> None:
    tested = lane(concurrency=2)
    departure = tested.acquire()
    assert departure
    assert tested.acquire()
    third = Waiter(tested.acquire)
    waiters.append(third)
    assert not third.done.is_set()
    tested.release(departure)
    assert third.done.wait(PATIENCE_S)
    assert third.result is not None


def test_a_slot_that_is_free_wakes_who_waits_for_a_slot(waiters: list[Waiter]) -> None:
    """Not who waits for a firing, though that one came first: the account would idle until somebody looks again."""
    tested = lane(concurrency=1, canary=True)
    assert tested.take()
    departure = tested.acquire()
    assert departure
    waiters.append(Waiter(tested.take))
    wait_until(lambda: tested.threads_without_firing == 1)  # it has the lock from here on until it waits
    for_a_slot = Waiter(tested.acquire)
    waiters.insert(0, for_a_slot)
    wait_until(lambda: tested.threads_without_slot == 1)
    try:
        tested.release(departure)
        assert for_a_slot.done.wait(PATIENCE_S)
        assert not waiters[1].done.is_set()
    finally:
        tested.stop(WHY)


def test_429_takes_one_slot_away_and_pauses(clock: Clock) -> None:
    tested = lane(concurrency=3)
    tested.slow_down(2.0)
    assert tested.blocked_for_s() == pytest.approx(2.0)
    clock.now += 2.0
    departure = tested.acquire()
    assert departure
    second = tested.acquire()
    assert second
    assert tested.blocked_for_s() is not None
    tested.slow_down(0.0)
    tested.release(departure)
    assert tested.blocked_for_s() is not None  # one is in flight, and one is the limit now
    tested.slow_down(0.0)
    tested.release(second)
    assert tested.blocked_for_s() is None  # never fewer than one


def test_a_slowed_lane_recovers(clock: Clock) -> None:
    tested = lane(concurrency=3)
    tested.slow_down(0.0)
    departure = tested.acquire()
    assert departure
    assert tested.acquire()
    assert tested.blocked_for_s() is not None
    clock.now += 10.0
    assert tested.blocked_for_s() is None
    tested.slow_down(0.0)
    clock.now += 10.0
    tested.slow_down(0.0)
    assert tested.blocked_for_s() is not None  # two are in flight: the limit is counted from the account's own again
    tested.release(departure)
    assert tested.blocked_for_s() is None


def test_after_a_429_that_follows_an_answer_the_lane_goes_on_with_all_slots(clock: Clock) -> None:
    tested = lane(concurrency=3)
    departures = [tested.acquire() for _ in range(3)]
    clock.now += 0.05
    for departure in departures:
        assert departure
        tested.release(departure)
    assert tested.answered == 3
    probe = tested.acquire()
    assert probe
    assert tested.blocked_for_s() is not None  # until it is clear whether that one is refused
    clock.now += 0.001
    assert tested.refuse(probe, 5.0, is_early=True) == 0.0
    assert 0.0 < (tested.blocked_for_s() or 0.0) < 0.1
    clock.now += 0.1
    for _ in range(3):
        assert tested.acquire()
        clock.now += 0.1
    assert tested.answered == 3


def test_a_429_of_another_cause_slows_the_lane_down(clock: Clock) -> None:
    tested = lane(concurrency=3)
    departures = [tested.acquire() for _ in range(3)]
    assert departures[2]
    assert tested.refuse(departures[2], 5.0, is_early=True) == 5.0  # no answer came before it
    assert tested.blocked_for_s() == pytest.approx(5.0)


def test_a_request_that_did_not_leave_frees_its_slot(clock: Clock) -> None:
    tested = lane(concurrency=1)
    departure = tested.acquire()
    assert departure
    tested.cancel(departure)
    assert (tested.answered, tested.acquire() is None) == (0, False)


def test_a_longer_pause_is_not_cut_short(clock: Clock) -> None:
    tested = lane()
    tested.slow_down(5.0)
    tested.slow_down(1.0)
    assert tested.blocked_for_s() == pytest.approx(5.0)


def test_a_stopped_lane_gives_nothing_and_wakes_who_waits(waiters: list[Waiter]) -> None:
    tested = lane(concurrency=1)
    assert tested.acquire()
    waiting = Waiter(tested.acquire)
    waiters.append(waiting)
    tested.stop(WHY)
    assert waiting.done.wait(PATIENCE_S)
    assert waiting.result is None
    assert tested.take() is None
    assert tested.stopped == WHY
    tested.stop(interrupted())
    assert tested.stopped == WHY


def test_bad_credentials_stop_the_account() -> None:
    tested = lane()
    tested.apply_outcome(Outcome.FAILED, WHY, stop_account=True)
    assert tested.stopped is not None
    assert tested.stopped.code is ReasonCode.ACCOUNT_REFUSED
    assert WHY.text in tested.stopped.text


@pytest.mark.parametrize("between", [Outcome.FIRED, Outcome.FAILED])
def test_three_in_doubt_in_a_row_stop_the_account(between: Outcome) -> None:
    tested = lane()
    for outcome in (Outcome.IN_DOUBT, Outcome.IN_DOUBT, between, Outcome.IN_DOUBT, Outcome.SKIPPED, Outcome.IN_DOUBT):
        tested.apply_outcome(outcome, WHY)
    assert tested.stopped is None
    tested.apply_outcome(Outcome.IN_DOUBT, WHY)
    assert tested.stopped is not None
    assert tested.stopped.code is ReasonCode.ACCOUNT_IN_DOUBT


def test_a_canary_goes_alone_and_the_rest_follow_once_it_was_fired(waiters: list[Waiter]) -> None:
    tested = lane(canary=True)
    assert tested.take() is not None
    second = Waiter(tested.take)
    waiters.append(second)
    assert not second.done.is_set()
    tested.apply_outcome(Outcome.FIRED, None)
    assert second.done.wait(PATIENCE_S)
    assert second.result is not None


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.IN_DOUBT, Outcome.SKIPPED, Outcome.EXPIRED])
def test_a_canary_that_was_not_fired_stops_the_account(outcome: Outcome, waiters: list[Waiter]) -> None:
    tested = lane(canary=True)
    assert tested.take() is not None
    second = Waiter(tested.take)
    waiters.append(second)
    tested.apply_outcome(outcome, WHY)
    assert second.done.wait(PATIENCE_S)
    assert second.result is None
    assert tested.stopped is not None
    assert tested.stopped.code is ReasonCode.CANARY_NOT_FIRED
    assert WHY.text in tested.stopped.text


def test_one_that_is_passed_over_is_no_canary_and_the_next_is(waiters: list[Waiter]) -> None:
    tested = lane(canary=True)
    assert tested.take()
    second, third = (Waiter(tested.take) for _ in range(2))
    waiters += [second, third]
    tested.record_skip()
    while not (second.done.is_set() or third.done.is_set()):
        time.sleep(0.001)
    assert second.done.is_set() is not third.done.is_set()
    assert tested.stopped is None
    tested.apply_outcome(Outcome.FIRED, None)
    assert second.done.wait(PATIENCE_S)
    assert third.done.wait(PATIENCE_S)


def test_only_the_first_is_a_canary() -> None:
    tested = lane(canary=True)
    tested.take()
    tested.apply_outcome(Outcome.FIRED, None)
    tested.apply_outcome(Outcome.FAILED, WHY)
    assert tested.stopped is None


def test_no_more_requests_than_slots_that_it_holds(clock: Clock, waiters: list[Waiter]) -> None:
    tested, reported = lane(slots=1), threading.Event()
    tested.on_need = reported.set
    assert tested.shortage == 0
    assert tested.acquire()
    assert not reported.is_set()
    second = Waiter(tested.acquire)
    waiters.append(second)
    assert reported.wait(PATIENCE_S)
    assert (second.done.is_set(), tested.shortage) == (False, 1)
    tested.grant([3])
    assert second.done.wait(PATIENCE_S)
    assert (second.result is not None, tested.slots, tested.shortage) == (True, (1, 3), 0)


def test_it_wants_no_more_slots_than_it_may_use_now(clock: Clock, waiters: list[Waiter]) -> None:
    tested = lane(concurrency=3, slots=0)
    waiters += [Waiter(tested.acquire) for _ in range(5)]
    wait_until(lambda: tested.shortage == 3)
    tested.slow_down(0.0)
    assert tested.shortage == 2
    tested.suspend(True)
    assert tested.shortage == 0
    tested.stop(WHY)
    assert tested.shortage == 0


def wait_until(holds: Callable[[], bool]) -> None:
    """Returns once it holds; a thread that was started has come so far then."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_only_idle_slots_are_withdrawn() -> None:
    tested = lane()
    departure = tested.acquire()
    assert departure
    assert sorted(tested.withdraw(5)) == [1, 2]
    assert tested.slots == (3,)
    tested.release(departure)
    assert tested.withdraw(5) == [3]


def test_a_slot_to_be_given_up_is_used_no_more(clock: Clock, waiters: list[Waiter]) -> None:
    tested, reported = lane(concurrency=2), threading.Event()
    departure = tested.acquire()
    assert departure
    second = tested.acquire()
    assert second
    tested.give_up_one()
    waiting = Waiter(tested.acquire)
    waiters.append(waiting)
    tested.on_need = reported.set
    tested.release(departure)
    assert reported.wait(PATIENCE_S)  # somebody is to fetch it
    assert (tested.surplus, waiting.done.is_set()) == (1, False)
    assert len(tested.withdraw(tested.surplus)) == 1
    assert tested.surplus == 0
    tested.release(second)
    assert waiting.done.wait(PATIENCE_S)


@pytest.mark.parametrize("end", [lambda tested: [tested.take() for _ in range(5)], lambda tested: tested.stop(WHY)])
def test_at_the_end_all_that_is_idle_is_surplus(end: Callable[[Lane], object]) -> None:
    tested = lane(count=5)
    departure = tested.acquire()
    assert departure
    assert tested.surplus == 0
    end(tested)
    assert tested.surplus == 2
    tested.release(departure)
    assert tested.surplus == 3


def test_slots_that_another_took_are_its_own_no_more() -> None:
    tested = lane()
    tested.retain([1, 3, 7])
    assert tested.slots == (1, 3)


@pytest.mark.parametrize("lost_first", [True, False])
def test_who_has_lost_the_slot_that_was_to_be_given_up_gets_another(waiters: list[Waiter], lost_first: bool) -> None:
    """A run that was frozen while it made way for another: it has nothing to give back, and needs one again."""
    tested = lane(concurrency=1)
    departure = tested.acquire()
    assert departure
    for each in [lambda: tested.retain([]), tested.give_up_one][:: 1 if lost_first else -1]:
        each()
    tested.release(departure)
    waiting = Waiter(tested.acquire)
    waiters.append(waiting)
    try:
        wait_until(lambda: tested.threads_without_slot == 1)
        assert (tested.shortage, tested.surplus) == (1, 0)
        tested.grant([1])
        assert waiting.done.wait(PATIENCE_S)
        assert waiting.result is not None
    finally:
        tested.stop(WHY)


def test_a_suspended_lane_waits(clock: Clock, waiters: list[Waiter]) -> None:
    tested = lane()
    tested.suspend(True)
    waiting = Waiter(tested.acquire)
    waiters.append(waiting)
    assert tested.blocked_for_s() is not None
    assert not waiting.done.is_set()
    tested.suspend(False)
    assert waiting.done.wait(PATIENCE_S)
    assert waiting.result is not None


def test_what_a_budget_holds_waits_for_what_is_out_and_goes_if_that_was_not_sent(waiters: list[Waiter]) -> None:
    first, second, third = steps_of(3)
    tested = Lane(account(), [first, second], reserve=[third])
    assert [tested.take(), tested.take()] == [first, second]
    tested.put_back(second, HELD, tested.freed)
    waiting = Waiter(tested.take)
    waiters.append(waiting)
    assert not waiting.done.is_set()
    tested.finish_firing(Outcome.FAILED)
    assert waiting.done.wait(PATIENCE_S)
    assert waiting.result is second


@pytest.mark.parametrize("outcome", [Outcome.FIRED, Outcome.IN_DOUBT])
def test_what_was_sent_or_perhaps_sent_makes_no_room(outcome: Outcome, waiters: list[Waiter]) -> None:
    first, held = steps_of(2)
    tested = Lane(account(), [first], reserve=[held])
    assert tested.take() is first
    waiting = Waiter(tested.take)
    waiters.append(waiting)
    tested.finish_firing(outcome)
    assert waiting.done.wait(PATIENCE_S)
    assert waiting.result is None


def test_the_first_of_each_budget_may_try_where_there_is_room_again() -> None:
    budgets = {"Flash Sale": Budget(per_day=1)}
    first, sale, other, last = (*steps_of(1), *steps_of(1, business_event="Flash Sale"), *steps_of(2))
    tested = Lane(account(event_budgets=budgets), [first], reserve=[sale, other, last])
    assert tested.take() is first
    tested.finish_firing(Outcome.FAILED)
    assert [tested.take(), tested.take(), tested.waiting] == [sale, other, 0]
    tested.put_back(sale, HELD, tested.freed)
    tested.finish_firing(Outcome.SKIPPED)
    assert [tested.take(), tested.take(), tested.waiting] == [sale, last, 0]


def test_room_that_was_made_while_the_budget_was_asked_is_not_lost() -> None:
    first, second = steps_of(2)
    tested = Lane(account(budget=Budget(per_hour=1)), [first, second])
    assert [tested.take(), tested.take()] == [first, second]
    before = tested.freed
    tested.finish_firing(Outcome.FAILED)
    tested.put_back(second, HELD, before)
    assert tested.allowance.known(tested.allowance.limits(second), datetime.now(UTC)) is None
    assert tested.take() is second
