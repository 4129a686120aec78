"""Firings that ended runs recorded and did not report. Takes the plan and these rows of the ledger, returns results.

The rule: each expired firing and each firing in doubt is reported at least once. If the run that recorded it was killed
before its report, the next run that selects the bulletin in the account reports it. If the bulletin is no longer
defined, a run of the whole set reports it. Pure functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from runner.definitions.model import Bulletin, Place
from runner.fire import reasons
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.ledger.values import FiringRow
from runner.plan.decide import Action, Plan, Step
from runner.plan.firing import Firing, FiringKey, digest
from runner.plan.history import State
from runner.plan.occurrence import Occurrence

OUTCOMES: Mapping[State, Outcome] = {State.EXPIRED: Outcome.EXPIRED, State.IN_DOUBT: Outcome.IN_DOUBT}
_ACTIONS = {State.EXPIRED: Action.EXPIRED, State.IN_DOUBT: Action.IN_DOUBT}


def belonging_to(plan: Plan, covers: Callable[[str], bool]) -> Callable[[FiringKey, str], bool]:
    """Return a function that decides, by a firing and its file, whether a run of this plan reports the firing.

    `covers` returns whether the plan contains every bulletin of a file. An expired firing is not reported if it can
    still be sent, because its time or its grace period was changed.
    """
    selected = {step.firing.key[:2] for step in plan.steps}
    pending = {step.firing.key for step in plan.steps if step.action.sends or step.action is Action.WAIT}

    def belongs(key: FiringKey, file: str) -> bool:
        return key not in pending and (key[:2] in selected or covers(file))

    return belongs


def results(
    plan: Plan, rows: Iterable[FiringRow], run: str, belongs: Callable[[FiringKey, str], bool]
) -> Iterator[Result]:
    """Yield the results of the rows that `run` has to report. A firing without a step in the plan gets a new step."""
    steps = {step.firing.key: step for step in plan.steps}
    for row in {row.key: row for row in rows}.values():
        if row.key in steps and row.state is State.IN_DOUBT:
            yield Result(steps[row.key], Outcome.IN_DOUBT, reasons.left_behind(row, run))
        elif belongs(row.key, row.file):
            yield Result(steps.get(row.key) or _step(row), OUTCOMES[row.state], reasons.left_behind(row, run))


def _step(row: FiringRow) -> Step:
    """Return a step for a firing that the plan doesn't contain, from the row in the ledger."""
    payload = _payload(row)
    bulletin = Bulletin(
        id=row.key.bulletin,
        business_event=str(payload.get("business_event", "")),
        name=str(payload.get("name", "")),
        properties=payload.get("properties", {}),
        c_by=str(payload.get("c-by", "")),
        accounts=(row.key.account,),
        place=Place(row.file, row.line, 1, row.key.bulletin),
        when=payload.get("when", "now"),
    )
    occurrence = Occurrence(row.key.occurrence, row.due_at, row.expires_at)
    body = row.payload.encode()
    reason = reasons.left_behind(row, row.swept_by or row.run)
    return Step(Firing(row.key, bulletin, occurrence, body, digest(body), row.fingerprint), _ACTIONS[row.state], reason)


def _payload(row: FiringRow) -> Mapping[str, Any]:
    """Return the payload of the row. A row with an unreadable payload is still reported, with an empty one."""
    try:
        payload = json.loads(row.payload)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
