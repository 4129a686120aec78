"""The text plan says how many later firings a budget will hold back, and which is the first."""

from __future__ import annotations

from typing import Any

from report.documents import make_plan, make_planned
from runner.report.projected_budgets import projected_lines


def plan(*minutes: int, budget: dict[str, Any]) -> dict[str, Any]:
    firings = [make_planned(f"b{number}", "wait", due_at=f"2036-12-01T13:{each:02}:00Z", expires_at=None)
               for number, each in enumerate(minutes)]  # fmt: skip
    document = make_plan(*firings)
    document["accounts"]["india"]["budget"] = budget
    return document


def test_firings_beyond_the_limit_of_an_hour_are_counted() -> None:
    (line,) = projected_lines(plan(0, 10, 20, 30, budget={"per_hour": 2}))
    assert "2 firings" in line
    assert "b2" in line


def test_a_budget_with_room_is_not_mentioned() -> None:
    assert list(projected_lines(plan(0, 10, budget={"per_hour": 2}))) == []
    assert list(projected_lines(plan(0, 10, budget={}))) == []
