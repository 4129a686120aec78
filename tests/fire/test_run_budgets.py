"""Runs with a budget over a real ledger: never more than it has, and the rest left for later without a failure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger import claim_one

from fire import Firer, account, bulletin, due, outcomes, plan_of, reason_code
from runner import clock
from runner.definitions.model import Budget, Bulletin, Definitions
from runner.errors import Exit
from runner.fire.outcome import Outcome
from runner.ledger.ledger import Ledger
from runner.ledger.records import claims as ledger_claims
from runner.plan.budget import HeldByBudget
from runner.plan.decide import Action, Plan, decide
from runner.plan.firing import firings
from runner.plan.history import State
from runner.plan.time_text import utc_text
from runner.reason import ReasonCode
from runner.report.document.run import entry
from runner.sandbox.server import Sandbox


@pytest.fixture
def thrifty(firer: Firer) -> Firer:
    """Fires at most five an hour, and one flash sale."""
    firer.account_fields = {"budget": Budget(per_hour=5), "event_budgets": {"Flash Sale": Budget(per_hour=1)}}
    return firer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the ledger answered to each claim."""
    answers: list[Any] = []
    claim = ledger_claims.claim

    def noted(*args: Any) -> Any:
        found = claim(*args)
        answers.extend(found)
        return found

    monkeypatch.setattr(ledger_claims, "claim", noted)
    return answers


def test_what_the_budget_has_is_sent_and_the_rest_skipped_without_failing(
    thrifty: Firer, sandbox: Sandbox, asked: list[Any]
) -> None:
    ended = thrifty.fire([bulletin(number) for number in range(40)])

    assert Counter(outcomes(ended).values()) == {"fired": 5, "skipped": 35}
    assert (ended.exit_code, len(sandbox.received())) == (Exit.OK, 5)
    skipped = [result for result in ended.results if result.outcome is Outcome.SKIPPED]
    assert {reason_code(result) for result in skipped} == {ReasonCode.BUDGET_USED_UP}
    assert len({result.reason for result in skipped}) == 1
    assert not any(result.warnings for result in skipped)
    assert (
        sum(isinstance(answer, HeldByBudget) for answer in asked) <= 5
    )  # one for each thread, not one for each firing


def test_a_skipped_one_says_when_it_may_go(thrifty: Firer) -> None:
    ended = thrifty.fire([bulletin(number) for number in range(6)])
    (held,) = (result for result in ended.results if result.outcome is Outcome.SKIPPED)
    first = min(row.claimed_at for row in thrifty.ledger.rows())
    assert held.may_go_at == first + timedelta(hours=1)
    assert entry(held)["may_go_at"] is not None


def test_an_hour_later_there_is_room_for_as_many(
    thrifty: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulletins = [bulletin(number) for number in range(12)]
    thrifty.fire(bulletins)
    thrifty.fire(bulletins)
    assert len(sandbox.received()) == 5
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(hours=1, minutes=1))
    thrifty.fire(bulletins)
    assert len(sandbox.received()) == 10
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=3))
    assert Counter(outcomes(thrifty.fire(bulletins)).values()) == {"fired": 2, None: 10}
    assert max(Counter(received.name for received in sandbox.accepted()).values()) == 1


def test_an_event_that_is_held_back_lets_the_others_go(thrifty: Firer, sandbox: Sandbox) -> None:
    sales = [bulletin(f"sale-{number}", business_event="Flash Sale") for number in range(4)]
    ended = thrifty.fire([*sales, *(bulletin(number) for number in range(3))])
    assert Counter(outcomes(ended).values()) == {"fired": 4, "skipped": 3}
    assert sum(result.outcome is Outcome.SKIPPED for result in ended.results[:4]) == 3


def test_what_failed_costs_nothing(thrifty: Firer, sandbox: Sandbox) -> None:
    sandbox.add_fault("400*3")
    ended = thrifty.fire([bulletin(number) for number in range(8)])
    found = Counter(outcomes(ended).values())
    assert (found["failed"], found["fired"] + found["skipped"]) == (3, 5)
    thrifty.fire([bulletin(number) for number in range(8)])
    assert len(sandbox.accepted()) == 5
    again = thrifty.fire([bulletin(number) for number in range(8)])
    assert (len(sandbox.accepted()), again.exit_code) == (5, Exit.OK)


def test_one_that_is_held_back_is_no_canary(thrifty: Firer, sandbox: Sandbox) -> None:
    thrifty.fire([bulletin("sale-0", business_event="Flash Sale")])
    sales = [bulletin(f"sale-{number}", business_event="Flash Sale") for number in (1, 2)]
    ended = thrifty.fire([*sales, *(bulletin(number) for number in range(3))], canary=True)
    assert Counter(outcomes(ended).values()) == {"fired": 3, "skipped": 2}


def test_a_window_that_closes_before_its_turn_is_reported(thrifty: Firer) -> None:
    bulletins = [bulletin(number, schedule=due(clock.now())) for number in range(6)]
    ended = thrifty.fire(bulletins)
    (skipped,) = (result for result in ended.results if result.outcome is Outcome.SKIPPED)
    expires_at = skipped.step.firing.occurrence.expires_at
    assert expires_at is not None
    assert reason_code(skipped) is ReasonCode.BUDGET_USED_UP
    assert utc_text(expires_at) in str(skipped.reason)


