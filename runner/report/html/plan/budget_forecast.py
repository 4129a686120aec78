"""Forecast which future firings the budgets will hold back.

In: placed firings and the budgets of a plan's accounts. Out: rows of firings. The forecast counts only the firings of
the plan. For firings that are already due, it takes over the plan's own decision.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.report.html.instants import instant_ms
from runner.report.html.plan.placement import Placed

_WINDOWS_MS = {"per_hour": 3_600_000, "per_day": 86_400_000}
_UNITS = {"per_hour": "an hour", "per_day": "a day"}


@dataclass(frozen=True, slots=True)
class _Limit:
    """At most `count` firings in any window of `window_ms`, for one business event, or all if None."""

    count: int
    window_ms: int
    event: str | None


def held_back(document: Mapping[str, Any], placed: Sequence[Placed]) -> frozenset[int]:
    """Return the rows of firings that are held back beyond their due time."""
    held: set[int] = set()
    for name, account in document["accounts"].items():
        if limits := list(_limits(account.get("budget", {}))):
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


def _limits(budget: Mapping[str, Any]) -> Iterator[_Limit]:
    for event, own in ((None, budget), *budget.get("events", {}).items()):
        for name, window_ms in _WINDOWS_MS.items():
            if name in own:
                yield _Limit(own[name], window_ms, event)


def _held(firings: Sequence[Mapping[str, Any]], going: Sequence[Placed], limits: Sequence[_Limit]) -> Iterator[int]:
    """Send each firing, the earliest due first, as soon as it is due and all its limits have room."""
    times: dict[_Limit, list[int]] = defaultdict(list)  # times of sending, ascending
    turns: dict[tuple[_Limit, ...], int] = {}  # later firings of the same limits are not sent before
    for each in sorted(going, key=lambda each: (each.at_ms or 0, each.row)):
        if each.at_ms is None:
            continue
        firing = firings[each.row]
        of = tuple(limit for limit in limits if limit.event in (None, firing["business_event"]))
        is_judged = each.is_now or firing.get("may_go_at") is not None
        at_ms = each.at_ms if is_judged else _turn(max(each.at_ms, turns.get(of, 0)), of, times)
        if at_ms > each.at_ms:
            yield each.row
        if firing["expires_at"] is None or at_ms <= instant_ms(firing["expires_at"]):
            turns[of] = at_ms
            for limit in of:
                insort(times[limit], at_ms)


def _turn(at_ms: int, of: Sequence[_Limit], times: Mapping[_Limit, list[int]]) -> int:
    """Return the first instant from `at_ms` on at which every limit has room."""
    while rooms := [room for limit in of if (room := _room(at_ms, limit, times[limit])) > at_ms]:
        at_ms = max(rooms)
    return at_ms


def _room(at_ms: int, limit: _Limit, times: Sequence[int]) -> int:
    """Return when the limit has room: `at_ms` itself, or the end of the full window."""
    before = bisect_right(times, at_ms)
    return at_ms if before < limit.count else max(at_ms, times[before - limit.count] + limit.window_ms)
