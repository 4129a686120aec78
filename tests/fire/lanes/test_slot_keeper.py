"""The keeper of slots: takes what its lanes are short of, makes way for others, forgets none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger import claim_one

from fire import IDENTITY, PATIENCE_S, account, bulletin, plan_of
from runner import process
from runner.errors import ErrorCode, UserError
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.lanes import slot_keeper as slots_module
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.slot_keeper import SlotKeeper
from runner.fire.reasons import interrupted
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.values import Origin, SlotRequest
from runner.ledger.writer import LedgerWriter

LEASE = timedelta(hours=1)  # nobody renews it here


def begin(ledger: Ledger) -> str:
    return ledger.start_run(Origin("fire", "1"), IDENTITY, lease=LEASE)


def take_all(ledger: Ledger, run: str) -> dict[str, list[int]]:
    return ledger.take_slots(run, [SlotRequest("india", 3, 3)])


def held_by(ledger: Ledger, run: str) -> list[int]:
    return ledger.slots_of(run).get("india", [])


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def lane(count: int = 50) -> Lane:
    """A lane with so many firings to come."""
    return Lane(account(), [object() for _ in range(count)])  # type: ignore[misc]  # a lane looks into none of them


@contextmanager
def kept(
    ledger: Ledger,
    run: str,
    *lanes: Lane,
    faults: list[Exception] | None = None,
    lane_faults: list[Lane] | None = None,
    messages: list[str] | None = None,
) -> Iterator[SlotKeeper]:
    reach = LedgerAccess(120.0, lambda away: None, lambda text: None)
    on_fault = ([] if faults is None else faults).append
    stopped = [] if lane_faults is None else lane_faults
    on_message = ([] if messages is None else messages).append
    with SlotKeeper(
        LedgerWriter(ledger, run),
        lanes,
        reach,
        on_fault=on_fault,
        on_lane_fault=lambda lane, _reason: stopped.append(lane),
        on_message=on_message,
    ) as keeper:
        yield keeper


@contextmanager
def wanting(tested: Lane, count: int = 3) -> Iterator[list[int]]:
    """So many threads that want a slot, and keep it until the end; how many have one."""
    have: list[int] = []
    release = threading.Event()

    def want(number: int) -> None:
        if departure := tested.acquire():
            have.append(number)
            release.wait(PATIENCE_S)
            tested.release(departure)

    threads = [threading.Thread(target=want, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield have
    finally:
        tested.stop(interrupted())
        release.set()
        for thread in threads:
            thread.join(PATIENCE_S)


def test_it_takes_what_is_short_and_gives_all_back_at_the_end(ledger: Ledger) -> None:
    run, tested = begin(ledger), lane()
    with kept(ledger, run, tested):
        assert held_by(ledger, run) == []  # nobody wants one yet
        with wanting(tested) as have:
            wait_until(lambda: len(have) == 3)
            assert held_by(ledger, run) == [1, 2, 3]
    assert held_by(ledger, run) == []


def test_it_waits_for_slots_that_others_hold(ledger: Ledger) -> None:
    other, run, tested = begin(ledger), begin(ledger), lane()
    take_all(ledger, other)
    with kept(ledger, run, tested), wanting(tested) as have:
        time.sleep(0.1)
        assert have == []
        ledger.give_back_slots(other, {"india": [2]})
        wait_until(lambda: len(have) == 1)
        assert held_by(ledger, run) == [2]


def test_two_runs_share(ledger: Ledger) -> None:
    """One that holds all of them makes way for one that has none, between two requests."""
    first, second = begin(ledger), begin(ledger)
    greedy, late = lane(), lane()
    stop = threading.Event()
    (step,) = plan_of([bulletin()], ledger).steps
    assert claim_one(ledger, second, step.firing, datetime.now(UTC))  # what says that it wants one

    def send(tested: Lane) -> None:
        while not stop.is_set() and (departure := tested.acquire()):
            time.sleep(0.002)
            tested.release(departure)

    with kept(ledger, first, greedy):
        threads = [threading.Thread(target=send, args=(greedy,), daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: held_by(ledger, first) == [1, 2, 3])
        with kept(ledger, second, late), wanting(late, 1) as have:
            wait_until(lambda: len(have) == 1)
            assert len(held_by(ledger, second)) == 1
        stop.set()
        greedy.stop(interrupted())
        for thread in threads:
            thread.join(PATIENCE_S)


def test_slots_that_another_took_while_it_slept_are_not_used(ledger: Ledger) -> None:
    run, tested = begin(ledger), lane()
    with kept(ledger, run, tested) as keeper, wanting(tested) as have:
        wait_until(lambda: len(have) == 3)
        other = begin(ledger)
        with ledger.writing() as connection:
            connection.exec_driver_sql("UPDATE slots SET run = ? WHERE number < 3", (other,))
        keeper.look_again()
        assert tested.slots == (3,)


@pytest.mark.parametrize("arrived", [True, False])
def test_what_it_owes_is_given_back_once_the_ledger_is_back(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    run, tested = begin(ledger), lane(count=0)
    give_back, failed = ledger.give_back_slots, threading.Event()

    def once(*arguments: Any) -> None:
        if not failed.is_set():
            failed.set()
            if arrived:
                give_back(*arguments)
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")
        give_back(*arguments)

    monkeypatch.setattr(ledger, "give_back_slots", once)
    faults: list[Exception] = []
    with kept(ledger, run, tested, faults=faults):
        with wanting(tested, 2) as have:
            wait_until(lambda: len(have) == 2)
        wait_until(lambda: held_by(ledger, run) == [])  # nothing is left to send
        assert failed.is_set()
    assert faults == []


@pytest.mark.parametrize("arrived", [True, False])
def test_what_it_took_unheard_is_taken_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, arrived: bool) -> None:
    run, tested = begin(ledger), lane()
    take, failed = ledger.take_slots, threading.Event()

    def once(*arguments: Any) -> dict[str, list[int]]:
        if not failed.is_set():
            failed.set()
            if arrived:
                take(*arguments)
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")
        return take(*arguments)

    monkeypatch.setattr(ledger, "take_slots", once)
    with kept(ledger, run, tested), wanting(tested) as have:
        wait_until(lambda: len(have) == 3)
        assert held_by(ledger, run) == [1, 2, 3]


def test_a_fault_of_the_ledger_is_reported(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> list[int]:
        raise UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full")

    monkeypatch.setattr(ledger, "take_slots", full)
    faults: list[Exception] = []
    tested = lane()
    with kept(ledger, begin(ledger), tested, faults=faults), wanting(tested):
        wait_until(lambda: len(faults) == 1)
    assert isinstance(faults[0], UserError)


def test_a_fault_of_one_lane_leaves_the_others_their_slots(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    take_slots = ledger.take_slots

    def broken(run: str, wanted: Sequence[SlotRequest]) -> dict[str, list[int]]:
        if any(each.account == "india" for each in wanted):
            raise KeyError("x")
        return take_slots(run, wanted)

    monkeypatch.setattr(ledger, "take_slots", broken)
    stopped: list[Lane] = []
    faulty, sound = lane(), Lane(account(name="europe"), [object()])  # type: ignore[list-item]
    with kept(ledger, begin(ledger), faulty, sound, lane_faults=stopped), wanting(faulty), wanting(sound, 1):
        wait_until(lambda: bool(stopped) and bool(sound.slots))
    assert stopped == [faulty]


def test_slots_of_an_ended_process_are_free_before_its_lease_ends(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = replace(IDENTITY, process="boot 1 gone")
    dead = ledger.start_run(Origin("fire", "1"), identity, lease=timedelta(hours=1))
    assert take_all(ledger, dead) == {"india": [1, 2, 3]}
    monkeypatch.setattr(process, "has_ended", lambda described: described == "boot 1 gone")
    tested = lane()
    with kept(ledger, begin(ledger), tested), wanting(tested) as have:
        wait_until(lambda: len(have) == 3)
    assert ledger.live_runs() != []


def test_who_waits_long_for_a_first_slot_says_so_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots_module, "_REPORT_AFTER_S", 0.02)
    other, tested = begin(ledger), lane()
    take_all(ledger, other)
    messages: list[str] = []
    with kept(ledger, begin(ledger), tested, messages=messages), wanting(tested) as have:
        wait_until(lambda: bool(messages))
        time.sleep(0.1)
        ledger.give_back_slots(other, {"india": [1]})
        wait_until(lambda: bool(have))
    assert messages == [
        "waiting for a slot in the account india: other runs use all of them (bulletins status lists them)"
    ]
