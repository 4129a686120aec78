"""The data of a report's page: a row for each result, in the document's order.

The page stays small enough for a mail: long answers are cut, and the page shows that they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.report.document.entry_text import reason_and_resolution
from runner.report.html.compact_data import drop_payloads, packed
from runner.report.html.instants import budget_allows_ms, instant_ms
from runner.report.html.labels import REPORT_KINDS, WARNED, kind_of
from runner.report.vocabulary import OUTCOMES, VERDICTS

COLUMNS = (
    *("id", "account", "occurrence", "file", "line", "row", "business_event", "name", "due", "may_go", "kind"),
    *("reason", "http_status", "error", "bulletins_sent", "tries", "started", "latency_ms", "warned"),
)
DETAIL_COLUMNS = ("fingerprint", "warnings", "payload", "attempts")  # details, read when a row is opened
_POOLED = ("account", "occurrence", "file", "business_event", "kind", "reason", "error")
_NESTED = ("warnings", "payload", "attempts")
ANSWERS_KEPT = 1_500_000  # characters of answers of all results together
_SHORT = 160


def report_data(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data for `report.js`: what it shows at once, and the details of rows."""
    results = document["results"]
    answers = {text: len(text) for each in results for text in _texts(each)}
    cut = _SHORT if sum(answers.values()) > ANSWERS_KEPT else None
    details = [_details(result, cut) for result in results]
    missed_most_first = sorted(range(len(results)), key=lambda row: _went_out(results[row]))
    drop_payloads((details[row] for row in missed_most_first), DETAIL_COLUMNS.index("payload"))
    data = {
        **packed(COLUMNS, map(_row, results), pooled=_POOLED),
        "kinds": {kind.key: [kind.name, kind.tone, kind.mark] for kind in (*REPORT_KINDS.values(), WARNED)},
        "verdicts": {verdict: [term.label, term.tone] for verdict, term in VERDICTS.items()},
        "accounts": sorted({result["account"] for result in results}),
        "zones": [],
        "answers_cut": cut,
    }
    return data, packed(DETAIL_COLUMNS, details, nested=_NESTED)


def _went_out(result: dict[str, Any]) -> bool:
    """Report whether it was sent, or would have been: the payloads of these are left out first."""
    return result["outcome"] is not None and OUTCOMES[result["outcome"]].goes_out


def _texts(result: dict[str, Any]) -> Iterable[str]:
    return (each["answer"] for each in result["attempts"] if each["answer"])


def _row(result: dict[str, Any]) -> list[Any]:
    due, started = result["due_at"], result["started_at"]
    return [
        *(result[name] for name in ("id", "account", "occurrence", "file", "line")),
        result.get("row"),
        *(result[name] for name in ("business_event", "name")),
        None if due is None else instant_ms(due),
        budget_allows_ms(result),
        kind_of(result),
        reason_and_resolution(result) or None,
        *(result[name] for name in ("http_status", "error", "bulletins_sent", "tries")),
        None if started is None else instant_ms(started),
        result["latency_ms"],
        int(bool(result["warnings"])),
    ]


def _details(result: dict[str, Any], cut: int | None) -> list[Any]:
    attempts = [_attempt(each, cut) for each in result["attempts"]]
    return [*(result[name] for name in ("fingerprint", "warnings", "payload")), attempts]


def _attempt(attempt: dict[str, Any], cut: int | None) -> list[Any]:
    answer = attempt["answer"]
    if answer is not None and cut is not None and len(answer) > cut:
        answer = answer[:cut] + "…"
    return [
        attempt["number"],
        instant_ms(attempt["started_at"]),
        attempt["latency_ms"],
        attempt["verdict"],
        attempt["http_status"],
        answer,
        attempt["error"],
    ]
