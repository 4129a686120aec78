"""One file of a set as the cache keeps it: its values, and hashes and texts of its one-time bulletins.

In: what was built from one file without an error. Out: a `Row` of the store, and an `Entry` from such a row. Pure.

One-time bulletins are most of a large set, and most of them were sent long ago. So that a run need not make an object
for each, a row holds: the hash of each id and of each content, what the ledger is asked about each bulletin, and the
distinct values of the properties for the catalog.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from runner.definitions.cache.store import Row
from runner.definitions.cache.values import (
    ID,
    account_of,
    bulletins_of,
    event_of,
    plain_account,
    plain_bulletin,
    plain_event,
    plain_problem,
    problem_of,
)
from runner.definitions.fingerprint import PREFIX, fingerprint_of_body
from runner.definitions.model import Account, Bulletin, BusinessEvent, Recurrence, Schedule, canonical
from runner.definitions.problem import Problem

DAMAGE = (ValueError, TypeError, KeyError, AttributeError)  # what a text raises that is not of this format


@dataclass(frozen=True, slots=True)
class FileValues:
    """What one file says by itself: values before the rules across files, and what it counts against limits of a set.

    `tables`: the names of the tables that it reads. `totals`: the bulletins, work, values and characters of its
    templates, and the cells of its tables. `warnings`: of the file and its tables.
    """

    file: str
    kind: str
    accounts: tuple[Account, ...] = ()
    events: tuple[BusinessEvent, ...] = ()
    bulletins: tuple[Bulletin, ...] = ()
    tables: tuple[str, ...] = ()
    totals: tuple[int, ...] = (0, 0, 0, 0, 0)
    warnings: tuple[Problem, ...] = ()


class Lookup(NamedTuple):
    """One-time bulletins of a file with equal accounts and revision, for a question to the ledger.

    `packed` is a JSON list with a text for each: its fingerprint, 64 hexadecimal digits, then its id. No accounts means
    the only account of the set.
    """

    accounts: tuple[str, ...]
    revision: int
    size: int
    packed: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the cache knows it. `bulletins` holds the recurring ones only.

    `ids`: hashes of the ids of all its bulletins. `contents`: by accounts, a hash of content and due time for each
    one-time bulletin that the rule on duplicate payloads looks at. `named_accounts`: the lists of accounts that the
    one-time bulletins name.
    """

    key: str
    values: FileValues
    ids: array[int]
    contents: Sequence[tuple[tuple[str, ...], array[int]]]
    named_accounts: tuple[tuple[str, ...], ...]

    @property
    def has_once(self) -> bool:
        """Whether the file has a one-time bulletin."""
        return bool(self.named_accounts)


class CatalogTexts(NamedTuple):
    """What the catalog says something about: for an event, the sets of property names, and the values of each name."""

    names: list[list[str]]
    values: dict[str, list[str]]


def row_of(values: FileValues, key: str, bytes_key: str, place: str, tables: str) -> Row:
    """Return the row for a file without errors."""
    once = [each for each in values.bulletins if not isinstance(each.schedule, Recurrence)]
    recurring = [each for each in values.bulletins if isinstance(each.schedule, Recurrence)]
    groups: dict[tuple[tuple[str, ...], int], list[str]] = {}
    contents: dict[tuple[str, ...], array[int]] = {}
    for each in once:
        body = canonical(each.payload())
        groups.setdefault((each.accounts, each.revision), []).append(_packed(each, body))
        if each.enabled and not each.allow_duplicate:
            contents.setdefault(each.accounts, array("Q")).append(_hash(_content(each, body)))
    head = {
        "file": values.file,
        "kind": values.kind,
        "accounts": [plain_account(each) for each in values.accounts],
        "events": [plain_event(each) for each in values.events],
        "recurring": [plain_bulletin(each) for each in recurring],
        "tables": values.tables,
        "totals": values.totals,
        "warnings": [plain_problem(each) for each in values.warnings],
        "ids": _hex(array("Q", (_hash(each.id.encode()) for each in values.bulletins))),
        "named_accounts": list(dict.fromkeys(each.accounts for each in once)),
        "contents": [[accounts, _hex(hashes)] for accounts, hashes in contents.items()],
    }
    # Two lines for each group, so that the long one reaches the ledger without being parsed here.
    lookups = "\n".join(
        f"{_json([accounts, revision, len(packed)])}\n{_json(packed)}"
        for (accounts, revision), packed in groups.items()
    )
    all_once = [plain_bulletin(each) for each in once]
    return Row(key, bytes_key, place, tables, _json(head), lookups, _json(_catalog_texts(once)), _json(all_once))


