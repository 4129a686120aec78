"""Export and import format of a ledger: JSON lines with a header, the rows of each table by id, and an end line.

The end line counts the rows, so that a truncated file is noticed. SQLite and PostgreSQL give the same bytes. Slots are
left out, because they are meaningless without live runs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Float, Integer, select

from runner.errors import ErrorCode, UserError
from runner.ledger.database.migrations import event_of
from runner.ledger.database.tables import (
    SCHEMA_VERSION,
    Instant,
    acceptances,
    attempts,
    firings,
    instant_text,
    is_instant,
    ledger,
    report_entries,
    resolutions,
    runs,
    watches,
)
from runner.plan.history import State

FORMAT = "bulletins-ledger"
# In this order, so that each row comes after the rows that it refers to.
TABLES = {
    "report_entries": report_entries,
    "run": runs,
    "firing": firings,
    "attempt": attempts,
    "resolution": resolutions,
    "watch": watches,
    "acceptance": acceptances,
}
_SINCE = {"watch": 3, "acceptance": 4, "report_entries": 4}  # kind of row -> the version that introduced it
UNNUMBERED = 0  # the number of a run from an export without run numbers
# Kind of row -> column -> the version that introduced it, and its value for a row of an older version.
_ADDED: Mapping[str, Mapping[str, tuple[int, Callable[[Mapping[str, Any]], Any]]]] = {
    "run": {
        "number": (4, lambda row: UNNUMBERED),
        "summary": (4, lambda row: None),
        "entries": (4, lambda row: None),
    },
    "firing": {
        "business_event": (3, lambda row: event_of(str(row.get("payload")))),
        "local_due": (4, lambda row: None),
        "reporter": (4, lambda row: None),  # no reporter: it counts as reported
        "reported_at": (4, lambda row: None),
    },
}
_VERSIONS = range(2, SCHEMA_VERSION + 1)
_NOT_WHOLE_HELP = "Export it again; nothing was imported."


@dataclass(frozen=True, slots=True)
class Header:
    """The ledger from which an export was made."""

    id: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One row of an export: its kind, a key of `TABLES`, and its columns."""

    kind: str
    values: dict[str, Any]


def dump(connection: Connection) -> Iterator[str]:
    """Yield the lines of an export, each with its line end."""
    made = connection.execute(select(ledger)).one()
    about = {"id": made.id, "created_at": written(made.created_at), "created_by": made.created_by}
    yield _line({"format": FORMAT, "version": made.version, "ledger": about})
    counts = dict.fromkeys(TABLES, 0)
    for kind, table in TABLES.items():
        for row in connection.execute(select(table).order_by(*table.primary_key)):
            counts[kind] += 1
            yield _line({kind: {name: written(value) for name, value in row._mapping.items()}})
    yield _line({"end": counts})


def written(value: Any) -> Any:
    """Return a column's value as written to JSON."""
    return instant_text(value) if isinstance(value, datetime) else value


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":")) + "\n"  # ASCII, which every stream encodes alike


def parse(lines: Iterable[str]) -> tuple[Header, Iterator[ExportRow]]:
    """Return the header and an iterator over the rows of an export.

    The call and the iterator raise UserError if the export is invalid or incomplete. Read the iterator to its end: only
    then is it certain that no row is missing.
    """
    numbered = enumerate(lines, 1)
    try:
        _, first = next(numbered)
        version, header = _header(first)
    except StopIteration:
        raise UserError(
            ErrorCode.NOT_AN_EXPORT, "this is not an export of a ledger: it is empty", help=_NOT_WHOLE_HELP
        ) from None
    return header, _records(numbered, version)


def _header(line: str) -> tuple[int, Header]:
    record = _parsed(line, 1)
    if record.get("format") != FORMAT:
        raise UserError(
            ErrorCode.NOT_AN_EXPORT,
            "this is not an export of a ledger: its first line is not the header of an export",
            help="Make an export with: bulletins ledger export. Nothing was imported.",
        )
    version = record.get("version")
    if not isinstance(version, int) or version not in _VERSIONS:
        raise UserError(
            ErrorCode.EXPORT_VERSION,
            f"the export has version {version}, but this program reads versions {_VERSIONS[0]} to {_VERSIONS[-1]}",
            help="Export and import with the same version of bulletins. Nothing was imported.",
        )
    values = _checked(record.get("ledger"), [ledger.c[name] for name in ("id", "created_at", "created_by")], 1)
    return version, Header(**values)


def _records(numbered: Iterator[tuple[int, str]], version: int) -> Iterator[ExportRow]:
    counts = dict.fromkeys((kind for kind in TABLES if version >= _SINCE.get(kind, 0)), 0)
    number = 1
    for number, line in numbered:
        record = _parsed(line, number)
        kind = next(iter(record), "")
        if kind == "end":
            if record["end"] != counts or next(numbered, None) is not None:
                raise _not_whole(number, "the end line does not match the rows before it, or more lines follow")
            return
        if kind not in counts or len(record) != 1:
            raise _not_whole(number, "this is not a row of a ledger")
        counts[kind] += 1
        yield ExportRow(kind, _checked(_completed(kind, record[kind], version), TABLES[kind].c, number))
    raise _not_whole(number, "the end line is missing: the file is truncated")


def _completed(kind: str, values: object, version: int) -> object:
    """Return a row with the columns that its older version did not have."""
    if not isinstance(values, dict):
        return values
    added = _ADDED.get(kind, {}).items()
    return {**values, **{name: of(values) for name, (since, of) in added if version < since and name not in values}}


def _parsed(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _not_whole(number, "this is not JSON") from None
    if not isinstance(value, dict):
        raise _not_whole(number, "this is not a row of a ledger")
    return value


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _checked(values: object, columns: Iterable[Column[Any]], number: int) -> dict[str, Any]:
    columns = list(columns)
    if not isinstance(values, dict) or values.keys() != {column.name for column in columns}:
        raise _not_whole(number, "this is not a row of a ledger: it has other columns")
    checked = {}
    for column in columns:
        value = values[column.name]
        try:
            checked[column.name] = None if value is None and column.nullable else _reader(column)(value)
        except (TypeError, ValueError):
            raise _not_whole(number, f"{json.dumps(value)[:80]} is not a valid value for {column.name}") from None
    return checked


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    """Return a function from a JSON value to the column's value; it raises TypeError or ValueError if invalid."""
    if column.type.__class__ is Instant:
        return _moment
    if column is firings.c.state:
        return lambda value: State(value).value
    for kind, types in ((Boolean, (bool,)), (Integer, (int,)), (Float, (float, int))):
        if isinstance(column.type, kind):
            return partial(_of_type, types)
    return partial(_of_type, (str,))


def _of_type(types: tuple[type, ...], value: Any) -> Any:
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise TypeError(value)
    if isinstance(value, int) and not -(2**31) <= value < 2**31:  # the range of both databases
        raise ValueError(value)
    if isinstance(value, str):
        value.encode()  # ValueError for half a surrogate pair: valid in JSON, refused by databases
    return value


def _moment(value: Any) -> datetime:
    if not is_instant(value):
        raise ValueError(value)
    return datetime.fromisoformat(value)


def _not_whole(number: int, what: str) -> UserError:
    return UserError(ErrorCode.EXPORT_INCOMPLETE, f"line {number} of the export: {what}", help=_NOT_WHOLE_HELP)
