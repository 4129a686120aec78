"""Forecast which future firings the budgets will hold back.

In: placed firings and the budgets of a plan's accounts. Out: rows of firings. The forecast counts only the firings of
the plan. For firings that are already due, it takes over the plan's own decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.report.html.instants import local
from runner.report.html.plan.placement import Placed
from runner.report.projected_budgets import Going, held_rows, limits_of

_UNITS = {"per_hour": "an hour", "per_day": "a day"}


def held_back(document: Mapping[str, Any], placed: Sequence[Placed]) -> frozenset[int]:
    """Return the rows of firings that are held back beyond their due time."""
    held: set[int] = set()
    for name, account in document["accounts"].items():
        going = [
            Going(each.row, local(each.at_ms), each.is_now)
            for each in placed
            if each.account == name and each.group == "going" and each.at_ms is not None
        ]
        held.update(held_rows(document["firings"], going, limits_of(name, account.get("budget", {}))))
    return frozenset(held)


def budget_said(account: Mapping[str, Any]) -> str:
    """Return an account's budget as text, `3 an hour, 40 a day; 1 an hour for Flash Sale`; empty without one."""
    budget = account.get("budget", {})
    parts = [_said(budget), *(f"{_said(each)} for {event}" for event, each in budget.get("events", {}).items())]
    return "; ".join(filter(None, parts))


def _said(budget: Mapping[str, Any]) -> str:
    return ", ".join(f"{budget[name]:,} {unit}" for name, unit in _UNITS.items() if name in budget)
