"""What the plans of a release are compared with: what an earlier release recorded of the same set and ledger.

Takes the JSON of `bulletins plan` and the lines of `bulletins ledger export`, and nothing of the program's inside.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

NOW = "2026-06-08T12:00:00Z"  # a few hours after the last run
BEGIN, END = "2011-12-01T00:00:00Z", "2026-07-01T00:00:00Z"
BLOCKING = ("claimed", "fired", "in_doubt")  # states of a firing that nobody may send again
SENT = ("done", "changed", "in_doubt", "claimed")  # actions of a firing that was sent, or may have been


class Key(NamedTuple):
    """Which firing."""

    account: str
    id: str
    occurrence: str


class Planned(NamedTuple):
    """One firing of a plan: its key, its action, and what the ledger knows it by."""

    key: Key
    action: str
    due_at: str
    expires_at: str
    payload_hash: str
    fingerprint: str


class Expected(NamedTuple):
    """What the earlier release planned: the action is that at NOW, empty where only the calendar shows the firing."""

    action: str
    due_at: str
    expires_at: str
    payload_hash: str
    fingerprint: str


def now_arguments() -> list[str]:
    """The command that plans at NOW."""
    return ["plan", "--now", NOW, "--format", "json"]


def calendar_arguments() -> list[str]:
    """The command that shows every occurrence from the first to the last."""
    return ["plan", "--now", BEGIN, "--until", END, "--format", "json"]


def read_plan(text: str) -> list[Planned]:
    """The firings of a plan's JSON."""
    return [
        Planned(
            Key(each["account"], each["id"], each["occurrence"]),
            each["action"],
            each["due_at"] or "",
            each["expires_at"] or "",
            hash_of(each["payload"]),
            each["fingerprint"],
        )
        for each in json.loads(text)["firings"]
    ]


def hash_of(payload: Any) -> str:
    """The hash of a payload's canonical JSON, calculated here and not by the program."""
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def write_expected(path: Path, at_now: Iterable[Planned], calendar: Iterable[Planned]) -> None:
    """Records both plans in one table."""
    rows = {each.key: each._replace(action="") for each in calendar}
    rows |= {each.key: each for each in at_now}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*Key._fields, *Expected._fields])
        writer.writerows([*key, *each[1:]] for key, each in sorted(rows.items()))


def read_expected(path: Path) -> dict[Key, Expected]:
    """The table of `write_expected`."""
    with path.open(encoding="utf-8", newline="") as file:
        return {Key(*row[:3]): Expected(*row[3:]) for row in list(csv.reader(file))[1:]}


def rows_of(export: str, kind: str = "firing") -> list[dict[str, Any]]:
    """The rows of one table in an export of a ledger."""
    return [record[kind] for record in map(json.loads, export.splitlines()) if kind in record]


def key_of(row: Mapping[str, Any]) -> Key:
    """The key of a firing's row."""
    return Key(row["account"], row["bulletin"], row["occurrence"])


def read_intended(path: Path) -> dict[Key, str]:
    """The firings that a release changes on purpose, with the reason: a line each, below the names of the columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return {Key(*row[:3]): row[3] for row in list(csv.reader(file))[1:]}


def differences(
    expected: Mapping[Key, Expected],
    rows: Iterable[Mapping[str, Any]],
    at_now: Sequence[Planned],
    calendar: Sequence[Planned],
    intended: Collection[Key] = (),
) -> list[str]:
    """What is not as the earlier release left it, one line for each difference; an upgrade must make none.

    A firing among the `intended` may differ. If it was sent, its action has to be `changed`.
    """
    planned_now = {each.key: each for each in at_now}
    planned = {each.key: each for each in calendar} | planned_now
    blocking = {key_of(row): row for row in rows if row["state"] in BLOCKING}
    found = [f"{each.key} would be sent: {each.action}" for each in at_now if each.action in ("fire", "retry")]
    found += [f"{key} is new" for key in planned.keys() - expected.keys()]
    for key, before in expected.items():
        if key not in planned or (before.action and key not in planned_now):
            found.append(f"{key} is missing")
        elif key not in intended:
            found += [f"{key} {each}" for each in _differing(before, planned[key])]
        elif key in blocking and planned[key].action != "changed":
            found.append(f"{key} is an intended change, and its action is {planned[key].action}")
    for each in calendar:
        if each.key in blocking and each.action not in SENT:
            found.append(f"{each.key} was sent, and its action is {each.action}")
        if each.action == "done" and each.key in blocking and each.payload_hash != hash_of_row(blocking[each.key]):
            found.append(f"{each.key} was sent with another payload")
    return sorted(found)


def _differing(before: Expected, planned: Planned) -> list[str]:
    now = Expected(planned.action if before.action else "", *planned[2:])
    pairs = zip(Expected._fields, before, now, strict=True)
    return [f"{name}: {old} before, {new} now" for name, old, new in pairs if old != new]


def hash_of_row(row: Mapping[str, Any]) -> str:
    """The hash of the bytes that were sent, calculated here and not by the program."""
    return "sha256:" + hashlib.sha256(row["payload"].encode()).hexdigest()
