"""Find collisions: several firings of an account in one minute, and the same event twice within a day."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runner.report.html.plan.placement import Placed

_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Collision:
    """Colliding firings of one account. `is_same_event`: they raise the same event with the same properties."""

    account: str
    at_ms: int
    rows: tuple[int, ...]
    is_same_event: bool
    event: str


def collisions(firings: Sequence[dict[str, Any]], placed: Sequence[Placed]) -> list[Collision]:
    """Return repeated events first, then full minutes, each with the largest first."""
    going = [each for each in placed if each.group == "going"]
    same = sorted(_same_events(firings, going), key=lambda each: (-len(each.rows), each.at_ms))
    minutes = sorted(_full_minutes(firings, going), key=lambda each: (-len(each.rows), each.at_ms))
    return [*same, *minutes]


def _full_minutes(firings: Sequence[dict[str, Any]], going: Sequence[Placed]) -> Iterator[Collision]:
    minutes: dict[tuple[str, int], list[Placed]] = defaultdict(list)
    for each in going:
        if each.at_ms is not None:
            minutes[each.account, each.at_ms // _MINUTE_MS].append(each)
    for (account, minute), group in minutes.items():
        if len(group) > 1:
            rows = tuple(each.row for each in group)
            events = {firings[row]["business_event"] for row in rows}
            yield Collision(account, minute * _MINUTE_MS, rows, False, events.pop() if len(events) == 1 else "")


def _same_events(firings: Sequence[dict[str, Any]], going: Sequence[Placed]) -> Iterator[Collision]:
    alike: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for each in going:
        payload = firings[each.row]["payload"] or {}
        raised = json.dumps([payload.get("business_event"), payload.get("properties")], sort_keys=True)
        alike[each.account, raised].append(each)
    for (account, _), group in alike.items():
        group.sort(key=lambda each: each.at_ms or 0)
        for near in _within_a_day(firings, group):
            event = firings[near[0].row]["business_event"]
            yield Collision(account, near[0].at_ms or 0, tuple(each.row for each in near), True, event)


def _within_a_day(firings: Sequence[dict[str, Any]], group: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Return firings less than a day apart, from a group sorted by time. A single bulletin does not count."""
    near: list[Placed] = []
    for each in group:
        if near and _apart_ms(near[0], each) >= _DAY_MS:
            if _are_several(firings, near):
                yield near
                near = []
            near = [other for other in near if _apart_ms(other, each) < _DAY_MS]
        near.append(each)
    if _are_several(firings, near):
        yield near


def _apart_ms(first: Placed, second: Placed) -> int:
    return (second.at_ms or 0) - (first.at_ms or 0)


def _are_several(firings: Sequence[dict[str, Any]], near: Sequence[Placed]) -> bool:
    return len({firings[each.row]["id"] for each in near}) > 1
