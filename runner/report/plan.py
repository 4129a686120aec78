"""The plan → a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from runner.plan.decide import Action, Plan, Step
from runner.report.document import timestamp
from runner.report.plain import plain

# What sends nothing and is as it should be; long runs of it are cut.
_QUIET = (Action.DONE, Action.WAIT, Action.DISABLED, Action.EXPIRED)
_QUIET_ROWS = 20
COLOURS = {
    Action.FIRE: "green",
    Action.RETRY: "green",
    Action.WAIT: "blue",
    Action.EXPIRED: "yellow",
    Action.DONE: "bright_black",
    Action.CHANGED: "yellow",
    Action.DUPLICATE: "yellow",
    Action.IN_DOUBT: "red",
    Action.CLAIMED: "yellow",
    Action.DISABLED: "bright_black",
}


def summary_line(plan: Plan) -> str:
    """`plan at 2026-12-01T13:00:00Z: 3 fire, 9 wait`: the actions that occur."""
    counts = [f"{count:,} {action}" for action, count in plan.counts().items() if count]
    return f"plan at {timestamp(plan.now)}: {', '.join(counts) or 'nothing is defined'}"


def rows(steps: Iterable[Step], *, whole: bool = False) -> Iterator[tuple[Action | None, tuple[str, ...]]]:
    """(action, cells) of each row: action, bulletin, account, reason; a row for each changed field below its step.

    Runs of steps that send nothing are cut, unless `whole`; the row that says so has no action.
    """
    for action, group in groupby(steps, key=lambda step: step.action):
        run = list(group)
        shown = run if whole or action not in _QUIET else run[:_QUIET_ROWS]
        for step in shown:
            key = step.firing.key
            label = key.bulletin if key.occurrence == "r1" else f"{key.bulletin} {key.occurrence}"
            yield action, (action.value, plain(label), plain(key.account), plain(step.reason))
            for change in step.changes:
                old = "nothing" if change.old is None else repr(change.old)
                new = "nothing" if change.new is None else repr(change.new)
                yield action, ("", "", "", plain(f"  {change.field}: {old} → {new}"))
        if len(shown) < len(run):
            more = f"… and {len(run) - len(shown):,} more {action.value} (--verbose shows them)"
            yield None, ("", "", "", more)


def plan_json(plan: Plan, *, ledger: str | None) -> str:
    """One JSON document: counts, and every step with its changes."""
    document = {
        "schema_version": 1,
        "now": timestamp(plan.now),
        "ledger": ledger,
        "summary": {"selected": len(plan.steps), **plan.counts()},
        "firings": [_entry(step) for step in plan.steps],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _entry(step: Step) -> dict[str, Any]:
    firing, occurrence = step.firing, step.firing.occurrence
    return {
        "id": firing.key.bulletin,
        "account": firing.key.account,
        "occurrence": firing.key.occurrence,
        "action": step.action.value,
        "reason": step.reason,
        "file": firing.bulletin.place.file,
        "line": firing.bulletin.place.line,
        "business_event": firing.bulletin.business_event,
        "name": firing.bulletin.name,
        "due_at": None if occurrence.due_at is None else timestamp(occurrence.due_at),
        "expires_at": None if occurrence.expires_at is None else timestamp(occurrence.expires_at),
        "payload": firing.bulletin.payload(),
        "fingerprint": firing.fingerprint,
        "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in step.changes],
    }
