"""Report as Markdown: a line on what happened, what needs attention, and the sent firings.

In: the report's document. Out: the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.report.annotations.findings import place
from runner.report.document.repeated_bulletins import bulletin_of, split_repeated
from runner.report.markdown.markup import Block, code, escape, folded, page, table
from runner.report.text.run import outcome_name, summary_lines

_NAME = 60
_ID = 120
_UNFOLDED = 20  # more fired bulletins than this are folded
_SYMBOLS = {
    "fired": "✅",
    "failed": "❌",
    "in_doubt": "❓",
    "expired": "⌛",
    "skipped": "⏭️",
    "would_fire": "✅",
}
_NEWS = ("in_doubt", "failed", "expired", "skipped")


def report_markdown(document: Mapping[str, Any]) -> str:
    """Return the page of one run."""
    return page(_blocks(document))


def _blocks(document: Mapping[str, Any]) -> Iterator[Block]:
    first, *others = summary_lines(dict(document))
    yield Block([f"**{escape(first[:1].upper() + first[1:])}.**", ""])
    yield Block([f"{escape(line)}  " for line in others] + [""])
    results = document["results"]
    if any(each["outcome"] in _NEWS for each in results):
        yield table(["outcome", "bulletin", "account", "why", "where"], _news_rows(results))
    sent = [each for each in results if each["outcome"] in ("fired", "would_fire")]
    if sent:
        rows = _sent_table(sent)
        yield rows if len(sent) <= _UNFOLDED else folded(f"What went out ({len(sent):,})", rows)
    if warned := [each for each in results if each["warnings"]]:
        lines = [f"- ⚠️ {code(each['id'], longest=_ID)}: {escape('; '.join(each['warnings']))}" for each in warned]
        yield Block([], lines, [""])
    yield _footer(document["run"])


def _news_rows(results: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Return a row for each result that needs attention, but only one for a bulletin that expired often."""
    for outcome in _NEWS:
        repeated: list[list[Mapping[str, Any]]] = []
        found = [each for each in results if each["outcome"] == outcome]
        if outcome == "expired":
            found, repeated = split_repeated(found, bulletin_of)
        yield from map(_times_row, repeated)
        yield from ([*_cells(each), escape(each["reason"] or ""), escape(place(each))] for each in found)


def _times_row(expired: Sequence[Mapping[str, Any]]) -> list[str]:
    first, last = expired[0], expired[-1]
    times = f"{len(expired):,} times, {escape(first['occurrence'])} to {escape(last['occurrence'])}"
    why = escape(f"the last {last['reason'] or ''}")
    return [
        _cells(first)[0],
        f"{code(first['id'], longest=_ID)} {times}",
        escape(first["account"]),
        why,
        escape(place(last)),
    ]


def _sent_table(sent: Iterable[Mapping[str, Any]]) -> Block:
    return table(
        ["outcome", "bulletin", "account", "sent", "tries", "latency"],
        (
            [
                *_cells(each),
                "" if each["bulletins_sent"] is None else f"{each['bulletins_sent']:,}",
                str(each["tries"] or ""),
                "" if each["latency_ms"] is None else f"{each['latency_ms']:,.0f} ms",
            ]
            for each in sent
        ),
    )


def _cells(result: Mapping[str, Any]) -> list[str]:
    again = "" if result["occurrence"] == "r1" else f" {escape(result['occurrence'])}"
    return [
        f"{_SYMBOLS[result['outcome']]} {outcome_name(result['outcome'])}",
        f"{code(result['id'], longest=_ID)}{again} {escape(result['name'], longest=_NAME)}",
        escape(result["account"]),
    ]


def _footer(run: Mapping[str, Any]) -> Block:
    said = [
        f"run {code(run['id'])}",
        f"from {escape(run['started_at'])} to {escape(run['finished_at'])}",
    ]
    if run["exit_code"] is not None:
        said.append(f"exit code {run['exit_code']}")
    if run["git"]:
        said.append(f"commit {code(run['git']['commit'][:12])}{' with edits' if run['git']['dirty'] else ''}")
    said.append(f"on {escape(run['host'])}")
    return Block(["", f"<sub>{' · '.join(said)}</sub>"], kept=True)
