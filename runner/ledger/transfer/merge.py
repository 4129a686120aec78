"""Merge the rows of an exported ledger into this one. Functions over a transaction.

The rule. A record never becomes less certain, and merging twice changes nothing. If both ledgers hold a firing as sent
or perhaps sent, the more certain row counts: fired before in doubt before claimed. The other row is kept as released.

A run keeps its number if both are the same ledger and the number is free. Otherwise, it becomes the newest run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, exists, select, update

from runner.errors import ErrorCode, UserError
from runner.ledger.database import locks
from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import (
    BLOCKING_ROWS,
    KEY,
    acceptances,
    attempts,
    firings,
    ledger,
    report_entries,
    resolutions,
    runs,
)
from runner.ledger.records.queries import chunks, key_chunks
from runner.ledger.records.runs import IS_REFUSED, next_number
from runner.ledger.records.watches import MOVE_ON
from runner.ledger.transfer.json_lines import UNNUMBERED, ExportRow, Header
from runner.plan.firing import FiringKey
from runner.plan.history import State

_CERTAINTY = {State.FIRED.value: 3, State.IN_DOUBT.value: 2, State.CLAIMED.value: 1}
_INSERTED = {"acceptance": acceptances, "report_entries": report_entries}  # rows that never change
_DIALECTS: ByDialect[Any] = ByDialect(lambda dialect: dialect)


@dataclass(slots=True)
class Merged:
    """The result of an import. `twice`: firings that both ledgers hold as sent, or perhaps sent, by different runs."""

    ledger: str
    took_id: bool = False
    firings: int = 0
    new: int = 0
    strengthened: int = 0
    runs: set[str] = field(default_factory=set)
    twice: list[FiringKey] = field(default_factory=list)


def merge(connection: Connection, header: Header, records: Iterable[ExportRow]) -> Merged:
    """Merge the rows of another ledger, and take over its id if this ledger was never used.

    Raises UserError if a row refers to a row that does not exist.
    """
    locks.for_run_numbers(connection)
    merged = _take_id(connection, header)
    for kind, group in groupby(records, key=lambda record: record.kind):
        for batch in chunks(record.values for record in group):
            if kind == "run":
                _merge_runs(connection, batch, merged, is_same=merged.ledger == header.id)
            elif kind == "firing":
                _merge_firings(connection, batch, merged)
            elif kind == "watch":
                _merge_watches(connection, batch)
            elif kind in _INSERTED:
                _insert(connection, _INSERTED[kind], batch)
            else:
                _check_exist(connection, firings, {values["firing"] for values in batch})
                _insert(connection, {"attempt": attempts, "resolution": resolutions}[kind], batch)
    return merged


def _take_id(connection: Connection, header: Header) -> Merged:
    own = connection.execute(select(ledger.c.id)).scalar_one()
    is_used = connection.execute(select(exists(select(runs.c.id).where(~IS_REFUSED)))).scalar_one()
    if is_used or own == header.id:
        return Merged(own)
    values = {"id": header.id, "created_at": header.created_at, "created_by": header.created_by}
    connection.execute(update(ledger).values(values))
    return Merged(header.id, took_id=True)


def _merge_runs(connection: Connection, batch: Sequence[dict[str, Any]], merged: Merged, *, is_same: bool) -> None:
    ids = [values["id"] for values in batch]
    merged.runs.update(ids)
    rows = connection.execute(select(runs.c.id, runs.c.finished_at).where(runs.c.id.in_(ids)))
    known = {row.id: row.finished_at for row in rows}
    new = [values for values in batch if values["id"] not in known]
    _insert(connection, runs, list(_numbered(connection, new, is_same=is_same)))
    for values in batch:
        if values["finished_at"] and known.get(values["id"], values["finished_at"]) is None:
            names = ("finished_at", "lease_until", "exit_code", "interrupted", "summary", "entries")
            ended = {name: values[name] for name in names}
            connection.execute(update(runs).where(runs.c.id == values["id"]).values(ended))


def _numbered(connection: Connection, batch: Sequence[dict[str, Any]], *, is_same: bool) -> Iterator[dict[str, Any]]:
    """Yield the new runs with numbers that no other run has."""
    numbers = [values["number"] for values in batch]
    taken = {UNNUMBERED, *connection.execute(select(runs.c.number).where(runs.c.number.in_(numbers))).scalars()}
    renumbered = []
    for values in sorted(batch, key=lambda values: (values["number"], values["started_at"], values["id"])):
        if is_same and values["number"] > UNNUMBERED and values["number"] not in taken:
            taken.add(values["number"])
            yield values
        else:
            renumbered.append(values)
    free = max(next_number(connection), max(taken) + 1)
    for number, values in enumerate(renumbered, free):
        yield {**values, "number": number}


def _merge_firings(connection: Connection, batch: Sequence[dict[str, Any]], merged: Merged) -> None:
    _check_exist(connection, runs, {values["run"] for values in batch})
    ids = [values["id"] for values in batch]
    rows = connection.execute(select(firings.c.id, firings.c.state).where(firings.c.id.in_(ids)))
    known = {row.id: row.state for row in rows}
    holders = dict(_holders(connection, [_key(values) for values in batch]))
    added: dict[str, dict[str, Any]] = {}
    for values in batch:
        merged.firings += 1
        row_id, certainty = values["id"], _CERTAINTY.get(values["state"], 0)
        if row_id in known and certainty <= _CERTAINTY.get(known[row_id], 0):
            if values["reported_at"]:
                _note_as_reported(connection, values)
            continue
        holder = holders.get(_key(values)) if certainty else None
        if holder and holder[0] != row_id:
            if row_id not in known:
                merged.twice.append(_key(values))
            if certainty <= _CERTAINTY[holder[1]]:
                if row_id in known:
                    continue
                values = {**values, **_released(values["state"], values["reason"], holder[0])}
            else:
                _release(connection, added, holder[0], row_id)
        if row_id in known:
            merged.strengthened += 1
            connection.execute(update(firings).where(firings.c.id == row_id).values(values))
        else:
            added[row_id] = values
        if values["state"] in _CERTAINTY:
            holders[_key(values)] = (row_id, values["state"])
    merged.new += _insert(connection, firings, list(added.values()))


def _note_as_reported(connection: Connection, values: dict[str, Any]) -> None:
    """Take over from the other ledger that a row was reported. The row keeps its state."""
    reported = {name: values[name] for name in ("reporter", "reported_at")}
    unreported = (firings.c.id == values["id"], firings.c.reported_at.is_(None))
    connection.execute(update(firings).where(*unreported).values(reported))


def _holders(connection: Connection, keys: Iterable[FiringKey]) -> Iterator[tuple[FiringKey, tuple[str, str]]]:
    """Yield the id and the state of the row that blocks each key; keys without such a row are left out."""
    for bulletins, occurrences in key_chunks(keys):
        statement = select(*KEY, firings.c.id, firings.c.state).where(
            firings.c.bulletin.in_(bulletins), firings.c.occurrence.in_(occurrences), BLOCKING_ROWS
        )
        for row in connection.execute(statement):
            yield FiringKey(row.account, row.bulletin, row.occurrence), (row.id, row.state)


def _release(connection: Connection, added: dict[str, dict[str, Any]], holder: str, winner: str) -> None:
    """Release the row that held a firing, in favour of a more certain row."""
    if holder in added:
        added[holder] |= _released(added[holder]["state"], added[holder]["reason"], winner)
        return
    row = connection.execute(select(firings.c.state, firings.c.reason).where(firings.c.id == holder)).one()
    connection.execute(update(firings).where(firings.c.id == holder).values(_released(row.state, row.reason, winner)))


def _released(state: str, reason: str | None, other: str) -> dict[str, Any]:
    said = f"{state} in one of two ledgers; row {other} of the other one counts for both"
    return {"state": State.RELEASED.value, "reason": f"{said}: {reason}" if reason else said}


def _merge_watches(connection: Connection, batch: Sequence[dict[str, Any]]) -> None:
    """Keep the later of two times: the rows of all occurrences before it were imported as well."""
    connection.execute(MOVE_ON[connection.dialect.name], list(batch))


def _key(values: dict[str, Any]) -> FiringKey:
    return FiringKey(values["account"], values["bulletin"], values["occurrence"])


def _check_exist(connection: Connection, table: Table, ids: set[str]) -> None:
    existing = set(connection.execute(select(table.c.id).where(table.c.id.in_(ids))).scalars())
    for missing in sorted(ids - existing):
        raise UserError(
            ErrorCode.EXPORT_INCOMPLETE,
            f"the export has a row that refers to the {table.name.removesuffix('s')} {missing}, which does not exist",
            help="Export it again; nothing was imported.",
        )


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert rows; return how many were inserted. Rows that already exist are skipped."""
    if not rows:
        return 0
    # A conflict means the same row, or the same expiry recorded by both ledgers.
    statement = _DIALECTS[connection.dialect.name].insert(table).on_conflict_do_nothing()
    return len(connection.execute(statement.returning(*table.primary_key), list(rows)).all())
