"""Forecast which future firings the budgets will hold back.

In: placed firings and the budgets of a plan's accounts. Out: rows of firings. The forecast counts only the firings of
the plan. For firings that are already due, it takes over the plan's own decision.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.definitions.model import Budget
from runner.plan.budget import Limit, all_limits, first_room, full_until
from runner.report.html.instants import local
from runner.report.html.plan.placement import Placed

_UNITS = {"per_hour": "an hour", "per_day": "a day"}


def held_back(document: Mapping[str, Any], placed: Sequence[Placed]) -> frozenset[int]:
    """Return the rows of firings that are held back beyond their due time."""
    held: set[int] = set()
    for name, account in document["accounts"].items():
        if limits := _limits(name, account.get("budget", {})):
            going = [each for each in placed if each.account == name and each.group == "going"]
            held.update(_held(document["firings"], going, limits))
    return frozenset(held)


def budget_said(account: Mapping[str, Any]) -> str:
    """Return an account's budget as text, `3 an hour, 40 a day; 1 an hour for Flash Sale`; empty without one."""
    budget = account.get("budget", {})
    parts = [_said(budget), *(f"{_said(each)} for {event}" for event, each in budget.get("events", {}).items())]
    return "; ".join(filter(None, parts))


def _said(budget: Mapping[str, Any]) -> str:
    return ", ".join(f"{budget[name]:,} {unit}" for name, unit in _UNITS.items() if name in budget)


def _limits(account: str, budget: Mapping[str, Any]) -> list[Limit]:
    own = {event: _budget(each) for event, each in budget.get("events", {}).items()}
    return all_limits(account, _budget(budget), own)


def _budget(budget: Mapping[str, Any]) -> Budget:
    return Budget(per_hour=budget.get("per_hour"), per_day=budget.get("per_day"))


def _held(firings: Sequence[Mapping[str, Any]], going: Sequence[Placed], limits: Sequence[Limit]) -> Iterator[int]:
    """Send each firing, the earliest due first, as soon as it is due and all its limits have room."""
    times: dict[Limit, list[datetime]] = defaultdict(list)  # times of sending, ascending
    earliest: dict[tuple[Limit, ...], datetime] = {}  # later firings of the same limits are not sent before

    def full(limit: Limit, at: datetime) -> datetime | None:
        return full_until(limit, times[limit], bisect_right(times[limit], at), at)

    for each in sorted(going, key=lambda each: (each.at_ms or 0, each.row)):
        if each.at_ms is None:
            continue
        firing, at = firings[each.row], local(each.at_ms)
        of = tuple(limit for limit in limits if limit.event in (None, firing["business_event"]))
        if not each.is_now and firing.get("may_go_at") is None:
            room, _ = first_room(of, max(at, earliest.get(of, at)), full)
            if room > at:
                yield each.row
            at = room
        if firing["expires_at"] is None or at <= datetime.fromisoformat(firing["expires_at"]):
            earliest[of] = at
            for limit in of:
                insort(times[limit], at)
