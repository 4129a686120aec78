"""Project which future firings the budgets will hold back.

In: firings of a plan's document that go at some time, and the budgets of its accounts. Out: rows of firings, and lines
for the text plan. Only the firings of the plan count. For firings that are already due, the plan has decided.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from runner.definitions.model import Budget
from runner.definitions.suggest import counted
from runner.plan.budget import Limit, all_limits, first_room, full_until
from runner.report.local_time import local_time


class Going(NamedTuple):
    """A firing that is sent: its row in the document, when it is due or can be sent, and whether that is now."""

    row: int
    at: datetime
    is_now: bool


def projected_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each account in which a budget will hold firings back beyond their due time."""
    firings, now = document["firings"], datetime.fromisoformat(document["now"])
    going: dict[str, list[Going]] = defaultdict(list)
    for row, firing in enumerate(firings):
        if firing["action"] in ("fire", "retry"):
            going[firing["account"]].append(Going(row, now, True))
        elif firing["action"] == "wait" and firing["due_at"] is not None:
            at = firing.get("may_go_at") or firing["due_at"]
            going[firing["account"]].append(Going(row, datetime.fromisoformat(at), False))
    for name, account in document["accounts"].items():
        held = sorted(held_rows(firings, going[name], limits_of(name, account.get("budget", {}))))
        if held:
            first = min(held, key=lambda row: firings[row]["due_at"])
            due = local_time(datetime.fromisoformat(firings[first]["due_at"]), account["timezone"])
            waits = f"{counted(len(held), 'firing')} that {'is' if len(held) == 1 else 'are'} due later"
            yield f"the budget of {name} will hold back {waits}, the first is {firings[first]['id']}, due {due}"


def held_rows(firings: Sequence[Mapping[str, Any]], going: Iterable[Going], limits: Sequence[Limit]) -> Iterator[int]:
    """Yield the rows of future firings that are not sent when they are due.

    Each firing is sent, the earliest due first, as soon as it is due and all its limits have room.
    """
    times: dict[Limit, list[datetime]] = defaultdict(list)  # times of sending, ascending
    earliest: dict[tuple[Limit, ...], datetime] = {}  # later firings of the same limits are not sent before

    def full(limit: Limit, at: datetime) -> datetime | None:
        return full_until(limit, times[limit], bisect_right(times[limit], at), at)

    for row, at, is_now in sorted(going, key=lambda each: (each.at, each.row)) if limits else ():
        firing = firings[row]
        of = tuple(limit for limit in limits if limit.event in (None, firing["business_event"]))
        if not is_now and firing.get("may_go_at") is None:
            room, _ = first_room(of, max(at, earliest.get(of, at)), full)
            if room > at:
                yield row
            at = room
        if firing["expires_at"] is None or at <= datetime.fromisoformat(firing["expires_at"]):
            earliest[of] = at
            for limit in of:
                insort(times[limit], at)


def limits_of(account: str, budget: Mapping[str, Any]) -> list[Limit]:
    """Return the limits of an account's budget in a document."""
    own = {event: _budget(each) for event, each in budget.get("events", {}).items()}
    return all_limits(account, _budget(budget), own)


def _budget(budget: Mapping[str, Any]) -> Budget:
    return Budget(per_hour=budget.get("per_hour"), per_day=budget.get("per_day"))
