"""Plan as Markdown for reviewers: what is sent, to which account, and when. In: the plan's document. Out: the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runner.definitions.suggest import counted
from runner.plan.decide import Action
from runner.report.counts import (
    action_counts,
    bulletins_of,
    by_account,
    distinct_effects,
    merging,
    moves,
    only_later,
    sent_now,
    still_unsent,
)
from runner.report.document.budget_estimate import expires_first
from runner.report.document.entry_text import place
from runner.report.document.plan import until_of
from runner.report.document.problem_entries import definition_warnings
from runner.report.local_time import zones_of
from runner.report.markdown.cells import bulletin_cell, id_cell
from runner.report.markdown.markup import Block, code, escape, fenced, folded, page, table
from runner.report.markdown.plan_table import firings_table
from runner.report.markdown.problems import problems_table
from runner.report.safe_text import printable
from runner.report.vocabulary import ACTIONS

_KINDS = {
    "added": "➕ added",
    "changed": "✏️ edited",
    "renamed": "🔁 renamed",
    "removed": "➖ removed",
    "unknown": "❔ unknown",
}
_MOST_KEPT = 20  # lines of a part that is never cut
_MOST_OPEN = 5  # warnings about the definitions that are not folded
_SENDS = tuple(action for action in Action if action.sends)


def plan_markdown(document: Mapping[str, Any]) -> str:
    """Return the page: against a git ref, what changed and what merging does; else what would be sent."""
    if document["changes"] is None:
        return page(_plan_alone(document))
    return page(_with_changes(document, document["changes"]))


def _with_changes(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[Block]:
    bulletins = changes["bulletins"]
    yield Block([f"**{escape(' '.join(merging(document)))}**", ""], kept=True)
    yield Block([f"> {line}\n" for line in _notes(document, changes)[:_MOST_KEPT]], kept=True)
    yield from _warnings(document)
    renames = [each for each in bulletins if each["warning"]]
    yield Block([], [f"> ⚠️ {id_cell(each['id'])}: {escape(each['warning'])}\n" for each in renames])
    if bulletins:
        zones = zones_of(document)
        header = ["", "bulletin", "account", "what merging does"]
        yield table(header, [row for change in bulletins for row in _change_rows(change, zones)])
    shared = [*(("account", each) for each in changes["accounts"]), *(("event", each) for each in changes["events"])]
    if shared:
        lines = [f"- {_shared(kind, each)}" for kind, each in shared]
        more = [f"- and {len(lines) - _MOST_KEPT:,} more"] if len(lines) > _MOST_KEPT else []
        yield Block([*lines[:_MOST_KEPT], *more, ""], kept=True)
    if edited := [change for change in bulletins if change["kind"] in ("changed", "renamed") and change["fields"]]:
        pieces = ["\n".join([*_diff(change), ""]) for change in edited]
        yield folded(f"What was edited ({len(edited):,})", Block([], pieces))
    yield folded(
        f"The whole plan: {_counts(document)}{_up_to(document)}", firings_table(document["firings"], zones_of(document))
    )
    yield _footer(document, f"Against {id_cell(changes['against'])} at {code(changes['base'][:12])}")


def _plan_alone(document: Mapping[str, Any]) -> Iterator[Block]:
    zones, until = zones_of(document), until_of(document)
    sends = sent_now(document)
    where = escape(by_account(each for each in document["firings"] if each["action"] in _SENDS))
    said = f"{bulletins_of(sends)} would be sent now ({where})" if sends else "Nothing would be sent now"
    yield Block([f"**{said}.** {_counts(document)}.{_up_to(document)}", ""])
    yield from _warnings(document)
    # With --until, the user wants to see all that comes.
    shown = [name for name, term in ACTIONS.items() if term.is_news or (until and name == Action.WAIT)]
    others = [each for each in document["firings"] if each["action"] not in shown]
    news = [each for name in shown for each in document["firings"] if each["action"] == name]
    if news := [*filter(expires_first, others), *news]:
        yield firings_table(news, zones)
    if rest := [each for each in others if not expires_first(each)]:
        yield folded(f"The rest ({len(rest):,})", firings_table(rest, zones))
    yield _footer(document)


def _warnings(document: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the warnings about the definitions: a few openly, many folded behind their count."""
    if not (found := definition_warnings(document)):
        return
    shown = problems_table(found)
    if len(found) > _MOST_OPEN:
        yield folded(f"⚠️ {counted(len(found), 'warning')} about the definitions", shown)
    else:
        yield Block([f"> ⚠️ The definitions have {counted(len(found), 'warning')}.", ""], kept=True)
        yield shown


