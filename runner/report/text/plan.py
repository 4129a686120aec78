"""Plan as text: rows of tables for people.

In: the steps of a plan and its document. Out: rows of cells with the action for their colour, and summary lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from runner.definitions.suggest import counted, listed
from runner.plan.decide import Action, Step
from runner.plan.event_time import step_warnings
from runner.plan.time_text import utc_text, whole_second
from runner.report.counts import action_counts, bulletins_of, merging, only_later, sent_now, still_unsent
from runner.report.document.plan import until_of
from runner.report.document.repeated_bulletins import split_repeated
from runner.report.local_time import time_of_week, zones_of
from runner.report.next_times import reason_with_next_times
from runner.report.projected_budgets import projected_lines
from runner.report.safe_text import printable
from runner.report.vocabulary import ACTIONS

_MOST_ROWS = 20  # of an action that is no news, or that expired; further rows are cut
_BESIDE_CHANGES = 5  # rows of an action in addition to the changes, which must stay on the screen
_NO_ZONES: Mapping[str, str] = {}


def summary_line(document: Mapping[str, Any]) -> str:
    """Return the summary of a plan's document, such as `plan at 2026-12-01T13:00:00Z: 3 fire, 9 wait`.

    It also has the count of bulletins if that is smaller than the count of firings, and the count of later firings.
    If the plan was made against a git ref, lines above it describe what merging does.
    """
    until, ids = until_of(document), sent_now(document)
    said = f"plan at {document['now']}{'' if until is None else f', up to {until}'}"
    nothing = "nothing is defined" if until is None else "nothing comes"
    sent = f" ({bulletins_of(ids)} would be sent)" if len(set(ids)) < len(ids) else ""
    counts = f"{said}: {action_counts(document) or nothing}{sent}"
    line = "; ".join(filter(None, [counts, only_later(document)]))
    above = [*projected_lines(document), *([] if document["changes"] is None else merging(document))]
    return "\n".join([*map(printable, above), line])


def plan_rows(
    steps: Sequence[Step], document: Mapping[str, Any], *, whole: bool = False
) -> Iterator[tuple[Action | None, tuple[str, ...]]]:
    """Return the rows of the steps, with local times in addition to UTC.

    Against a git ref, the changes matter most: unless `whole`, firings that the changes already show are left out,
    and only a few others of each action are shown.
    """
    zones, coming = zones_of(document), until_of(document) is not None
    folded: list[str] = []
    if document["changes"] is not None and not whole:
        steps, folded = _further_steps(steps, document["changes"], coming=coming)
    yield from rows(steps, whole=whole, coming=coming, zones=zones, now=datetime.fromisoformat(document["now"]))
    for said in folded:
        yield None, ("", "", "", f"… and {said} (--verbose shows them)")


def _further_steps(steps: Iterable[Step], changes: Mapping[str, Any], *, coming: bool) -> tuple[list[Step], list[str]]:
    """Return the steps to show in addition to the changes, and texts that count the others."""
    effects = [(each["id"], effect) for each in changes["bulletins"] for effect in each["effects"]]
    shown_above = {(effect["account"], id_, effect["occurrence"]) for id_, effect in effects}
    shown: list[Step] = []
    above: Counter[Action] = Counter()
    others: Counter[Action] = Counter()
    # `rows` folds expired firings itself, and with --until the user wants to see all that comes.
    never_cut = (Action.EXPIRED, Action.WAIT) if coming else (Action.EXPIRED,)
    for step in steps:
        (above if step.firing.key in shown_above else others)[step.action] += 1
        if step.firing.key not in shown_above and (step.action in never_cut or others[step.action] <= _BESIDE_CHANGES):
            shown.append(step)
    cut = {action: others[action] - _BESIDE_CHANGES for action in Action if action not in never_cut}
    more = [f"{count:,} more {ACTIONS[action].label}" for action, count in cut.items() if count > 0]
    said = ", ".join(f"{above[action]:,} {ACTIONS[action].label}" for action in Action if above[action])
    return shown, [*more, *([f"{said} of changed bulletins, shown above"] if said else [])]


def rows(
    steps: Iterable[Step],
    *,
    whole: bool = False,
    coming: bool = False,
    zones: Mapping[str, str] = _NO_ZONES,
    now: datetime | None = None,
) -> Iterator[tuple[Action | None, tuple[str, ...]]]:
    """Return (action, cells) for each row; the cells are action, bulletin, account and reason.

    Changed fields have rows below their step. Unless `whole`, many steps that send nothing are cut, and many expired
    occurrences of one bulletin are one row; a row without action gives their count. With `coming`, waiting steps are
    not cut. `zones` (account → time zone) adds local times to waiting steps. With `now`, warnings are rows too.
    """
    for action, group in groupby(steps, key=lambda step: step.action):
        run = list(group)
        if action is Action.EXPIRED and not whole:
            run, folded = _unfolded(run)
            yield from folded
        is_cut = _is_cut(action) and not (coming and action is Action.WAIT)
        shown = run[:_MOST_ROWS] if is_cut and not whole else run
        for step in shown:
            key = step.firing.key
            label = key.bulletin if key.occurrence == "r1" else f"{key.bulletin} {key.occurrence}"
            reason = _reason(step, zones, coming=coming)
            yield action, (ACTIONS[action].label, *map(printable, (label, key.account, reason)))
            for change in step.changes:
                yield action, ("", "", "", printable(f"  {_edit(change.field, change.old, change.new)}"))
            for warning in () if now is None else step_warnings(step, now):
                yield None, ("", "", "", f"  warning: {warning}")
        if len(shown) < len(run):
            more = f"… and {len(run) - len(shown):,} more {ACTIONS[action].label} (--verbose shows them)"
            yield None, ("", "", "", more)


def _is_cut(action: Action) -> bool:
    return action is Action.EXPIRED or not ACTIONS[action].is_news


def _reason(step: Step, zones: Mapping[str, str], *, coming: bool) -> str:
    """Return the reason; for a waiting step, with the account's local time, and unless `coming` with the next times.

    If the occurrence already contains the time in UTC, the local time replaces it, to keep the line short.
    """
    text = step.reason.text if coming else reason_with_next_times(step)
    at, zone = step.may_go_at or step.firing.occurrence.due_at, zones.get(step.firing.key.account)
    if step.action is not Action.WAIT or at is None or zone is None:
        return text
    at = whole_second(at)  # as the reason has it
    if not (local := time_of_week(at, zone)):
        return text
    instant = utc_text(at)
    if f"({instant})" in text:
        return text  # the reason has the local time
    shown = local if instant in step.firing.key.occurrence else f"{instant} ({local})"
    return text.replace(instant, shown, 1)


def _unfolded(expired: Iterable[Step]) -> tuple[list[Step], list[tuple[Action | None, tuple[str, ...]]]]:
    """Return the steps of bulletins that expired only a few times, and one row for each bulletin that expired often."""
    few, repeated = split_repeated(expired, lambda step: step.firing.key[:2])
    rows: list[tuple[Action | None, tuple[str, ...]]] = []
    for each in repeated:
        account, bulletin, _ = each[0].firing.key
        times = [step.firing.key.occurrence.partition("@")[2] for step in (each[0], each[-1])]
        said = f"{len(each):,} times from {times[0]} to {times[1]} (--verbose shows them); the last {each[-1].reason}"
        cells = (ACTIONS[Action.EXPIRED].label, *map(printable, (bulletin, account, said)))
        rows.append((Action.EXPIRED, cells))
    return few, rows


CHANGE_COLOURS = {"added": "green", "changed": "yellow", "renamed": "yellow", "removed": "red", "unknown": "magenta"}
_USE = {"account": ("goes there", "go there"), "business event": ("raises it", "raise it")}
_SIGNS = {"added": "+", "changed": "~", "renamed": ">", "removed": "-", "unknown": "?"}


def change_rows(changes: Mapping[str, Any]) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Return (kind, cells) for each change since a git ref: sign, subject, effect; edited fields are rows below it."""
    accounts = {effect["account"] for each in changes["bulletins"] for effect in each["effects"]}
    for each in changes["bulletins"]:
        was = f" (was {each['was']})" if each["was"] else ""
        kind, effects = each["kind"], "; ".join(_effects(each, names_accounts=len(accounts) > 1))
        yield kind, (f"{_SIGNS[kind]} {kind}", printable(each["id"] + was), printable(effects))
        if kind in ("changed", "renamed"):
            yield from _field_rows(each["fields"])
        if each["warning"]:
            yield None, ("", "", printable(f"  warning: {each['warning']}"))
    for what, entries in (("account", changes["accounts"]), ("business event", changes["events"])):
        for each in entries:
            goes = (
                ""
                if each["kind"] == "removed"
                else f"{counted(each['bulletins'], 'bulletin')} of the set {_USE[what][each['bulletins'] != 1]}"
            )
            label = (f"{_SIGNS[each['kind']]} {each['kind']}", printable(f"{what} {each['name']}"))
            yield each["kind"], (*label, f"{goes}{still_unsent(each)}")
            if each["kind"] == "changed":
                yield from _field_rows(each["fields"])


