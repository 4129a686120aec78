from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fire import account, bulletin
from runner.definitions.model import Budget
from runner.fire.lanes.budget_memory import BudgetMemory
from runner.plan import reasons
from runner.plan.budget import DAY, HOUR, HeldByBudget, Limit
from runner.plan.decide import Action, Step
from runner.plan.firing import firings_of
from runner.plan.occurrence import Occurrence

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
OWN = Limit("india", 60, HOUR)
SALES = Limit("india", 3, DAY, "Flash Sale")


def an_allowance() -> BudgetMemory:
    return BudgetMemory(account(budget=Budget(per_hour=60), event_budgets={"Flash Sale": Budget(per_day=3)}))


def step(event: str) -> Step:
    (firing,) = firings_of(bulletin(business_event=event), [Occurrence("r1")])
    return Step(firing, Action.FIRE, reasons.due(None))


def test_a_claim_is_charged_to_the_account_and_its_event() -> None:
    assert an_allowance().limits(step("Program Released")) == (OWN,)
    assert an_allowance().limits(step("Flash Sale")) == (OWN, SALES)


def test_a_limit_that_was_not_remembered_is_unknown() -> None:
    assert an_allowance().known((OWN, SALES), NOW) is None


def test_a_remembered_limit_holds_until_its_time() -> None:
    allowance = an_allowance()
    held = HeldByBudget(OWN, NOW + HOUR)
    allowance.remember(held)
    assert allowance.known((OWN,), NOW + HOUR - timedelta(microseconds=1)) == held
    assert allowance.known((OWN,), NOW + HOUR) is None


def test_an_event_that_is_held_back_holds_back_no_other() -> None:
    allowance = an_allowance()
    allowance.remember(HeldByBudget(SALES, NOW + DAY))
    assert allowance.known((OWN,), NOW) is None
    assert allowance.known((OWN, SALES), NOW) == HeldByBudget(SALES, NOW + DAY)


def test_the_longest_remembered_limit_is_returned() -> None:
    allowance = an_allowance()
    for held in (HeldByBudget(OWN, NOW + HOUR), HeldByBudget(SALES, NOW + DAY)):
        allowance.remember(held)
    assert allowance.known((OWN, SALES), NOW) == HeldByBudget(SALES, NOW + DAY)
