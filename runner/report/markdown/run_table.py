"""The tables of results in a report's Markdown: their columns, and what each cell shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.alike_group import AlikeGroup
from runner.report.document.alike_results import NewsItem, accounts_text, more_text
from runner.report.document.entry_text import place, reason_and_resolution
from runner.report.markdown.cells import bulletin_cell, id_cell
from runner.report.markdown.markup import Block, escape, table
from runner.report.vocabulary import OUTCOMES


def news_table(groups: Sequence[AlikeGroup[NewsItem]], *, whole: bool = False) -> Block:
    """Return the table of results that a person has to know about: the first of those that are alike, and a count."""
    return table(["outcome", "bulletin", "account", "why", "where"], _news_rows(groups, whole=whole))


def _news_rows(groups: Sequence[AlikeGroup[NewsItem]], *, whole: bool) -> Iterator[list[str]]:
    for group in groups:
        shown = group.shown(whole=whole)
        for each in shown:
            yield [*_cells(each.entry), escape(each.text), escape(place(each.entry))]
        if more := more_text(group, shown):
            yield [_outcome(group.first.entry), escape(more), escape(accounts_text(group)), "alike", ""]


def resolved_table(results: Iterable[Mapping[str, Any]]) -> Block:
    """Return the table of results that a person has resolved since."""
    rows = ([*_cells(each), escape(reason_and_resolution(each)), escape(place(each))] for each in results)
    return table(["outcome", "bulletin", "account", "why", "where"], rows)


def warnings_list(groups: Sequence[AlikeGroup[NewsItem]], *, whole: bool = False) -> Block:
    """Return the warnings about firings that were sent: one for each group, or if `whole` for each firing."""
    if whole:
        said = [(id_cell(each.entry["id"]), each.text) for group in groups for each in group.instances]
    else:
        said = [(_named(group), group.first.text) for group in groups]
    return Block([], [f"- ⚠️ {names}: {escape(text)}" for names, text in said], [""])


def _named(group: AlikeGroup[NewsItem]) -> str:
    names = ", ".join(dict.fromkeys(id_cell(each.entry["id"]) for each in group.leading))
    more = group.unshown()
    return names + (f" and {more:,} more" if more else "")


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


def _outcome(result: Mapping[str, Any]) -> str:
    term = OUTCOMES[result["outcome"]]
    return f"{term.symbol} {term.label}"


def _cells(result: Mapping[str, Any]) -> list[str]:
    return [_outcome(result), bulletin_cell(result), escape(result["account"])]