def test_the_next_plan_knows_what_was_spent(thrifty: Firer, ledger: Ledger) -> None:
    bulletins = [bulletin(number) for number in range(7)]
    thrifty.fire(bulletins)
    wanted = [step.firing for step in plan_of(bulletins, ledger).steps]
    history = ledger.history(wanted, clock.now(), budgeted=["india"])
    planned = decide(wanted, history, clock.now(), {"india": account(**thrifty.account_fields)})
    assert Counter(step.action for step in planned.steps) == {Action.DONE: 5, Action.WAIT: 2}


def planned(firer: Firer, bulletins: list[Bulletin]) -> Plan:
    """As fire plans it: within the budgets."""
    wanted = list(firings(Definitions({}, {}, tuple(bulletins), ()), clock.now()))
    history = firer.ledger.history(wanted, clock.now(), budgeted=["india"])
    return decide(wanted, history, clock.now(), {"india": account(**firer.account_fields)})


def test_in_the_place_of_what_failed_goes_what_the_plan_held_back(thrifty: Firer, sandbox: Sandbox) -> None:
    sandbox.add_fault("fail:HTTP 400@bad*")
    bulletins = [*(bulletin(n, name=f"bad {n}") for n in range(5)), *(bulletin(n) for n in range(5, 12))]
    plan = planned(thrifty, bulletins)
    assert Counter(step.action for step in plan.steps) == {Action.FIRE: 5, Action.WAIT: 7}
    ended = thrifty.fire(bulletins, plan=plan)
    assert [result.outcome for result in ended.results] == ["failed"] * 5 + ["fired"] * 5 + [None] * 2
    assert len(sandbox.accepted()) == 5
    assert [entry(result)["may_go_at"] for result in ended.results[:10]] == [None] * 10
    assert {result.reason for result in ended.results[10:]} == {step.reason for step in plan.steps[10:]}


def test_what_a_run_left_behind_is_reported_also_where_the_plan_held_it_back(thrifty: Firer, ledger: Ledger) -> None:
    """Another run claimed it and ended without a word after this one had planned."""
    bulletins = [bulletin(n) for n in range(6)]
    plan = planned(thrifty, bulletins)
    (held,) = plan.reserve
    other = thrifty.run()
    assert claim_one(ledger, other.id, held.firing, clock.now())
    other.finish(Exit.OK, ())
    ended = thrifty.fire(bulletins, plan=plan)
    assert outcomes(ended)[held.firing.key.bulletin] == Outcome.IN_DOUBT
    assert ended.exit_code == Exit.IN_DOUBT


def test_what_fails_for_ever_starves_nobody(thrifty: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    thrifty.account_fields = {"budget": Budget(per_hour=3)}
    sandbox.add_fault("fail:HTTP 400@bad*")
    bad = [bulletin(n, name=f"bad {n}") for n in range(3)]
    thrifty.fire(bad, plan=planned(thrifty, bad))
    good = [bulletin(n, schedule=due(clock.now(), grace=timedelta(hours=2))) for n in (7, 8)]
    plan = planned(thrifty, [*bad, *good])
    assert {step.firing.key.bulletin for step in plan.to_send} >= {"episode-7", "episode-8"}
    ended = thrifty.fire([*bad, *good], plan=plan)
    assert {received.name for received in sandbox.accepted()} == {"episode 7", "episode 8"}
    assert Counter(outcomes(ended).values()) == {"failed": 3, "fired": 2}


def test_never_more_than_the_budget_whatever_fails(thrifty: Firer, sandbox: Sandbox) -> None:
    for fault in ("400*7", "503*1", "400*2"):
        sandbox.add_fault(fault)
    bulletins = [bulletin(n) for n in range(30)]
    ended = thrifty.fire(bulletins, plan=planned(thrifty, bulletins))
    found = Counter(outcomes(ended).values())
    assert found["fired"] + found["in_doubt"] == 5
    assert (found["in_doubt"], found["failed"]) == (1, 9)


def test_the_reason_of_an_expiry_is_kept(thrifty: Firer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    bulletins = [bulletin(n, schedule=due(clock.now())) for n in range(6)]
    thrifty.fire(bulletins, plan=planned(thrifty, bulletins))
    later = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    plan = planned(thrifty, bulletins)
    thrifty.fire(bulletins, plan=plan)
    (row,) = ledger.rows(state=State.EXPIRED)
    assert row.reason == str(plan.newly_expired[0].kept_reason)


def test_one_that_another_run_has_taken_is_no_canary(thrifty: Firer, sandbox: Sandbox) -> None:
    bulletins = [bulletin(n) for n in range(3)]
    plan = planned(thrifty, bulletins)
    thrifty.fire(bulletins[:1])
    ended = thrifty.fire(bulletins, plan=plan, canary=True)
    assert list(outcomes(ended).values()) == ["skipped", "fired", "fired"]
