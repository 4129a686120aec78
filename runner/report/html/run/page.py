"""The page of a run. In: a report document. Out: an HTML page with what happened, when, and each firing's details."""

from __future__ import annotations

from typing import Any

from runner.report.document.entry_text import reason_and_resolution
from runner.report.document.run_summary import unlisted
from runner.report.html.instants import budget_allows_ms, instant_ms
from runner.report.html.labels import REPORT_KINDS, kind_of
from runner.report.html.page import render
from runner.report.html.run.attention import attention_items, warned_groups
from runner.report.html.run.headline import besides, happened, tiles
from runner.report.html.run.latency import distribution, latency_rows
from runner.report.html.run.page_data import report_data
from runner.report.html.run.requests import requests_of
from runner.report.html.run.timeline import sentence, timeline
from runner.report.vocabulary import VERDICTS, exit_meaning

FIRST_ROWS = 40  # rows in the HTML itself, for readers without scripts
_SCRIPTS = ("dom.js", "data.js", "times.js", "filter.js", "table.js", "details.js", "report.js")


def report_page(document: dict[str, Any]) -> str:
    """Return the page as one HTML file."""
    run = document["run"]
    requests = requests_of(document)
    drawn = timeline(requests)
    started, finished = instant_ms(run["started_at"]), instant_ms(run["finished_at"])
    attention, more_attention = attention_items(document)
    data, details = report_data(document)
    return render(
        "report.html.j2",
        scripts=_SCRIPTS,
        data=data,
        details=details,
        run=run,
        started_ms=started,
        finished_ms=finished,
        exit_meaning=exit_meaning(run["exit_code"]),
        happened=happened(document),
        besides=besides(document),
        tiles=tiles(document),
        attention=attention,
        more_attention=more_attention,
        warned=warned_groups(document),
        timeline=drawn,
        verdicts=VERDICTS,
        timeline_sentence=sentence(drawn) if drawn else "",
        latency_rows=latency_rows(requests),
        distribution=distribution(requests),
        rows=[_row(result) for result in document["results"][:FIRST_ROWS]],
        total=len(document["results"]),
        unlisted=unlisted(document),
        accounts=sorted({result["account"] for result in document["results"]}),
    )


def _row(result: dict[str, Any]) -> dict[str, Any]:
    due, started = result["due_at"], result["started_at"]
    return {
        **result,
        "reason": reason_and_resolution(result),
        "kind": REPORT_KINDS[kind_of(result)],
        "due_ms": None if due is None else instant_ms(due),
        "may_go_ms": budget_allows_ms(result),
        "started_ms": None if started is None else instant_ms(started),
    }
