"""The first sentences of a plan's page: what is sent now, what is next, this week's count, and what is blocked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runner.report.counts import bulletins_of, unreported
from runner.report.document.budget_estimate import expires_first
from runner.report.html.instants import instant_ms
from runner.report.html.labels import ACTIONS, FiringKind, listed
from runner.report.html.plan.placement import Placed

_WEEK_MS = 7 * 86_400_000
_ALWAYS_SHOWN = ("fire", "wait")


@dataclass(frozen=True, slots=True)
class Next:
    """The next waiting firings: their time, the rows that are due then, and the time until then."""

    at_ms: int
    rows: tuple[int, ...]
    away_ms: int


def tiles(document: dict[str, Any]) -> list[tuple[FiringKind, int]]:
    """Return the count of firings for each action."""
    counts = Counter(firing["action"] for firing in document["firings"])
    return [(kind, counts[key]) for key, kind in ACTIONS.items() if counts[key] or key in _ALWAYS_SHOWN]


def goes_out(document: dict[str, Any], placed: Sequence[Placed]) -> str:
    """Return the sentence on what is sent now: `3 bulletins go out now, in india and europe.`"""
    if not document["firings"] and document["summary"].get("later"):
        return "Nothing is due until then."
    if not document["firings"]:
        return "There is nothing to plan: no firing is selected."
    now = [each for each in placed if each.is_now]
    if not now:
        return "Nothing goes out now."
    sent = bulletins_of(document["firings"][each.row]["id"] for each in now)
    accounts = sorted({each.account for each in now})
    where = listed(accounts) if len(accounts) <= 3 else f"{len(accounts)} accounts"
    verb = "goes" if len(now) == 1 else "go"
    return f"{sent} {verb} out now, in {where}."


def next_of(document: dict[str, Any], placed: Sequence[Placed]) -> Next | None:
    """Return the next waiting firings; None if nothing waits."""
    waiting = [(each.at_ms, each.row) for each in placed if each.group == "going" and not each.is_now and each.at_ms]
    if not waiting:
        return None
    at_ms = min(waiting)[0]
    return Next(at_ms, tuple(row for at, row in waiting if at == at_ms), at_ms - instant_ms(document["now"]))


def this_week(document: dict[str, Any], placed: Sequence[Placed]) -> int:
    """Count the waiting firings that are sent within seven days."""
    until = instant_ms(document["now"]) + _WEEK_MS
    return sum(each.group == "going" and not each.is_now and (each.at_ms or 0) < until for each in placed)


def troubles(document: dict[str, Any]) -> str:
    """Return a sentence on firings that are not sent, and why; empty if there are none."""
    counts = Counter(firing["action"] for firing in document["firings"])
    names = {
        "in_doubt": "in doubt (decide with bulletins resolve)",
        "duplicate": "blocked as duplicate",
        "expired": f"expired unsent{unreported(document)}",
        "changed": "edited after they were sent (the edit sends nothing)",
        "claimed": "being sent by another run",
    }
    parts = [f"{counts[action]:,} {name}" for action, name in names.items() if counts[action]]
    if late := sum(map(expires_first, document["firings"])):
        parts.append(f"{late:,} held back by a budget until after {'it expires' if late == 1 else 'they expire'}")
    return f"Not going out: {listed(parts)}." if parts else ""
