"""Plan as Markdown for reviewers: what is sent, to which account, and when. In: the plan's document. Out: the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from runner.plan.decide import Action
from runner.report.annotations.findings import place
from runner.report.counts import (
    action_counts,
    bulletins_of,
    by_account,
    counted,
    distinct_effects,
    merging,
    moves,
    only_later,
    sent_now,
    still_unsent,
)
from runner.report.document.budget_estimate import budget_allows_at, expires_first
from runner.report.document.plan import until_of
from runner.report.document.repeated_bulletins import bulletin_of, split_repeated
from runner.report.local_time import local_time, zones_of
from runner.report.markdown.markup import Block, code, escape, fenced, folded, page, table
from runner.report.safe_text import printable

_NAME = 60  # characters of a name in a table
_ID = 120
_KINDS = {"added": "➕ added", "changed": "✏️ edited", "renamed": "🔁 renamed", "removed": "➖ removed"}
_MOST_KEPT = 20  # lines of a part that is never cut
_SENDS = tuple(action for action in Action if action.sends)
# Actions that a plan without changes shows unfolded, the most urgent first.
_NEWS = ("in_doubt", "duplicate", "changed", "expired", *_SENDS, "claimed")
_WORDS = {"in_doubt": "in doubt"}


def plan_markdown(document: Mapping[str, Any]) -> str:
    """Return the page: against a git ref, what changed and what merging does; else what would be sent."""
    if document["changes"] is None:
        return page(_plan_alone(document))
    return page(_with_changes(document, document["changes"]))


def _with_changes(document: Mapping[str, Any], changes: Mapping[str, Any]) -> Iterator[Block]:
    bulletins = changes["bulletins"]
    yield Block([f"**{escape(' '.join(merging(document)))}**", ""], kept=True)
    yield Block([f"> {line}\n" for line in _notes(document, changes)[:_MOST_KEPT]], kept=True)
    renames = [each for each in bulletins if each["warning"]]
    yield Block([], [f"> ⚠️ {code(each['id'], longest=_ID)}: {escape(each['warning'])}\n" for each in renames])
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
        f"The whole plan: {_counts(document)}{_up_to(document)}", _table_of(document["firings"], zones_of(document))
    )
    yield _footer(document, f"Against {code(changes['against'], longest=_ID)} at {code(changes['base'][:12])}")


def _plan_alone(document: Mapping[str, Any]) -> Iterator[Block]:
    zones, until = zones_of(document), until_of(document)
    sends = sent_now(document)
    where = escape(by_account(each for each in document["firings"] if each["action"] in _SENDS))
    said = f"{bulletins_of(sends)} would be sent now ({where})" if sends else "Nothing would be sent now"
    yield Block([f"**{said}.** {_counts(document)}.{_up_to(document)}", ""])
    shown = (*_NEWS, *(["wait"] if until else []))  # with --until, the user wants to see all that comes
    others = [each for each in document["firings"] if each["action"] not in shown]
    news = [each for name in shown for each in document["firings"] if each["action"] == name]
    if news := [*filter(expires_first, others), *news]:
        yield _table_of(news, zones)
    if rest := [each for each in others if not expires_first(each)]:
        yield folded(f"The rest ({len(rest):,})", _table_of(rest, zones))
    yield _footer(document)


def _notes(document: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Return notes on the whole page: no ledger, problems at the base, accounts that move to other people."""
    lines = []
    if document["ledger"] is None:
        lines.append("There is no ledger here: the plan assumes that nothing was sent before.")
    if changes["base_problems"]:
        said = counted(changes["base_problems"], "problem")
        lines.append(f"⚠️ The definitions at the base have {said}; what could not be read there counts as added.")
    for each in filter(moves, changes["accounts"]):
        lines.append(f"⚠️ the account {code(each['name'], longest=_ID)} moves: {escape(_fields(each['fields']))}")
    return lines


def _change_rows(change: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[list[str]]:
    kind = _KINDS[change["kind"]]
    label = _label(change)
    if change["was"]:
        label += f"<br>was {code(change['was'], longest=_ID)}"
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
    said = f"{_KINDS[change['kind']]}: {what} {code(change['name'], longest=_ID)}"
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
    was = f" (was {code(change['was'], longest=_ID)})" if change["was"] else ""
    return [f"{code(change['id'], longest=_ID)}{was}, {escape(place(change))}", "", *fenced(lines, "diff")]


def _distinguishable(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Return both sides of an edit; quoted and with escapes if they look the same, such as by invisible characters."""
    if old is None or new is None or _look(old) != _look(new):
        return old, new
    return repr(old), repr(new)


def _look(text: str) -> str:
    shown = "".join(" " if each.isspace() else each for each in printable(text) if each.isprintable() or each.isspace())
    return shown.rstrip()


def _table_of(firings: Iterable[Mapping[str, Any]], zones: Mapping[str, str]) -> Block:
    rows = (
        row
        for action, group in groupby(firings, key=lambda each: str(each["action"]))
        for row in (_expired_rows(group, zones) if action == "expired" else (_row(each, zones) for each in group))
    )
    return table(["action", "bulletin", "account", "due", "why"], rows)


def _row(firing: Mapping[str, Any], zones: Mapping[str, str]) -> list[str]:
    return [
        _WORDS.get(firing["action"], firing["action"]),
        _label(firing),
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
            "expired",
            f"{code(each[0]['id'], longest=_ID)} {len(each):,} times",
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


def _label(entry: Mapping[str, Any]) -> str:
    occurrence = entry.get("occurrence", "r1")
    again = "" if occurrence == "r1" else f" {escape(occurrence)}"
    return f"{code(entry['id'], longest=_ID)}{again} {escape(entry['name'], longest=_NAME)}"


def _local(instant: str, zone: str) -> str:
    return escape(local_time(datetime.fromisoformat(instant), zone))


def _counts(document: Mapping[str, Any]) -> str:
    return action_counts(document, _WORDS) or "No firings"


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
