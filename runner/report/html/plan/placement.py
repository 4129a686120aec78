"""Plan document → when and how each of its firings goes out, as the calendar shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.plan.decide import Action
from runner.report.budget_estimate import expires_first
from runner.report.html.instants import instant_ms

# How a firing's action looks on the calendar: it goes out, something is in its way, or it is over.
GROUPS = {
    "fire": "going",
    "retry": "going",
    "wait": "going",
    "duplicate": "blocked",
    "in_doubt": "blocked",
    "claimed": "blocked",
    "expired": "expired",
    "changed": "over",
    "done": "over",
    "disabled": "over",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A firing on the calendar. `at_ms` is when it goes out, or would have; None where it has no time."""

    row: int
    account: str
    at_ms: int | None
    group: str
    is_now: bool


def placed(document: dict[str, Any]) -> list[Placed]:
    """Every firing, in the document's order. What is due goes out with the next run, so it stands at now.

    What waits for a budget stands where it may go; at its time, and blocked, where it expires before.
    """
    now_ms = instant_ms(document["now"])
    found = []
    for row, firing in enumerate(document["firings"]):
        is_now = Action(firing["action"]).sends
        too_late = expires_first(firing)
        at = firing["due_at"] if too_late else firing.get("may_go_at") or firing["due_at"]
        at_ms = now_ms if is_now else None if at is None else instant_ms(at)
        group = "blocked" if too_late else GROUPS[firing["action"]]
        found.append(Placed(row, firing["account"], at_ms, group, is_now))
    return found
