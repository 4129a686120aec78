"""Report as Markdown: a line on what happened, what needs attention, and the sent firings.

In: the report's document. Out: the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.report.document.alike_results import alike_results
from runner.report.markdown.markup import Block, code, escape, folded, page
from runner.report.markdown.run_table import news_table, resolved_table, sent_table, warnings_list
from runner.report.text.run import summary_lines
from runner.report.vocabulary import OUTCOMES

_UNFOLDED = 20  # more fired bulletins than this are folded


def report_markdown(document: Mapping[str, Any], *, whole: bool = False) -> str:
    """Return the page of one run. `whole`: with every result of many that are alike."""
    return page(_blocks(document, whole=whole))


def _blocks(document: Mapping[str, Any], *, whole: bool) -> Iterator[Block]:
    first, *others = summary_lines(document)
    yield Block([f"**{escape(first[:1].upper() + first[1:])}.**", ""])
    yield Block([f"{escape(line)}  " for line in others] + [""])
    results = document["results"]
    groups = alike_results(document)
    if news := [group for group in groups if group.first.outcome is not None]:
        yield news_table(news, whole=whole)
    if settled := [each for each in results if each.get("resolution")]:
        yield resolved_table(settled)
    sent = [each for each in results if each["outcome"] and OUTCOMES[each["outcome"]].goes_out]
    if sent:
        rows = sent_table(sent)
        yield rows if len(sent) <= _UNFOLDED else folded(f"What went out ({len(sent):,})", rows)
    if warned := [group for group in groups if group.first.outcome is None]:
        yield warnings_list(warned, whole=whole)
    yield _footer(document["run"])


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
