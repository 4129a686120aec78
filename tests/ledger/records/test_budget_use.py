"""Budgets in the ledger: charged with the claim, freed with what certainly was not sent, never exceeded together."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plan import HOUR, NOW, TICK, make_bulletin, make_firing, make_firings
from torture.processes import Zygote

from ledger import (
    LEASE,
    all_of,
    at,
    at_once,
    begin,
    budgeted,
    claim_one,
    claim_within,
    connected,
    counting,
    expire_claimed,
    settle_one,
)
from ledger.budgeted import BUDGET, FIRINGS
from runner.definitions.model import Account, Budget, Place
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.records.runs import BASELINE
from runner.ledger.values import Claim, Identity, Origin, Settlement
from runner.plan.budget import DAY, HeldByBudget, Limit
from runner.plan.decide import Action, decide
from runner.plan.firing import Firing
from runner.plan.history import Spent, State
from runner.plan.reasons import held_back

TWO_AN_HOUR = (Limit("india", 2, HOUR),)
MINUTE = timedelta(minutes=1)


def claim(ledger: Ledger, run: str, firing: Firing, now: datetime = NOW, of: tuple[Limit, ...] = TWO_AN_HOUR) -> Claim:
    claimed = claim_within(ledger, run, firing, now, of)
    assert isinstance(claimed, Claim), claimed
    return claimed


def is_held(ledger: Ledger, run: str, firing: Firing, now: datetime = NOW, of: tuple[Limit, ...] = TWO_AN_HOUR) -> bool:
    return isinstance(claim_within(ledger, run, firing, now, of), HeldByBudget)


def test_a_claim_over_the_budget_is_refused_and_leaves_nothing(ledger: Ledger, run: str) -> None:
    claim(ledger, run, FIRINGS[0], NOW - 40 * MINUTE)
    claim(ledger, run, FIRINGS[1], NOW - 30 * MINUTE)
    assert claim_within(ledger, run, FIRINGS[2], NOW, TWO_AN_HOUR) == HeldByBudget(TWO_AN_HOUR[0], NOW + 20 * MINUTE)
    assert len(ledger.rows()) == 2


def test_there_is_room_again_at_the_moment_that_was_reported_and_not_before(ledger: Ledger, run: str) -> None:
    claim(ledger, run, FIRINGS[0], NOW)
    claim(ledger, run, FIRINGS[1], NOW + MINUTE)
    assert is_held(ledger, run, FIRINGS[2], NOW + HOUR - TICK)
    claim(ledger, run, FIRINGS[2], NOW + HOUR)
    assert is_held(ledger, run, FIRINGS[3], NOW + HOUR)


@pytest.mark.parametrize(
    ("state", "frees"),
    [(State.FIRED, False), (State.IN_DOUBT, False), (State.FAILED, True), (State.RELEASED, True)],
)
def test_what_certainly_was_not_sent_is_free_again(ledger: Ledger, run: str, state: State, frees: bool) -> None:
    claims = [claim(ledger, run, firing) for firing in FIRINGS[:2]]
    assert is_held(ledger, run, FIRINGS[2])
    settle_one(ledger, claims[0], Settlement(state), NOW)
    assert is_held(ledger, run, FIRINGS[2]) is not frees


def test_what_a_person_frees_is_free(ledger: Ledger, run: str) -> None:
    claims = [claim(ledger, run, firing) for firing in FIRINGS[:2]]
    settle_one(ledger, claims[0], Settlement(State.IN_DOUBT), NOW)
    (doubt,) = ledger.in_doubt()
    assert ledger.resolve(doubt, sent=False, note="not in the log", identity=Identity("meera", "laptop", 7))
    claim(ledger, run, FIRINGS[2])


def test_an_expiry_costs_nothing(ledger: Ledger, run: str) -> None:
    claimed = claim(ledger, run, FIRINGS[0])
    expire_claimed(ledger, claimed, run, FIRINGS[0], Settlement(State.RELEASED), NOW)
    claim(ledger, run, FIRINGS[1])
    claim(ledger, run, FIRINGS[2])


def test_the_limit_that_holds_the_longest_is_reported(ledger: Ledger, run: str) -> None:
    of = (Limit("india", 1, HOUR), Limit("india", 1, DAY), Limit("india", 5, DAY, "Program Released"))
    claim(ledger, run, FIRINGS[0], NOW - MINUTE, of)
    assert claim_within(ledger, run, FIRINGS[1], NOW, of) == HeldByBudget(of[1], NOW + DAY - MINUTE)


def test_an_event_is_counted_besides_the_account(ledger: Ledger, run: str) -> None:
    sales = make_firings(*(make_bulletin(f"s{n}", name=f"s{n}", business_event="Flash Sale") for n in range(2)))
    of_sales = (Limit("india", 3, HOUR), Limit("india", 1, DAY, "Flash Sale"))
    claim(ledger, run, FIRINGS[0], of=of_sales[:1])
    claim(ledger, run, sales[0], of=of_sales)
    assert claim_within(ledger, run, sales[1], NOW, of_sales) == HeldByBudget(of_sales[1], NOW + DAY)
    claim(ledger, run, FIRINGS[1], of=of_sales[:1])
    assert is_held(ledger, run, FIRINGS[2], of=of_sales[:1])


def test_other_accounts_count_for_themselves(ledger: Ledger, run: str) -> None:
    claim(ledger, run, make_firing("x", accounts=("europe",)))
    claim(ledger, run, make_firing("y", name="y", accounts=("europe",)))
    claim(ledger, run, FIRINGS[0])


def test_what_was_adopted_was_not_sent_now(ledger: Ledger, run: str) -> None:
    baseline = ledger.start_run(Origin(BASELINE, "1"), Identity("asha", "builder", 1), lease=LEASE)
    assert ledger.record_as_sent(baseline, FIRINGS[:5], NOW, "sent before, by other means") == 5
    assert ledger.history(FIRINGS, NOW, budgeted=["india"]).spent == {"india": ()}
    claim(ledger, run, FIRINGS[5])


def test_a_claim_whose_answer_was_lost_may_be_asked_for_again(ledger: Ledger, run: str) -> None:
    claim(ledger, run, FIRINGS[0])
    for _ in range(2):
        claimed = claim_within(ledger, run, FIRINGS[1], NOW, TWO_AN_HOUR, claim_id="01CLAIM")
        assert claimed == Claim("01CLAIM", FIRINGS[1].key)
    assert len(ledger.rows()) == 2


def test_a_claim_that_is_there_stays_even_where_the_budget_is_exceeded(ledger: Ledger, run: str) -> None:
    for firing in FIRINGS[:3]:
        assert claim_one(ledger, run, firing, NOW)
    assert claim_one(ledger, run, FIRINGS[3], NOW, claim_id="01CLAIM")
    again = claim_within(ledger, run, FIRINGS[3], NOW, TWO_AN_HOUR, claim_id="01CLAIM")
    assert again == Claim("01CLAIM", FIRINGS[3].key)


def test_what_another_run_holds_is_taken_not_held_back(ledger: Ledger, run: str) -> None:
    for firing in FIRINGS[:2]:
        claim(ledger, run, firing)
    assert claim_within(ledger, begin(ledger), FIRINGS[0], NOW, TWO_AN_HOUR) is None


def test_without_limits_a_claim_counts_nothing(ledger: Ledger, run: str) -> None:
    with counting() as statements:
        assert claim_within(ledger, run, FIRINGS[0], NOW, ())
    assert statements[-1][0].startswith("INSERT")
    assert not any("ORDER BY firings.claimed_at" in statement for statement, _ in statements)


def test_the_planner_hears_what_went_out_lately_of_the_accounts_that_it_asks_for(ledger: Ledger, run: str) -> None:
    sale = make_firing("s", name="s", business_event="Flash Sale")
    claim(ledger, run, sale, NOW - MINUTE)
    settle_one(ledger, claim(ledger, run, FIRINGS[0], NOW), Settlement(State.FAILED), NOW)
    claim(ledger, run, FIRINGS[1], NOW - 2 * DAY)
    claim(ledger, run, FIRINGS[2], NOW - 2 * DAY + MINUTE)
    claim(ledger, run, FIRINGS[3], NOW + 3 * HOUR)
    assert ledger.history(FIRINGS, NOW).spent == {}
    assert ledger.history(FIRINGS, NOW, budgeted=["india", "europe"]).spent == {
        "india": (
            Spent(NOW - 2 * DAY + MINUTE, "Program Released"),
            Spent(NOW - MINUTE, "Flash Sale"),
            Spent(NOW + 3 * HOUR, "Program Released"),
        )
    }


def test_a_clock_that_is_ahead_frees_nothing_early_and_holds_nothing_back_for_ever(ledger: Ledger, run: str) -> None:
    for firing in FIRINGS[:2]:
        claim(ledger, run, firing, NOW + HOUR)
    assert claim_within(ledger, run, FIRINGS[2], NOW + TICK, TWO_AN_HOUR) == HeldByBudget(
        TWO_AN_HOUR[0], NOW + 2 * HOUR
    )
    claim(ledger, run, FIRINGS[2], NOW)


def test_plan_and_claim_agree(ledger: Ledger, run: str) -> None:
    place = Place("a.yaml", 1, 1, "india")
    account = Account("india", "https://example.com", "ID", place, budget=Budget(per_hour=2))
    claim(ledger, run, FIRINGS[0], NOW - MINUTE)
    history = ledger.history(FIRINGS, NOW, budgeted=["india"])
    planned = decide(FIRINGS[1:], history, NOW, {"india": account})
    (step,) = planned.to_send
    claim(ledger, run, step.firing)
    held = claim_within(ledger, run, planned.held_back[0].firing, NOW, TWO_AN_HOUR)
    assert isinstance(held, HeldByBudget)
    again = decide(FIRINGS[2:3], ledger.history(FIRINGS, NOW, budgeted=["india"]), NOW, {"india": account})
    for waits in (*planned.held_back[:1], *again.held_back):
        assert waits.may_go_at == held.until
    assert (planned.held_back[0].reserve_action, again.held_back[0].reserve_action) == (Action.FIRE, None)
    assert again.held_back[0].reason == held_back(held, None)


def test_plan_and_claim_agree_where_the_clock_of_the_plan_is_behind(ledger: Ledger, run: str) -> None:
    place = Place("a.yaml", 1, 1, "india")
    account = Account("india", "https://example.com", "ID", place, budget=Budget(per_hour=2))
    for firing in FIRINGS[:2]:
        claim(ledger, run, firing, NOW + 10 * MINUTE)
    history = ledger.history(FIRINGS, NOW, budgeted=["india"])
    (waits,) = decide(FIRINGS[2:3], history, NOW, {"india": account}).held_back
    held = claim_within(ledger, run, FIRINGS[2], NOW, TWO_AN_HOUR)
    assert held == HeldByBudget(TWO_AN_HOUR[0], NOW + 70 * MINUTE)
    assert waits.may_go_at == NOW + 70 * MINUTE


def test_counting_is_done_by_the_index(ledger: Ledger, run: str, ledger_url: str) -> None:
    with counting() as statements:
        claim(ledger, run, FIRINGS[0])
        ledger.history(FIRINGS, NOW, budgeted=["india"])
    asked = [(statement, values) for statement, values in statements if "ORDER BY firings.claimed_at" in statement]
    assert len(asked) == 3  # the entries, what was spent, and the claim
    with connected(ledger_url) as connection:
        if connection.dialect.name == "postgresql":
            return  # it decides by the figures of the tables, which are small here
        reported = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
            for statement, values in asked
        ]
    assert sum("firings_spent" in each for each in reported) == 2


def test_of_eight_threads_all_together_get_what_the_budget_has(ledger: Ledger) -> None:
    def work() -> list[str]:
        run = begin(ledger)
        return [
            firing.key.bulletin
            for firing in FIRINGS
            if isinstance(claim_within(ledger, run, firing, NOW, BUDGET), Claim)
        ]

    got = [bulletin for mine in at_once(*[work] * 8) for bulletin in mine]
    assert len(got) == len(set(got)) == BUDGET[0].count


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked off one here")
def test_six_processes_that_claim_at_once_never_exceed_a_budget(
    ledger: Ledger, ledger_url: str, zygote: Zygote, tmp_path: Path
) -> None:
    """Whatever a role has set: what is counted under a lock must not be what was there before it."""
    ledger_url = ledger_url.replace("-csearch_path", "-cdefault_transaction_isolation=serializable%20-csearch_path")
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                zygote.started(tmp_path, os.environ, [ledger_url], stdin=True, script=budgeted.__file__)
            )
            for _ in range(6)
        ]
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            racer.type("go\n")
        got = [line for racer in racers for line in racer.communicate()[0].split()]
        assert [racer.returncode for racer in racers] == [0] * 6
    assert len(got) == len(set(got)) == BUDGET[0].count
    assert sum(row["state"] == "claimed" for row in all_of(ledger_url, tables.firings)) == BUDGET[0].count


steps = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["claim", "claim", "claim", *State]), st.integers(0, 11)), max_size=40
)


@settings(max_examples=examples(15))
@given(steps, st.integers(1, 3), st.integers(2, 5), st.booleans())
def test_whatever_is_claimed_and_settled_in_between_no_window_has_more_than_its_budget(
    taken: list[tuple[int, str, int]], per_hour: int, per_day: int, backwards: bool
) -> None:
    """Also where the clocks of those that claim differ: the minutes of two claims need not ascend."""
    of = (Limit("india", per_hour, HOUR), Limit("india", per_day, DAY))
    now = NOW
    with tempfile.TemporaryDirectory() as folder:
        url = parse_url(str(Path(folder) / "a.sqlite3"))
        create(url, now=NOW, who="asha")
        with Ledger(url) as ledger:
            run, held = begin(ledger), dict[int, Claim]()
            for minutes, what, number in taken:
                now = NOW + minutes * MINUTE if backwards else now + minutes * MINUTE / 3
                if what == "claim":
                    claimed = claim_within(at(ledger, NOW), run, FIRINGS[number], now, of)
                    if isinstance(claimed, Claim):
                        held[number] = claimed
                elif number in held and what not in (State.CLAIMED, State.EXPIRED):
                    settle_one(ledger, held.pop(number), Settlement(State(what)), now)
                counted = sorted(
                    row.claimed_at for row in ledger.rows() if row.state in ("claimed", "fired", "in_doubt")
                )
                for limit in of:
                    for first in counted:
                        assert sum(first <= each < first + limit.window for each in counted) <= limit.count
