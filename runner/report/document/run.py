"""Build the report document of a run, from which every format is made.

In: the results of a run. Out: plain values as in `schemas/report.schema.json`. `from_ledger` builds the same document
from the ledger's records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.plan.decide import Action
from runner.report.document.entry_fields import timestamp
from runner.report.document.firing_entry import ReportedFiring, firing_entry

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts about the run itself."""

    id: str
    command: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    interrupted: bool
    exit_code: int | None
    version: str
    ledger: str | None
    host: str
    git_commit: str | None = None
    git_dirty: bool | None = None


def report_document(facts: RunFacts, results: Iterable[Result], *, unlisted: int = 0) -> dict[str, Any]:
    """Return the document as plain values in the schema's order.

    `unlisted`: the number of selected firings that were done before and have no result.
    """
    document = document_of(facts, [entry(result) for result in results])
    document["summary"]["selected"] += unlisted
    document["summary"]["done"] += unlisted
    return document


def read_report(text: str | bytes) -> dict[str, Any]:
    """Read the text of a report file. Raises ValueError if it is not a report."""
    from runner.report.document import reading

    document: dict[str, Any] = reading.parsed(text)
    reading.check(document, "report")
    return document


def document_of(facts: RunFacts, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of these entries (as made by `entry`) with their summary."""
    git = None if facts.git_commit is None else {"commit": facts.git_commit, "dirty": bool(facts.git_dirty)}
    run = {
        "id": facts.id,
        "command": facts.command,
        "dry_run": facts.dry_run,
        "started_at": timestamp(facts.started_at),
        "finished_at": timestamp(facts.finished_at),
        "interrupted": facts.interrupted,
        "exit_code": None if facts.exit_code is None else int(facts.exit_code),
        "version": facts.version,
        "ledger": facts.ledger,
        "host": facts.host,
        "git": git,
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "summary": _summary(entries),
        "results": list(entries),
    }


def _summary(entries: Sequence[dict[str, Any]]) -> dict[str, int]:
    outcomes = {outcome.value: 0 for outcome in Outcome}
    for each in entries:
        if each["outcome"] is not None:
            outcomes[each["outcome"]] += 1
    return {
        "selected": len(entries),
        **outcomes,
        "not_due": sum(each["action"] == Action.WAIT and not each["may_go_at"] for each in entries),
        "held_back": sum(each["may_go_at"] is not None for each in entries),
        "done": sum(each["action"] in (Action.DONE, Action.CHANGED) for each in entries),
        "bulletins_sent": sum(each["bulletins_sent"] or 0 for each in entries),
        "warnings": sum(len(each["warnings"]) for each in entries),
    }


def entry(result: Result) -> dict[str, Any]:
    """Return the document's entry of one result of a run."""
    firing, outcome = result.step.firing, result.outcome
    return firing_entry(
        ReportedFiring(
            key=firing.key,
            file=firing.bulletin.place.file,
            line=firing.bulletin.place.line,
            row=firing.bulletin.place.row,
            business_event=firing.bulletin.business_event,
            name=firing.bulletin.name,
            due_at=firing.occurrence.due_at,
            may_go_at=result.may_go_at or result.step.may_go_at,
            action=result.step.action,
            outcome=outcome,
            reason=result.reason,
            http_status=result.http_status,
            error=result.error,
            bulletins_sent=result.bulletins_sent,
            tries=result.tries,
            started_at=result.started_at,
            latency_ms=result.latency_ms,
            fingerprint=firing.fingerprint,
            warnings=result.warnings,
            payload=None if outcome is None else firing.bulletin.payload(),
            attempts=result.attempts,
        )
    )
