"""Results that need a person's attention, with all facts to find them in the dashboard's activity log."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.alike_group import AlikeGroup
from runner.report.document.alike_results import NewsItem, alike_results
from runner.report.html.instants import instant_ms
from runner.report.html.labels import OUTCOME_KINDS, FiringKind

MOST_SHOWN = 9


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """A result that needs attention. `window_ms` is when it may have been sent; `commands` resolve it.

    `more_alike` counts the results that are like it and its predecessors, and not shown.
    """

    row: int
    kind: FiringKind
    result: dict[str, Any]
    window_ms: tuple[int, int] | None
    commands: tuple[str, ...]
    more_alike: int = 0


def attention_items(document: dict[str, Any], most: int = MOST_SHOWN) -> tuple[list[AttentionItem], int]:
    """Return at most `most` results that need attention, the most urgent first, and how many are not like any of them.

    Each group of results that are alike gets its first item before any group gets a second one. So a single stopped
    account is shown beside many firings in doubt. Firings that a person has resolved since need no attention.
    """
    groups = [group for group in alike_results(document) if group.first.outcome is not None]
    found = []
    for group, shown in zip(groups, _shares([len(group.leading) for group in groups], most), strict=True):
        items = [_attention_item(each.number, dict(each.entry), document["run"]) for each in group.leading[:shown]]
        if items:
            items[-1] = replace(items[-1], more_alike=group.count - shown)
        found += items
    return found, sum(group.count for group in groups) - sum(1 + each.more_alike for each in found)


def _shares(wanted: Sequence[int], most: int) -> list[int]:
    """Divide `most` among those that want some, one after another, the first ones first."""
    shares = [0] * len(wanted)
    for place in range(max(wanted, default=0)):
        for number, each in enumerate(wanted):
            if place < each and sum(shares) < most:
                shares[number] += 1
    return shares


def warned_groups(document: dict[str, Any]) -> list[AlikeGroup[NewsItem]]:
    """Return the warnings about firings that were sent, folded."""
    return [group for group in alike_results(document) if group.first.outcome is None]


def _attention_item(row: int, result: dict[str, Any], run: dict[str, Any]) -> AttentionItem:
    kind = OUTCOME_KINDS[result["outcome"]]
    if kind.key != "in_doubt":
        return AttentionItem(row, kind, result, None, ())
    return AttentionItem(row, kind, result, _window(result, run), tuple(_commands(result)))


def _window(result: dict[str, Any], run: dict[str, Any]) -> tuple[int, int]:
    starts = [instant_ms(each["started_at"]) for each in result["attempts"]]
    starts += [instant_ms(result["started_at"])] if result["started_at"] else []
    first = min(starts, default=instant_ms(run["started_at"]))
    took = result["latency_ms"]
    if took is None or result["started_at"] is None:
        return first, instant_ms(run["finished_at"])
    return first, round(instant_ms(result["started_at"]) + took)


def _commands(result: dict[str, Any]) -> Sequence[str]:
    words = ["bulletins", "resolve", result["id"], "--account", result["account"]]
    if result["occurrence"] != "r1":
        words += ["--occurrence", result["occurrence"]]
    return [f'{shlex.join(words)} --{said} --note "…"' for said in ("sent", "not-sent")]
