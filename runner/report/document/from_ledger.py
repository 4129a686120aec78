"""Build the report document of a run from the ledger's records.

In: the run, its rows, their requests and resolutions. Out: the document that the run published, with its counts and
entries. A firing that a person has resolved since has the field `resolution` besides. A run that died recorded no
report, and neither did runs of release 0.1.0: then the document has the firings of its rows, in their present state.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from runner.fire import reasons
from runner.fire.outcome import Outcome, Sent
from runner.fire.result import reach_warnings
from runner.ledger.values import Attempt, FiringRow, Resolution, RunRow
from runner.plan.decide import Action
from runner.plan.event_time import event_time_warnings
from runner.plan.firing import FiringKey
from runner.plan.history import State
from runner.reason import Reason
from runner.report.document.entry_fields import timestamp
from runner.report.document.firing_entry import ReportedFiring, attempt_values, firing_entry, may_have_payload
from runner.report.document.recorded_entries import entries_of, summary_of, times_of
from runner.report.document.run import RunFacts, document_of

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
    run: RunRow,
    rows: Sequence[FiringRow],
    attempts: Mapping[str, Sequence[Attempt]],
    resolutions: Iterable[Resolution] = (),
    *,
    ledger: str,
) -> dict[str, Any]:
    """Return the document of a run that has ended.

    `rows` are its rows, and those of other runs whose firings it reported. `attempts` are its requests by the ids of
    rows. `resolutions` are those of the rows, oldest first.
    """
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
    resolved = {each.firing: each for each in resolutions if each.at >= run.started_at}
    if run.report is None:
        entries = [_entry(each, attempts) for each in by_firing.values()]
        return document_of(facts, [_with_resolution(each, by_firing, resolved) for each in entries])
    entries = [_completed(each, by_firing.get(_key(each), ()), attempts) for each in entries_of(run.report)]
    entries = [_with_resolution(each, by_firing, resolved) for each in entries]
    document = document_of(facts, entries, summary_of(run.report))
    return {**document, "run": {**document["run"], **times_of(run.report)}}


def in_doubt_of_other_runs(run: RunRow, rows: Iterable[FiringRow]) -> list[FiringKey]:
    """Return the firings in doubt that the run reported and that have no row among its own rows."""
    own = {row.key for row in rows}
    entries = () if run.report is None else entries_of(run.report)
    return [_key(each) for each in entries if each["outcome"] == Outcome.IN_DOUBT and _key(each) not in own]


def _key(entry: Mapping[str, Any]) -> FiringKey:
    return FiringKey(entry["account"], entry["id"], entry["occurrence"])


def _completed(
    entry: dict[str, Any], rows: Sequence[FiringRow], attempts_of: Mapping[str, Sequence[Attempt]]
) -> dict[str, Any]:
    """Return a recorded entry with the payload and the requests that the rows of its firing hold."""
    payload = json.loads(rows[-1].payload) if entry["tries"] and rows and may_have_payload(entry) else entry["payload"]
    attempts = [attempt for row in rows for attempt in attempts_of.get(row.id, ())] if entry["tries"] else []
    return {**entry, "payload": payload, "attempts": [attempt_values(each) for each in attempts]}


def _with_resolution(
    entry: dict[str, Any], rows_of: Mapping[FiringKey, Sequence[FiringRow]], resolved: Mapping[str, Resolution]
) -> dict[str, Any]:
    """Return the entry with the resolution of its firing, if there is one. A later run may have rows of it as well."""
    found = [resolved[row.id] for row in rows_of.get(_key(entry), ()) if row.id in resolved]
    if not found:
        return entry
    resolution = {"sent": found[0].sent, "at": timestamp(found[0].at), "who": found[0].who, "note": found[0].note}
    return {**entry, "resolution": resolution}


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
    return firing_entry(
        ReportedFiring(
            key=row.key,
            file=row.file,
            line=row.line,
            row=None,  # the ledger does not keep it
            business_event=payload["business_event"],
            name=payload["name"],
            due_at=row.due_at,
            may_go_at=None,
            action=Action.EXPIRED if row.state is State.EXPIRED else Action.FIRE,
            outcome=outcome,
            reason=reason,
            http_status=row.http_status,
            error=row.error,
            bulletins_sent=row.bulletins_sent,
            tries=len(attempts),
            started_at=None if last is None else last.started_at,
            latency_ms=None if last is None else last.latency_ms,
            fingerprint=row.fingerprint,
            warnings=[
                *(reach_warnings(row.bulletins_sent) if answered_yes else ()),
                *(event_time_warnings(payload["when"], last.started_at) if last else ()),
            ],
            payload=lambda: payload,
            attempts=attempts,
        )
    )


def _reason(row: FiringRow, recorded: str | None) -> Reason | None:
    """Return the reason that the row or an earlier row contains, else the one that follows from the row's state."""
    if recorded is not None:
        return reasons.as_recorded(recorded)
    if row.state is State.CLAIMED:
        return reasons.no_outcome_recorded()
    return reasons.expired_unsent(row.due_at) if row.state is State.EXPIRED and row.due_at is not None else None
