"""What the budgets of a plan's accounts hold back of what is still to come."""

from __future__ import annotations

from typing import Any

from report.documents import make_account, make_plan, make_planned
from runner.report.html.plan.budget_forecast import budget_said, held_back
from runner.report.html.plan.placement import placed


def held(*firings: dict[str, Any], **budget: Any) -> list[str]:
    """The ids of what is held back where each account has this budget."""
    accounts = {each["account"]: make_account(budget=budget) if budget else make_account() for each in firings}
    document = make_plan(*firings, accounts=accounts)
    return [firings[row]["id"] for row in sorted(held_back(document, placed(document)))]


def due(id: str, time: str, action: str = "wait", **fields: Any) -> dict[str, Any]:  # noqa: A002
    at = f"2026-12-02T{time}:00Z"
    return make_planned(id, action, **{"due_at": at, "expires_at": "2026-12-02T23:00:00Z", **fields})


def test_nothing_is_held_without_a_budget_or_within_it() -> None:
    firings = [due(name, "18:00") for name in "abc"]
    assert held(*firings) == []
    assert held(*firings, per_hour=3) == []


def test_those_that_come_last_are_held_in_any_sixty_minutes() -> None:
    assert held(*(due(name, "18:00") for name in "abcde"), per_hour=3) == ["d", "e"]
    assert held(due("a", "18:50"), due("b", "19:10"), due("c", "19:49"), due("d", "19:50"), per_hour=2) == ["c", "d"]
    assert held(due("a", "18:50"), due("b", "19:50"), per_hour=1) == []


def test_what_is_held_takes_the_place_of_what_is_due_later() -> None:
    assert held(due("a", "18:00"), due("b", "18:10"), due("c", "19:30"), per_hour=1) == ["b", "c"]


def test_what_expires_before_its_turn_takes_no_place() -> None:
    brief = due("b", "18:10", expires_at="2026-12-02T18:30:00Z")
    assert held(due("a", "18:00"), brief, due("c", "19:30"), per_hour=1) == ["b"]


def test_accounts_and_events_are_counted_apart() -> None:
    assert held(due("a", "18:00"), due("b", "18:00", account="europe"), per_hour=1) == []
    sales = [due(name, "18:00", business_event="Flash Sale") for name in "ab"]
    assert held(*sales, due("c", "18:00"), events={"Flash Sale": {"per_hour": 1}}) == ["b"]
    assert held(*sales, due("c", "18:00"), per_hour=2, events={"Flash Sale": {"per_day": 1}}) == ["b"]


def test_a_day_is_counted_too() -> None:
    assert held(*(due(f"a-{hour}", f"{hour}:00") for hour in range(14, 18)), per_day=3) == ["a-17"]


def test_what_the_plan_has_judged_counts_and_is_not_judged_again() -> None:
    now, soon = due("now", "18:00", "fire", due_at=None), due("held", "12:00", may_go_at="2026-12-01T14:00:00Z")
    next_up = due("next", "12:00", due_at="2026-12-01T13:30:00Z")
    assert held(now, soon, next_up, per_hour=1) == ["next"]


def test_what_does_not_go_out_is_not_counted() -> None:
    assert held(due("a", "18:00", "disabled"), due("b", "18:00"), per_hour=1) == []


def test_very_many_at_once_are_counted_in_a_moment() -> None:
    firings = [due(f"a-{number}", "18:00", expires_at=None) for number in range(10_000)]
    assert len(held(*firings, per_hour=60, per_day=400)) == 9_940


def test_a_budget_is_said_in_words() -> None:
    whole = {"per_hour": 3, "per_day": 1400, "events": {"Flash Sale": {"per_day": 1}}}
    assert budget_said(make_account(budget=whole)) == "3 an hour, 1,400 a day; 1 a day for Flash Sale"
    assert budget_said(make_account()) == ""
