"""Build the report document of a run, from which every format is made.

In: the results of a run. Out: plain values as in `schemas/report.schema.json`. `from_ledger` builds the same document
from the ledger's records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.fire.result import Result
from runner.plan.decide import Action
from runner.report.document.entry_fields import timestamp
from runner.report.document.firing_entry import ReportedFiring, firing_entry
from runner.report.document.listed_results import listed_results
from runner.report.document.older_reports import as_present_version
from runner.report.document.run_summary import RunSummary

SCHEMA_VERSION = 2
_NONE_SETTLED: Mapping[str, int] = {}


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


def report_document(
    facts: RunFacts, results: Sequence[Result], *, settled: Mapping[str, int] = _NONE_SETTLED, list_all: bool = False
) -> dict[str, Any]:
    """Return the document as plain values in the schema's order.

    `settled`: by account, the number of selected firings that were done before and have no result. `list_all`: also
    list the firings that otherwise are only counted.
    """
    summary = RunSummary()
    for result in results:
        summary.add(
            result.step.firing.key.account,
            result.step.action.value,
            None if result.outcome is None else result.outcome.value,
            is_held_back=_may_go_at(result) is not None,
            warnings=len(result.warnings),
            bulletins_sent=result.bulletins_sent or 0,
        )
    for account, count in settled.items():
        summary.add(account, Action.DONE.value, None, firings=count)
    listed = results if list_all else listed_results(results)
    return document_of(facts, [entry(result) for result in listed], summary.values())


def read_report(text: str | bytes) -> dict[str, Any]:
    """Read the text of a report file. Raises ValueError if it is not a report."""
    from runner.report.document import reading

    document: dict[str, Any] = as_present_version(reading.parsed(text))
    reading.check(document, "report")
    return document


def document_of(
    facts: RunFacts, entries: Sequence[dict[str, Any]], summary: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the document of these entries, as made by `entry`. Without a `summary`, it counts these entries."""
    if summary is None:
        counts = RunSummary()
        for each in entries:
            counts.add_entry(each)
        summary = counts.values()
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
        "summary": dict(summary),
        "results": list(entries),
    }


def _may_go_at(result: Result) -> datetime | None:
    return result.may_go_at or result.step.may_go_at


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
            may_go_at=_may_go_at(result),
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
            payload=firing.bulletin.payload,
            attempts=result.attempts,
        )
    )