def _notes(document: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Return notes on the whole page: no ledger, problems at the base, accounts that move to other people."""
    lines = []
    if document["ledger"] is None:
        lines.append("There is no ledger here: the plan assumes that nothing was sent before.")
    if changes["base_problems"]:
        said = counted(changes["base_problems"], "problem")
        lines.append(f"⚠️ The definitions at the base have {said}; what could not be read there counts as added.")
    for each in filter(moves, changes["accounts"]):
        lines.append(f"⚠️ the account {id_cell(each['name'])} moves: {escape(_fields(each['fields']))}")
    return lines


def _change_rows(change: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[list[str]]:
    kind = _KINDS[change["kind"]]
    label = bulletin_cell(change)
    if change["was"]:
        label += f"<br>was {id_cell(change['was'])}"
    by_text: dict[str, list[str]] = {} if change["effects"] else {"": []}
    for effect, times in distinct_effects(change["effects"]):
        account = escape(effect["account"]) + (f" ({times})" if times else "")
        by_text.setdefault(_effect(effect, change.get("recurrence")), []).append(account)
    for text, accounts in by_text.items():
        yield [kind, label, ", ".join(accounts), text]
        kind = label = ""


def _effect(effect: Mapping[str, Any], recurrence: Mapping[str, Any] | None) -> str:
    text = escape(effect["text"])
    if recurrence is not None:
        text = text.replace(escape(f"`{recurrence['cron']}`"), code(recurrence["cron"]))
    return f"**{text}**" if effect["action"] in (*_SENDS, "wait") else text


def _shared(kind: str, change: Mapping[str, Any]) -> str:
    what = "account" if kind == "account" else "business event"
    said = f"{_KINDS[change['kind']]}: {what} {id_cell(change['name'])}"
    if change["fields"] and change["kind"] == "changed":
        said += f": {escape(_fields(change['fields']), longest=400)}"
    if change["kind"] != "removed":
        verb = {"account": ("goes there", "go there"), "event": ("raises it", "raise it")}[kind]
        said += f"; {counted(change['bulletins'], 'bulletin')} {verb[change['bulletins'] != 1]}"
    return said + still_unsent(change)


def _fields(fields: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(f"{each['field']} {_value(each['old'])} → {_value(each['new'])}" for each in fields)


def _value(value: str | None) -> str:
    return "nothing" if value is None else value


def _diff(change: Mapping[str, Any]) -> list[str]:
    lines = []
    for each in change["fields"]:
        origin = "  (from the file's defaults)" if each["inherited"] else ""
        old, new = _distinguishable(each["old"], each["new"])
        lines += [f"- {each['field']}: {old}"] if old is not None else []
        lines += [f"+ {each['field']}: {new}{origin}"] if new is not None else []
    was = f" (was {id_cell(change['was'])})" if change["was"] else ""
    return [f"{id_cell(change['id'])}{was}, {escape(place(change))}", "", *fenced(lines, "diff")]


def _distinguishable(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Return both sides of an edit; quoted and with escapes if they look the same, such as by invisible characters."""
    if old is None or new is None or _look(old) != _look(new):
        return old, new
    return repr(old), repr(new)


def _look(text: str) -> str:
    shown = "".join(" " if each.isspace() else each for each in printable(text) if each.isprintable() or each.isspace())
    return shown.rstrip()


def _counts(document: Mapping[str, Any]) -> str:
    return action_counts(document) or "No firings"


def _up_to(document: Mapping[str, Any]) -> str:
    """Return the end of the shown time, and the count of firings after it."""
    until, later = until_of(document), only_later(document)
    return "" if until is None else f" Up to {until}{'; ' if later else ''}{later}."


def _footer(document: Mapping[str, Any], *parts: str) -> Block:
    ledger = "no ledger" if document["ledger"] is None else f"ledger {code(document['ledger'])}"
    commit = f"commit {code(document['git']['commit'][:12])}" if document["git"] else ""
    dirty = " with edits" if document["git"] and document["git"]["dirty"] else ""
    said = [*parts, f"{commit}{dirty}", ledger, f"planned {escape(document['now'])}"]
    return Block(["", f"<sub>{' · '.join(part for part in said if part)}</sub>"], kept=True)
