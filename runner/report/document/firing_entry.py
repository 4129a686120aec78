"""The entry of one firing in a report, the same whether the run wrote it or the ledger.

In: a `ReportedFiring`, filled in from a run's result or from the ledger's rows. Out: plain values in the order of
`schemas/report.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.definitions.row_reference import RowReference
from runner.fire.outcome import Outcome
from runner.ledger.values import Attempt
from runner.plan.decide import Action
from runner.plan.firing import FiringKey
from runner.reason import Reason
from runner.report.document.entry_fields import exact_timestamp, row_field, timestamp_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFiring:
    """What a report says about one firing. `row` is None for a bulletin of its own, and for one from the ledger.

    `outcome` is None if the run left the firing alone. `tries` counts the requests; `attempts` holds those whose end is
    known. `payload` makes the body of the request, for a report that needs it.
    """

    key: FiringKey
    file: str
    line: int
    row: RowReference | None
    business_event: str
    name: str
    due_at: datetime | None
    may_go_at: datetime | None
    action: Action
    outcome: Outcome | None
    reason: Reason | None
    http_status: int | None
    error: str | None
    bulletins_sent: int | None
    tries: int
    started_at: datetime | None
    latency_ms: float | None
    fingerprint: str
    warnings: Iterable[str]
    payload: Callable[[], Mapping[str, Any]]
    attempts: Iterable[Attempt]


def firing_entry(firing: ReportedFiring) -> dict[str, Any]:
    """Return the document's entry."""
    return {
        "id": firing.key.bulletin,
        "account": firing.key.account,
        "occurrence": firing.key.occurrence,
        "file": firing.file,
        "line": firing.line,
        **row_field(firing.row),
        "business_event": firing.business_event,
        "name": firing.name,
        "due_at": timestamp_or_none(firing.due_at),
        "may_go_at": timestamp_or_none(firing.may_go_at),
        "action": firing.action.value,
        "outcome": None if firing.outcome is None else firing.outcome.value,
        "reason": None if firing.reason is None else firing.reason.text,
        "reason_code": None if firing.reason is None else firing.reason.code.value,
        "http_status": firing.http_status,
        "error": firing.error,
        "bulletins_sent": firing.bulletins_sent,
        "tries": firing.tries,
        "started_at": timestamp_or_none(firing.started_at),
        "latency_ms": firing.latency_ms,
        "fingerprint": firing.fingerprint,
        "warnings": list(firing.warnings),
        "payload": firing.payload() if _has_payload(firing.outcome, firing.tries) else None,
        "attempts": [attempt_values(each) for each in firing.attempts],
    }


def may_have_payload(entry: Mapping[str, Any]) -> bool:
    """Report whether an entry holds the body of its request."""
    return _has_payload(entry["outcome"], entry["tries"])


def _has_payload(outcome: str | None, tries: int) -> bool:
    """Whether the report holds the body of the request: not of a firing that was certainly not tried."""
    if outcome == Outcome.FAILED:
        return tries > 0
    return outcome not in (None, Outcome.SKIPPED)


def attempt_values(attempt: Attempt) -> dict[str, Any]:
    """Return one request as the document holds it."""
    return {
        "number": attempt.number,
        "started_at": exact_timestamp(attempt.started_at),
        "latency_ms": attempt.latency_ms,
        "verdict": attempt.verdict,
        "http_status": attempt.http_status,
        "answer": attempt.answer,
        "error": attempt.error,
    }
