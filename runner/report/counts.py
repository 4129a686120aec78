"""How many: bulletins, their firings, and what a plan does with them. The one place that counts, for all formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.plan.decide import Action
from runner.report.problems import counted


def bulletins_of(ids: Iterable[str]) -> str:
    """What firings are, by their bulletins' ids: `5 bulletins`, or `6 firings of 5 bulletins` where they are more."""
    ids = list(ids)
    different = counted(len(set(ids)), "bulletin")
    return different if len(set(ids)) == len(ids) else f"{counted(len(ids), 'firing')} of {different}"


def sent_now(document: Mapping[str, Any]) -> list[str]:
    """The ids of the bulletins that a plan sends now, one for each firing."""
    return [each["id"] for each in document["firings"] if Action(each["action"]).sends]


def action_counts(document: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """`3 fire, 9 wait (2 for a budget)`: the actions of a plan that occur; empty where none does.

    Of what expired it says how much no run has reported yet. `names` are those of actions that have another one.
    """
    summary = document["summary"]
    held_back = sum(each.get("may_go_at") is not None for each in document["firings"])
    more = {"wait": f" ({held_back:,} for a budget)" if held_back else "", "expired": unreported(document)}
    return ", ".join(
        f"{summary[action]:,} {names.get(action, action)}{more.get(action, '')}" for action in Action if summary[action]
    )


def unreported(document: Mapping[str, Any]) -> str:
    """` (2 not reported yet)`: of what expired in a plan; empty where that is nothing, or no ledger knows."""
    count, expired = document["summary"].get("newly_expired", 0), document["summary"]["expired"]
    return "" if not count else " (not reported yet)" if count == expired else f" ({count:,} not reported yet)"


def only_later(document: Mapping[str, Any]) -> str:
    """What a plan up to a time leaves out: `3 more come only after that`; empty where that is nothing."""
    count = document["summary"].get("later", 0)
    return f"{count:,} more {'comes' if count == 1 else 'come'} only after that" if count else ""