def entry_of(key: str, head: str) -> Entry:
    """Return the entry with this head. Raises one of `DAMAGE` if it is none."""
    plain = json.loads(head)
    values = FileValues(
        plain["file"],
        plain["kind"],
        tuple(account_of(each, plain["file"]) for each in plain["accounts"]),
        tuple(event_of(each, plain["file"]) for each in plain["events"]),
        tuple(bulletins_of(plain["recurring"], plain["file"])),
        tuple(plain["tables"]),
        tuple(plain["totals"]),
        tuple(map(problem_of, plain["warnings"])),
    )
    contents = [(tuple(accounts), _of_hex(hashes)) for accounts, hashes in plain["contents"]]
    named_accounts = tuple(map(tuple, plain["named_accounts"]))
    return Entry(key, values, _of_hex(plain["ids"]), contents, named_accounts)


def lookups_of(lookups: str) -> list[Lookup]:
    """Return what the ledger is asked about the one-time bulletins of a file. Raises one of `DAMAGE`."""
    lines = lookups.split("\n")
    found = []
    for first, packed in zip(lines[::2], lines[1::2], strict=True):
        accounts, revision, size = json.loads(first)
        found.append(Lookup(tuple(accounts), revision, size, packed))
    return found


def once_of(bulletins: str, file: str, ids: Iterable[str] | None) -> list[Bulletin]:
    """Return the one-time bulletins of a file with these ids; all with None. Raises one of `DAMAGE`."""
    plain = json.loads(bulletins)
    wanted = None if ids is None else set(ids)
    return list(bulletins_of((each for each in plain if wanted is None or each[ID] in wanted), file))


def catalog_texts_of(texts: str) -> dict[str, CatalogTexts]:
    """Return the texts by business event. Raises one of `DAMAGE`."""
    return {event: CatalogTexts(*each) for event, each in json.loads(texts).items()}


def _catalog_texts(bulletins: Iterable[Bulletin]) -> dict[str, Any]:
    names: dict[str, dict[tuple[str, ...], None]] = {}
    values: dict[str, dict[str, dict[str, None]]] = {}
    for bulletin in bulletins:
        names.setdefault(bulletin.business_event, {})[tuple(bulletin.properties)] = None
        of_event = values.setdefault(bulletin.business_event, {})
        for name, value in bulletin.properties.items():
            of_event.setdefault(name, {})[value] = None
    return {
        event: [list(sets), {name: list(each) for name, each in values[event].items()}] for event, sets in names.items()
    }


def _packed(bulletin: Bulletin, body: bytes) -> str:
    due_at = bulletin.schedule.at if isinstance(bulletin.schedule, Schedule) else None
    return fingerprint_of_body(body, due_at).removeprefix(PREFIX) + bulletin.id


def _content(bulletin: Bulletin, body: bytes) -> bytes:
    due_at = bulletin.schedule.at.isoformat() if isinstance(bulletin.schedule, Schedule) else ""
    return body + due_at.encode()


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")


def _hex(hashes: array[int]) -> str:
    return hashes.tobytes().hex()


def _of_hex(text: str) -> array[int]:
    found = array("Q")
    found.frombytes(bytes.fromhex(text))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
