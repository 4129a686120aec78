"""The tables of results in a report's Markdown: their columns, and what each cell shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.report.document.entry_text import place, reason_and_resolution
from runner.report.document.repeated_bulletins import bulletin_of, split_repeated
from runner.report.markdown.cells import bulletin_cell, id_cell
from runner.report.markdown.markup import Block, escape, table
from runner.report.vocabulary import OUTCOMES

# Outcomes that a person has to know about, the most urgent first.
NEWS = [outcome for outcome, term in OUTCOMES.items() if term.severity is not None]


def news_table(results: Sequence[Mapping[str, Any]]) -> Block:
    """Return the table of results that a person has to know about."""
    return table(["outcome", "bulletin", "account", "why", "where"], _news_rows(results))


def _news_rows(results: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    """Return a row for each result that needs attention, but only one for a bulletin that expired often."""
    for outcome in NEWS:
        repeated: list[list[Mapping[str, Any]]] = []
        found = [each for each in results if each["outcome"] == outcome]
        if outcome == "expired":
            found, repeated = split_repeated(found, bulletin_of)
        yield from map(_times_row, repeated)
        yield from ([*_cells(each), escape(reason_and_resolution(each)), escape(place(each))] for each in found)


def _times_row(expired: Sequence[Mapping[str, Any]]) -> list[str]:
    first, last = expired[0], expired[-1]
    times = f"{len(expired):,} times, {escape(first['occurrence'])} to {escape(last['occurrence'])}"
    why = escape(f"the last {last['reason'] or ''}")
    return [
        _cells(first)[0],
        f"{id_cell(first['id'])} {times}",
        escape(first["account"]),
        why,
        escape(place(last)),
    ]


def sent_table(sent: Iterable[Mapping[str, Any]]) -> Block:
    """Return the table of results that went out."""
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
    term = OUTCOMES[result["outcome"]]
    return [f"{term.symbol} {term.label}", bulletin_cell(result), escape(result["account"])]
