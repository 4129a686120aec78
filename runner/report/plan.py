"""The plan, and what changed since a git ref → tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from runner.plan.decide import Action, Plan, Step
from runner.report.document import timestamp
from runner.report.plain import plain
from runner.report.problems import counted

# What sends nothing and is as it should be; long runs of it are cut.
_QUIET = (Action.DONE, Action.WAIT, Action.DISABLED, Action.EXPIRED)
_QUIET_ROWS = 20
_FOLDED = 3  # so many expired times of a bulletin are one row
COLOURS = {
    Action.FIRE: "green",
    Action.RETRY: "green",
    Action.WAIT: "blue",
    Action.EXPIRED: "yellow",
    Action.DONE: "bright_black",
    Action.CHANGED: "yellow",
    Action.DUPLICATE: "yellow",
    Action.IN_DOUBT: "red",
    Action.CLAIMED: "yellow",
    Action.DISABLED: "bright_black",
}


def summary_line(plan: Plan) -> str:
    """`plan at 2026-12-01T13:00:00Z: 3 fire, 9 wait`: the actions that occur."""
    held_back = f" ({len(plan.held_back):,} for a budget)" if plan.held_back else ""
    counts = [
        f"{count:,} {action}{held_back if action == Action.WAIT else ''}"
        for action, count in plan.counts().items()
        if count
    ]
    return f"plan at {timestamp(plan.now)}: {', '.join(counts) or 'nothing is defined'}"


def rows(steps: Iterable[Step], *, whole: bool = False) -> Iterator[tuple[Action | None, tuple[str, ...]]]:
    """(action, cells) of each row: action, bulletin, account, reason; a row for each changed field below its step.

    Runs of steps that send nothing are cut, and expired times of one bulletin are one row, unless `whole`; the row that
    says so has no action.
    """
    for action, group in groupby(steps, key=lambda step: step.action):
        run = list(group)
        if action is Action.EXPIRED and not whole:
            run, folded = _unfolded(run)
            yield from folded
        shown = run if whole or action not in _QUIET else run[:_QUIET_ROWS]
        for step in shown:
            key = step.firing.key
            label = key.bulletin if key.occurrence == "r1" else f"{key.bulletin} {key.occurrence}"
            yield action, (action.value, plain(label), plain(key.account), plain(step.reason))
            for change in step.changes:
                yield action, ("", "", "", plain(f"  {_edit(change.field, change.old, change.new)}"))
        if len(shown) < len(run):
            more = f"… and {len(run) - len(shown):,} more {action.value} (--verbose shows them)"
            yield None, ("", "", "", more)


def _unfolded(expired: Iterable[Step]) -> tuple[list[Step], list[tuple[Action | None, tuple[str, ...]]]]:
    """Those of a bulletin that expired a few times, and a row for each that did so more often."""
    by_bulletin: dict[tuple[str, str], list[Step]] = {}
    for step in expired:
        by_bulletin.setdefault(step.firing.key[:2], []).append(step)
    few: list[Step] = []
    rows: list[tuple[Action | None, tuple[str, ...]]] = []
    for (account, bulletin), each in by_bulletin.items():
        if len(each) < _FOLDED:
            few += each
            continue
        times = [step.firing.key.occurrence.partition("@")[2] for step in (each[0], each[-1])]
        said = f"{len(each):,} times from {times[0]} to {times[1]} (--verbose shows them); the last {each[-1].reason}"
        rows.append((Action.EXPIRED, (Action.EXPIRED.value, plain(bulletin), plain(account), plain(said))))
    return few, rows


CHANGE_COLOURS = {"added": "green", "changed": "yellow", "renamed": "yellow", "removed": "red"}
_USE = {"account": ("goes there", "go there"), "business event": ("raises it", "raise it")}
_SIGNS = {"added": "+", "changed": "~", "renamed": ">", "removed": "-"}


def change_rows(changes: Mapping[str, Any]) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """(kind, cells) of what changed since a git ref: sign, what, and what it does; its edits in rows below it."""
    for each in changes["bulletins"]:
        was = f" (was {each['was']})" if each["was"] else ""
        effects = {effect["text"]: None for effect in each["effects"]}
        kind = each["kind"]
        yield kind, (f"{_SIGNS[kind]} {kind}", plain(each["id"] + was), plain("; ".join(effects)))
        if kind in ("changed", "renamed"):
            yield from _field_rows(each["fields"])
        if each["warning"]:
            yield None, ("", "", plain(f"  warning: {each['warning']}"))
    for what, entries in (("account", changes["accounts"]), ("business event", changes["events"])):
        for each in entries:
            goes = (
                ""
                if each["kind"] == "removed"
                else f"{counted(each['bulletins'], 'bulletin')} of the set {_USE[what][each['bulletins'] != 1]}"
            )
            yield each["kind"], (f"{_SIGNS[each['kind']]} {each['kind']}", plain(f"{what} {each['name']}"), goes)
            if each["kind"] == "changed":
                yield from _field_rows(each["fields"])


def _field_rows(fields: Iterable[Mapping[str, Any]]) -> Iterator[tuple[None, tuple[str, ...]]]:
    for each in fields:
        origin = " (from the file's defaults)" if each["inherited"] else ""
        yield None, ("", "", plain(f"  {_edit(each['field'], each['old'], each['new'])}{origin}"))


def changes_line(changes: Mapping[str, Any]) -> str:
    """`against main (0123abc): 2 added, 1 changed`: how many bulletins changed how."""
    counts = Counter(each["kind"] for each in changes["bulletins"])
    said = ", ".join(f"{counts[kind]:,} {kind}" for kind in _SIGNS if counts[kind]) or "no bulletin changed"
    broken = f"; {counted(changes['base_problems'], 'problem')} there" if changes["base_problems"] else ""
    return f"against {plain(changes['against'])} ({changes['base'][:12]}{broken}): {said}"


def _edit(field: str, old: str | None, new: str | None) -> str:
    return f"{field}: {'nothing' if old is None else repr(old)} → {'nothing' if new is None else repr(new)}"
