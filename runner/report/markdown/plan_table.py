"""The table of firings in a plan's Markdown: its columns, and what each cell shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from runner.plan.decide import Action
from runner.report.document.budget_estimate import budget_allows_at, expires_first
from runner.report.document.repeated_bulletins import bulletin_of, split_repeated
from runner.report.local_time import local_time
from runner.report.markdown.cells import bulletin_cell, id_cell
from runner.report.markdown.markup import Block, escape, table
from runner.report.vocabulary import ACTIONS


def firings_table(firings: Iterable[Mapping[str, Any]], zones: Mapping[str, str]) -> Block:
    """Return the table of a plan's firings; `zones` holds the time zone of each account."""
    rows = (
        row
        for action, group in groupby(firings, key=lambda each: str(each["action"]))
        for row in (_expired_rows(group, zones) if action == "expired" else (_row(each, zones) for each in group))
    )
    return table(["action", "bulletin", "account", "due", "why"], rows)


def _row(firing: Mapping[str, Any], zones: Mapping[str, str]) -> list[str]:
    return [
        ACTIONS[firing["action"]].label,
        bulletin_cell(firing),
        escape(firing["account"]),
        _due(firing, zones.get(firing["account"], "UTC")),
        "<br>".join([escape(firing["reason"]), *(f"⚠️ {escape(each)}" for each in firing.get("warnings", ()))]),
    ]


def _expired_rows(expired: Iterable[Mapping[str, Any]], zones: Mapping[str, str]) -> Iterator[list[str]]:
    """Return a row for each expired firing, but only one row for a bulletin with many."""
    few, repeated = split_repeated(expired, bulletin_of)
    for each in repeated:
        zone = zones.get(each[0]["account"], "UTC")
        yield [
            ACTIONS[Action.EXPIRED].label,
            f"{id_cell(each[0]['id'])} {len(each):,} times",
            escape(each[0]["account"]),
            f"{_due(each[0], zone)}<br>to {_due(each[-1], zone)}",
            escape(f"the last {each[-1]['reason']}"),
        ]
    yield from (_row(each, zones) for each in few)


def _due(firing: Mapping[str, Any], zone: str) -> str:
    """Return when the firing is due, and when the budget lets it go if it is held back."""
    may_go = budget_allows_at(firing)
    due = "" if firing["due_at"] is None else _local(firing["due_at"], zone)
    if may_go is None:
        return due or "at once"
    held = (
        "expires before the budget has room" if expires_first(firing) else f"may go {escape(local_time(may_go, zone))}"
    )
    return "<br>".join(filter(None, [due, held]))


def _local(instant: str, zone: str) -> str:
    return escape(local_time(datetime.fromisoformat(instant), zone))
