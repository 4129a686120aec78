"""Slots: of each, at most one live run holds it, whatever they all do at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

import pytest
from examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from plan import NOW, TICK, make_firing

from ledger import LEASE, all_of, at, at_once, begin, claim_one
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.records import slots
from runner.ledger.values import SlotRequest

RUN_OUT = NOW + LEASE + TICK


def take(ledger: Ledger, run: str, wanted: int = 3, account: str = "india", limit: int = 3) -> list[int]:
    return take_besides(ledger, run, (), wanted, account, limit)


def take_besides(
    ledger: Ledger, run: str, held: Iterable[int], wanted: int = 3, account: str = "india", limit: int = 3
) -> list[int]:
    return ledger.take_slots(run, [SlotRequest(account, limit, wanted, tuple(held))]).get(account, [])


def held_by(ledger: Ledger, run: str, account: str = "india") -> list[int]:
    return ledger.slots_of(run).get(account, [])


def test_there_are_as_many_as_the_account_allows(ledger: Ledger, run: str) -> None:
    assert take(ledger, run, wanted=9, limit=2) == [1, 2]
    assert take(ledger, begin(ledger), limit=2) == []


def test_no_more_are_taken_than_wanted(ledger: Ledger, run: str) -> None:
    other = begin(ledger)
    assert take(ledger, run, wanted=1) == [1]
    assert take(ledger, other, wanted=2) == [2, 3]
    assert (held_by(ledger, run), held_by(ledger, other)) == ([1], [2, 3])


def test_each_account_has_its_own(ledger: Ledger, run: str) -> None:
    assert take(ledger, run) == [1, 2, 3]
    assert take(ledger, begin(ledger), account="europe") == [1, 2, 3]


def test_one_given_back_is_free(ledger: Ledger, run: str) -> None:
    other = begin(ledger)
    take(ledger, run)
    ledger.give_back_slots(run, {"india": [2]})
    assert take(ledger, other) == [2]
    ledger.give_back_slots(run, {"india": [1, 2, 3]})
    assert held_by(ledger, other) == [2]  # it is another's now


def test_those_held_are_not_taken_again_and_those_whose_taking_was_not_heard_of_are(ledger: Ledger, run: str) -> None:
    assert take(ledger, run, wanted=2) == [1, 2]
    assert take_besides(ledger, run, [1]) == [2, 3]


def test_those_of_a_run_whose_lease_ran_out_are_free(ledger: Ledger, run: str) -> None:
    assert take(ledger, run) == [1, 2, 3]
    other = begin(ledger, NOW + LEASE)
    assert take(ledger, other) == []
    assert take(at(ledger, RUN_OUT), other, wanted=2) == [1, 2]
    ledger.renew(run, lease=LEASE)
    assert held_by(ledger, run) == [3]


def test_those_of_a_run_that_ended_are_free(ledger: Ledger, run: str) -> None:
    take(ledger, run)
    ledger.finish_run(run, exit_code=0, interrupted=False)
    assert take(ledger, begin(ledger)) == [1, 2, 3]


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_slot_of_a_run_that_a_statement_does_not_see_is_not_free(ledger: Ledger, run: str) -> None:
    # A server's statement that waited for a slot sees who holds it now, but no run that began meanwhile.
    with ledger.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.execute(tables.slots.insert().values(account="india", number=1, run="unseen", taken_at=NOW))
        assert not slots.take(connection, run, [("india", 1)], ledger.clock.now())
        connection.execute(tables.slots.delete())


def test_demand_is_of_runs_that_hold_a_slot_or_a_claim(ledger: Ledger, run: str) -> None:
    waiting, elsewhere, gone = begin(ledger), begin(ledger), begin(ledger)
    take(ledger, run, wanted=2)
    assert claim_one(ledger, run, make_firing("a"), NOW)
    assert claim_one(ledger, waiting, make_firing("b"), NOW)
    assert claim_one(ledger, elsewhere, make_firing("c", accounts=("europe",)), NOW)
    take(ledger, gone, wanted=1)
    ledger.finish_run(gone, exit_code=0, interrupted=False)
    demand = {"india": {run: 2, waiting: 0}, "europe": {elsewhere: 0}}
    assert ledger.slot_demand(["india", "europe"]) == demand
    assert at(ledger, RUN_OUT).slot_demand(["india"]) == {"india": {}}


def test_of_many_threads_three_get_one_each(ledger: Ledger, ledger_url: str) -> None:
    runs = [begin(ledger) for _ in range(8)]

    def work(run: str) -> list[int]:
        return [number for _ in range(5) for number in take(ledger, run, wanted=1)]

    got = [number for taken in at_once(*(partial(work, run) for run in runs)) for number in taken]
    held = sorted(row["number"] for row in all_of(ledger_url, tables.slots))
    assert held == [1, 2, 3]
    assert set(got) == {1, 2, 3}


class Slots(RuleBasedStateMachine):
    """Runs that take, give back, renew, end and oversleep, against what each believes it holds while it is live."""

    ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        with self.ledger.writing() as connection:
            connection.execute(tables.slots.delete())
        self.ends: dict[str, object] = {}
        self.held: dict[str, set[int]] = {}

    def live(self) -> list[str]:
        return [run for run, end in self.ends.items() if end is not None and end >= self.now]  # type: ignore[operator]

    @rule()
    def start(self) -> None:
        run = begin(self.ledger, self.now)
        self.ends[run], self.held[run] = self.now + LEASE, set()

    @rule(data=st.data(), wanted=st.integers(1, 3))
    def take(self, data: st.DataObject, wanted: int) -> None:
        if live := self.live():
            run = data.draw(st.sampled_from(live))
            free = {1, 2, 3} - {number for each in live for number in self.held[each]}
            got = take_besides(self.ledger, run, self.held[run], wanted)
            assert set(got) <= free
            assert len(got) == min(wanted, len(free))
            self.held[run].update(got)

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if live := self.live():
            run = data.draw(st.sampled_from(live))
            if self.held[run]:
                number = data.draw(st.sampled_from(sorted(self.held[run])))
                self.ledger.give_back_slots(run, {"india": [number]})
                self.held[run].discard(number)

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        unfinished = [run for run, end in self.ends.items() if end is not None]
        if unfinished:
            run = data.draw(st.sampled_from(unfinished))
            self.ledger.renew(run, lease=LEASE)  # late or not: nobody had given it up
            self.ends[run] = self.now + LEASE
            self.held[run] = set(held_by(self.ledger, run))

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        if live := self.live():
            run = data.draw(st.sampled_from(live))
            self.ledger.finish_run(run, exit_code=0, interrupted=False)
            self.ends[run], self.held[run] = None, set()

    @rule(seconds=st.sampled_from([1, 29, 31]))
    def pass_time(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        at(self.ledger, self.now)

    @invariant()
    def no_slot_has_two_holders(self) -> None:
        held = [number for run in self.live() for number in self.held[run]]
        assert len(held) == len(set(held))


def test_no_slot_ever_has_two_live_holders(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = parse_url(str(tmp_path_factory.mktemp("slots") / "ledger.sqlite3"))
    create(url, now=NOW, who="asha")
    with Ledger(url) as opened:
        machine = type("Machine", (Slots,), {"ledger": opened})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=examples(25), stateful_step_count=25, deadline=None)
        )
