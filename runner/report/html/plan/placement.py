"""Place each firing of a plan document on the calendar: when it is sent, or why it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.plan.decide import Action
from runner.report.document.budget_estimate import expires_first
from runner.report.html.instants import instant_ms
from runner.report.terms import CalendarGroup
from runner.report.vocabulary import ACTIONS


@dataclass(frozen=True, slots=True)
class Placed:
    """A firing on the calendar. `at_ms` is when it is sent or would have been sent; None without a time."""

    row: int
    account: str
    at_ms: int | None
    group: str
    is_now: bool


def placed(document: dict[str, Any]) -> list[Placed]:
    """Return every firing, in the document's order. A firing that is due is placed at the present time.

    A firing held back by a budget is placed where it may go. If it expires before, it is at its due time, as blocked.
    """
    now_ms = instant_ms(document["now"])
    found = []
    for row, firing in enumerate(document["firings"]):
        is_now = Action(firing["action"]).sends
        too_late = expires_first(firing)
        at = firing["due_at"] if too_late else firing.get("may_go_at") or firing["due_at"]
        at_ms = now_ms if is_now else None if at is None else instant_ms(at)
        group = CalendarGroup.BLOCKED if too_late else ACTIONS[firing["action"]].calendar
        found.append(Placed(row, firing["account"], at_ms, group, is_now))
    return found
