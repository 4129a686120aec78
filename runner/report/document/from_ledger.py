"""Build the report document of a run from the ledger's records.

In: the run, its rows and its requests. Out: the document with the firings that the run acted on, in their present
state: a firing that a person has resolved since is shown as resolved. Firings with nothing to do are not recorded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from runner.fire import reasons
from runner.fire.outcome import Outcome, Sent
from runner.fire.result import reach_warnings
from runner.ledger.values import Attempt, FiringRow, RunRow
from runner.plan.decide import Action
from runner.plan.event_time import event_time_warnings
from runner.plan.firing import FiringKey
from runner.plan.history import State
from runner.reason import Reason
from runner.report.document.run import RunFacts, attempt_entries, document_of, timestamp

_ALWAYS_DUE = datetime.min.replace(tzinfo=UTC)
_OUTCOMES = {
    State.FIRED: Outcome.FIRED,
    State.FAILED: Outcome.FAILED,
    State.IN_DOUBT: Outcome.IN_DOUBT,
    State.CLAIMED: Outcome.IN_DOUBT,  # the run has ended without an outcome
    State.EXPIRED: Outcome.EXPIRED,
    State.RELEASED: Outcome.SKIPPED,
}


def recorded_document(
    run: RunRow, rows: Sequence[FiringRow], attempts: Mapping[str, Sequence[Attempt]], *, ledger: str
) -> dict[str, Any]:
    """Return the document of a run that has ended. `rows` are its rows, `attempts` its requests by the ids of rows."""
    facts = RunFacts(
        id=run.id,
        command=run.command,
        dry_run=False,
        started_at=run.started_at,
        # A run that crashed did not record its end: it ended before its last lease did.
        finished_at=run.lease_until if run.exit_code is None or run.finished_at is None else run.finished_at,
        interrupted=run.interrupted,
        exit_code=run.exit_code,
        version=run.version,
        ledger=ledger,
        host=run.host,
        git_commit=run.git_commit,
        git_dirty=run.git_dirty,
    )
    by_firing: dict[FiringKey, list[FiringRow]] = {}
    for row in sorted(rows, key=_in_order):
        by_firing.setdefault(row.key, []).append(row)
    return document_of(facts, [_entry(each, attempts) for each in by_firing.values()])


def _in_order(row: FiringRow) -> tuple[datetime, datetime, str]:
    """Sort by the time of the claim. Expired firings are recorded at the same time, so by their due times."""
    return row.claimed_at, row.due_at or _ALWAYS_DUE, row.id


def _entry(rows: Sequence[FiringRow], attempts_of: Mapping[str, Sequence[Attempt]]) -> dict[str, Any]:
    """Return the entry of one firing. A released claim counts only if no other row follows."""
    row = next((row for row in reversed(rows) if row.state is not State.RELEASED), rows[-1])
    attempts = [attempt for each in rows for attempt in attempts_of.get(each.id, ())]
    reason = _reason(row, next((each.reason for each in (row, *reversed(rows)) if each.reason), None))
    outcome = _OUTCOMES[row.state]
    payload = json.loads(row.payload)
    last = attempts[-1] if attempts else None
    answered_yes = outcome is Outcome.FIRED and last is not None and last.verdict == Sent.YES
    return {
        "id": row.key.bulletin,
        "account": row.key.account,
        "occurrence": row.key.occurrence,
        "file": row.file,
        "line": row.line,
        "business_event": payload["business_event"],
        "name": payload["name"],
        "due_at": None if row.due_at is None else timestamp(row.due_at),
        "may_go_at": None,
        "action": (Action.EXPIRED if row.state is State.EXPIRED else Action.FIRE).value,
        "outcome": outcome.value,
        "reason": None if reason is None else reason.text,
        "reason_code": None if reason is None else reason.code.value,
        "http_status": row.http_status,
        "error": row.error,
        "bulletins_sent": row.bulletins_sent,
        "tries": len(attempts),
        "started_at": None if last is None else timestamp(last.started_at),
        "latency_ms": None if last is None else last.latency_ms,
        "fingerprint": row.fingerprint,
        "warnings": [
            *(reach_warnings(row.bulletins_sent) if answered_yes else ()),
            *(event_time_warnings(payload["when"], last.started_at) if last else ()),
        ],
        "payload": payload,
        "attempts": attempt_entries(attempts),
    }


def _reason(row: FiringRow, recorded: str | None) -> Reason | None:
    """Return the reason that the row or an earlier row contains, else the one that follows from the row's state."""
    if recorded is not None:
        return reasons.as_recorded(recorded)
    if row.state is State.CLAIMED:
        return reasons.no_outcome_recorded()
    return reasons.expired_unsent(row.due_at) if row.state is State.EXPIRED and row.due_at is not None else None
