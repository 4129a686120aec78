"""Results that need a person's attention, with all facts to find them in the dashboard's activity log."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.definitions.problem_codes import Severity
from runner.report.document.repeated_bulletins import bulletin_of
from runner.report.html.instants import instant_ms
from runner.report.html.labels import OUTCOME_KINDS, FiringKind
from runner.report.vocabulary import OUTCOMES

MOST_SHOWN = 5
# The outcomes that need attention, the most urgent first.
_ORDER = [outcome for outcome, term in OUTCOMES.items() if term.severity is Severity.ERROR]


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """A result that needs attention. `window_ms` is when it may have been sent; `commands` resolve it.

    `more_times` counts later occurrences of the same bulletin that expired as well.
    """

    row: int
    kind: FiringKind
    result: dict[str, Any]
    window_ms: tuple[int, int] | None
    commands: tuple[str, ...]
    more_times: int = 0


def attention_items(document: dict[str, Any]) -> list[AttentionItem]:
    """Return the results in doubt, then failed and expired ones, each in the document's order.

    Firings that a person has resolved since need none. The first expired occurrence of a bulletin represents all of
    its expired occurrences.
    """
    unresolved = ((row, each) for row, each in enumerate(document["results"]) if not each.get("resolution"))
    results = [(row, each) for row, each in unresolved if each["outcome"] in _ORDER]
    results.sort(key=lambda pair: _ORDER.index(pair[1]["outcome"]))
    expired = Counter(bulletin_of(each) for _, each in results if each["outcome"] == "expired")
    found = []
    for row, result in results:
        times = expired.pop(bulletin_of(result), 0) if result["outcome"] == "expired" else 1
        if times:
            found.append(replace(_attention_item(row, result, document["run"]), more_times=times - 1))
    return found


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
