"""Counts in words, for all formats: of bulletins, firings, actions of a plan, and what merging does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.definitions.suggest import counted
from runner.plan.decide import Action
from runner.plan.review.compare import MOVES
from runner.report.local_time import local_time, zones_of
from runner.report.vocabulary import ACTIONS

_SENDS = tuple(action for action in Action if action.sends)
_STOPPED = (None, Action.DISABLED, Action.EXPIRED, Action.DUPLICATE)  # None: it was removed
_Effects = Sequence[tuple[str, Mapping[str, Any]]]  # each with the id of its bulletin


def bulletins_of(ids: Iterable[str]) -> str:
    """Count bulletins, given one id for each firing: `5 bulletins`, or `6 firings of 5 bulletins`."""
    ids = list(ids)
    different = counted(len(set(ids)), "bulletin")
    return different if len(set(ids)) == len(ids) else f"{counted(len(ids), 'firing')} of {different}"


def sent_now(document: Mapping[str, Any]) -> list[str]:
    """Return the ids of bulletins that a plan sends now, one for each firing."""
    return [each["id"] for each in document["firings"] if Action(each["action"]).sends]


def action_counts(document: Mapping[str, Any]) -> str:
    """Count the actions of a plan: `3 fire, 9 wait (2 for a budget)`; empty without firings.

    Expired firings that no run has reported yet are counted too.
    """
    summary = document["summary"]
    held_back = sum(each.get("may_go_at") is not None for each in document["firings"])
    more = {"wait": f" ({held_back:,} for a budget)" if held_back else "", "expired": unreported(document)}
    return ", ".join(
        f"{summary[action]:,} {ACTIONS[action].label}{more.get(action, '')}" for action in Action if summary[action]
    )


def unreported(document: Mapping[str, Any]) -> str:
    """Count the expired firings that no run has reported: ` (2 not reported yet)`; empty if none, or without ledger."""
    count, expired = document["summary"].get("newly_expired", 0), document["summary"]["expired"]
    return "" if not count else " (not reported yet)" if count == expired else f" ({count:,} not reported yet)"


def only_later(document: Mapping[str, Any]) -> str:
    """Count what a plan leaves out after its end: `3 more come only after that`; empty if nothing."""
    count = document["summary"].get("later", 0)
    return f"{count:,} more {'comes' if count == 1 else 'come'} only after that" if count else ""


def by_account(entries: Iterable[Mapping[str, Any]]) -> str:
    """Count entries by account: `2 in india, 1 in europe`."""
    counts = Counter(entry["account"] for entry in entries)
    return ", ".join(f"{count:,} in {account}" for account, count in counts.items())


def distinct_effects(effects: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], str]]:
    """Return the different effects of a change in each account, each with how often it occurs, such as `3 times`.

    The count is empty for a single effect, and if the text already contains it.
    """
    alike: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for effect in effects:
        alike.setdefault((effect["account"], effect["text"]), []).append(effect)
    distinct = []
    for (_, text), each in alike.items():
        times = f"{len(each):,} times"
        distinct.append((each[0], "" if len(each) == 1 or text.startswith(f"{times} ") else times))
    return distinct


def moves(change: Mapping[str, Any]) -> bool:
    """Report whether a change of an account moves its bulletins to other people."""
    return change["kind"] == "changed" and any(each["field"] in MOVES for each in change["fields"])


def merging(document: Mapping[str, Any]) -> list[str]:
    """Describe in sentences what merging does, from a plan against a git ref: what it sends, edits, stops and moves.

    An edited bulletin that would be sent anyway counts as edited, not as sent. Names in the text are not escaped.
    """
    changes = document["changes"]
    zones = zones_of(document)
    known = [each for each in changes["bulletins"] if each["kind"] != "unknown"]
    sends, edits, stopped = _by_what_it_does(known, _held_back(document))
    said = []
    if sent := _goes_out(sends, zones):
        said.append(f"sends {sent}.")
    elif not any(edits):
        said.append("sends nothing.")
    if edited := _goes_out(edits, zones, edited=True):
        said.append(f"edits {edited}.")
    if stopped:
        said.append(f"stops {_those(stopped)} that would have gone out{_where(stopped)}.")
    moving = sum(each.get("unsent", 0) for each in changes["accounts"] if moves(each))
    moved = [f"{moving:,} not sent yet would reach other people: their account moves."] if moving else []
    unknown = len(changes["bulletins"]) - len(known)
    if not unknown:
        return [f"Merging this {said[0]}", *(f"It {each}" for each in said[1:]), *moved]
    not_fetched = f"Nobody can see here whether {counted(unknown, 'bulletin')} changed: "
    not_fetched += "their files are in Git LFS, and were not fetched for the base."
    return [not_fetched, f"Of the others, merging this {said[0]}", *(f"It {each}" for each in said[1:]), *moved]


_Going = tuple[_Effects, _Effects, _Effects]  # as soon as fire runs, later, again and again
_Key = tuple[str, str, str]  # bulletin, account, occurrence


def _held_back(document: Mapping[str, Any]) -> set[_Key]:
    """Return the firings that are held back by a budget."""
    held = (each for each in document["firings"] if each.get("may_go_at") is not None)
    return {(each["id"], each["account"], each["occurrence"]) for each in held}


def _by_what_it_does(
    changes: Iterable[Mapping[str, Any]], held_back: Container[_Key]
) -> tuple[_Going, _Going, _Effects]:
    """Sort the effects: sent because of the change, edited but sent anyway, and no longer sent.

    A firing held back by a budget is a single one, also of a recurring bulletin: it is sent later, once.
    """
    sends: tuple[list[Any], ...] = ([], [], [])
    edits: tuple[list[Any], ...] = ([], [], [])
    stopped = []
    for change in changes:
        for effect in change["effects"]:
            action, would_go = effect["action"], effect.get("would_go", False)
            going = edits if would_go else sends
            if action in _SENDS:
                going[0].append((change["id"], effect))
            elif action == Action.WAIT:
                is_once = (change["id"], effect["account"], effect["occurrence"]) in held_back
                going[2 if "recurrence" in change and not is_once else 1].append((change["id"], effect))
            elif would_go and action in _STOPPED:
                stopped.append((change["id"], effect))
    return (sends[0], sends[1], sends[2]), (edits[0], edits[1], edits[2]), stopped


def _goes_out(going: _Going, zones: Mapping[str, str], *, edited: bool = False) -> str:
    """Return `1 bulletin as soon as fire runs (1 in india) and 2 bulletins later (2 in india), the first on …`."""
    now, later, again = going
    said = []
    if now:
        said.append(f"{_those(now)}{_that(now, edited)} as soon as fire runs{_where(now)}")
    if later:
        first = f"{'the first ' if len(later) > 1 else ''}on {_first(later, zones)}"
        said.append(f"{_those(later)}{_that(later, edited)} later{_where(later)}, {first}")
    if again:
        first = f"next on {_first(again, zones)}" if edited else f"from {_first(again, zones)} on"
        said.append(f"{_those(again)}{_that(again, edited)} again and again{_where(again)}, {first}")
    and_ = ", and " if later and again else " and "  # the part about later ones ends with a time
    return and_.join(filter(None, [", ".join(said[:-1]), *said[-1:]]))


def _those(effects: _Effects) -> str:
    return bulletins_of(id_ for id_, _ in effects)


def _that(effects: _Effects, edited: bool) -> str:
    if not edited:
        return ""
    return " that goes out" if len(effects) == 1 else " that go out"


def still_unsent(change: Mapping[str, Any]) -> str:
    """Count unsent firings of a changed account: `; 2 that went there before are not sent yet`; empty if none."""
    count = change.get("unsent", 0)
    return f"; {count:,} that went there before {'is' if count == 1 else 'are'} not sent yet" if count else ""


def _where(effects: _Effects) -> str:
    return f" ({by_account(effect for _, effect in effects)})"


def _first(effects: _Effects, zones: Mapping[str, str]) -> str:
    first = min((effect for _, effect in effects), key=lambda effect: str(effect["due_at"]))
    return local_time(datetime.fromisoformat(first["due_at"]), zones.get(first["account"], "UTC"))