def _effects(change: Mapping[str, Any], *, names_accounts: bool) -> Iterator[str]:
    """Yield the different effects of a change, each with its accounts if the changes go to several."""
    found: dict[str, dict[str, None]] = {}
    for effect in change["effects"]:
        found.setdefault(effect["text"], {})[effect["account"]] = None
    yield from (f"in {listed(where)}: {text}" if names_accounts else text for text, where in found.items())


def _field_rows(fields: Iterable[Mapping[str, Any]]) -> Iterator[tuple[None, tuple[str, ...]]]:
    for each in fields:
        origin = " (from the file's defaults)" if each["inherited"] else ""
        yield None, ("", "", printable(f"  {_edit(each['field'], each['old'], each['new'])}{origin}"))


def changes_line(changes: Mapping[str, Any]) -> str:
    """Return the count of changed bulletins by kind: `against main (0123abc): 2 added, 1 changed`."""
    counts = Counter(each["kind"] for each in changes["bulletins"])
    said = ", ".join(f"{counts[kind]:,} {kind}" for kind in _SIGNS if counts[kind]) or "no bulletin changed"
    broken = f"; {counted(changes['base_problems'], 'problem')} there" if changes["base_problems"] else ""
    return f"against {printable(changes['against'])} ({changes['base'][:12]}{broken}): {said}"


def _edit(field: str, old: str | None, new: str | None) -> str:
    return f"{field}: {'nothing' if old is None else repr(old)} → {'nothing' if new is None else repr(new)}"
