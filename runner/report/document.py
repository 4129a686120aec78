"""Results → the one document: what `schemas/report.schema.json` describes, and what every other format is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runner.fire.outcome import Outcome
from runner.fire.result import Result, sent_in_total
from runner.plan.decide import Action

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the document says of the run itself."""

    id: str
    command: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    interrupted: bool
    exit_code: int
    version: str
    ledger: str | None
    host: str
    git_commit: str | None = None
    git_dirty: bool | None = None


def report_document(facts: RunFacts, results: Iterable[Result]) -> dict[str, Any]:
    """The document, as plain values in the schema's order."""
    results = tuple(results)
    git = None if facts.git_commit is None else {"commit": facts.git_commit, "dirty": bool(facts.git_dirty)}
    run = {
        "id": facts.id,
        "command": facts.command,
        "dry_run": facts.dry_run,
        "started_at": timestamp(facts.started_at),
        "finished_at": timestamp(facts.finished_at),
        "interrupted": facts.interrupted,
        "exit_code": int(facts.exit_code),
        "version": facts.version,
        "ledger": facts.ledger,
        "host": facts.host,
        "git": git,
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "summary": _summary(results),
        "results": [entry(result) for result in results],
    }


def _summary(results: tuple[Result, ...]) -> dict[str, int]:
    outcomes = {outcome.value: 0 for outcome in Outcome}
    for result in results:
        if result.outcome is not None:
            outcomes[result.outcome.value] += 1
    waiting = sum(result.step.action is Action.WAIT for result in results)
    done = sum(result.step.action in (Action.DONE, Action.CHANGED) for result in results)
    return {
        "selected": len(results),
        **outcomes,
        "not_due": waiting,
        "done": done,
        "bulletins_sent": sent_in_total(results),
        "warnings": sum(len(result.warnings) for result in results),
    }


def entry(result: Result) -> dict[str, Any]:
    """One result, as the document holds it."""
    firing = result.step.firing
    due_at = firing.occurrence.due_at
    return {
        "id": firing.key.bulletin,
        "account": firing.key.account,
        "occurrence": firing.key.occurrence,
        "file": firing.bulletin.place.file,
        "line": firing.bulletin.place.line,
        "business_event": firing.bulletin.business_event,
        "name": firing.bulletin.name,
        "due_at": None if due_at is None else timestamp(due_at),
        "action": result.step.action.value,
        "outcome": None if result.outcome is None else result.outcome.value,
        "reason": result.reason,
        "http_status": result.http_status,
        "error": result.error,
        "bulletins_sent": result.bulletins_sent,
        "tries": result.tries,
        "started_at": None if result.started_at is None else timestamp(result.started_at),
        "latency_ms": result.latency_ms,
        "fingerprint": firing.fingerprint,
        "warnings": list(result.warnings),
    }


def timestamp(at: datetime) -> str:
    """An instant as documents write it: RFC 3339 in UTC, milliseconds where there are any."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"
