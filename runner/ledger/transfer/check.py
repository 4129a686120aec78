"""Check a ledger: storage, indexes, references, keys, states, payloads, times, leases. Changes nothing.

In: a snapshot of the ledger. Out: findings, each a fault or a remark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, String, func, inspect, select, text, type_coerce
from sqlalchemy import Row as SqlRow

from runner.ledger.database.migrations import event_of
from runner.ledger.database.tables import (
    BLOCKING_ROWS,
    KEY,
    Instant,
    acceptances,
    attempts,
    firings,
    is_instant,
    metadata,
    report_entries,
    resolutions,
    runs,
    slots,
    watches,
)
from runner.ledger.records.runs import Now, is_over
from runner.plan.firing import digest
from runner.plan.history import State

_SHOWN = 5  # most examples for each kind of finding
_STATES = {state.value for state in State}
_RESOLVED_STATES = (State.FIRED.value, State.FAILED.value, State.RELEASED.value)


@dataclass(frozen=True, slots=True)
class LedgerFinding:
    """One finding about a ledger. `is_fault`: it breaks a rule; otherwise it is only a remark."""

    message: str
    is_fault: bool = True


def check(connection: Connection, now: Now, later: Now) -> Iterator[LedgerFinding]:
    """Yield all findings about a ledger. `now` is the ledger's time, `later` one day after it."""
    yield from _storage(connection)
    yield from _indexes(connection)
    yield from _references(connection)
    yield from _keys(connection)
    yield from _rows(connection)
    yield from _resolutions(connection)
    yield from _watches(connection)
    yield from _numbers(connection)
    yield from _leases(connection, now, later)


def _storage(connection: Connection) -> Iterator[LedgerFinding]:
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})"):
            if said != "ok":
                yield LedgerFinding(f"SQLite reports that the file is damaged: {said}")
        return
    for name in ("fsync", "full_page_writes"):
        if connection.execute(select(func.current_setting(name))).scalar_one() == "off":
            yield LedgerFinding(
                f"the server's {name} is off: if the server crashes, records of sent bulletins may be lost"
            )


def _indexes(connection: Connection) -> Iterator[LedgerFinding]:
    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        existing = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            found = existing.get(str(index.name))
            if found is None or found["column_names"] != [column.name for column in index.columns]:
                yield LedgerFinding(f"the index {index.name} is missing, or has other columns")
            elif bool(found["unique"]) is not index.unique:
                yield LedgerFinding(f"the index {index.name} does not keep its rows unique")
    if connection.dialect.name == "postgresql":
        names = [str(index.name) for table in metadata.sorted_tables for index in table.indexes]
        invalid = text(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE NOT indisvalid AND relname = ANY(:names) AND pg_table_is_visible(indexrelid)"
        )
        for (name,) in connection.execute(invalid, {"names": names}):
            yield LedgerFinding(f"the index {name} is not valid")


def _references(connection: Connection) -> Iterator[LedgerFinding]:
    for child, column, parent in (
        (firings, firings.c.run, runs),
        (attempts, attempts.c.firing, firings),
        (resolutions, resolutions.c.firing, firings),
        (slots, slots.c.run, runs),
        (runs, runs.c.entries, report_entries),
    ):
        alone = select(column).outerjoin(parent, parent.c.id == column)
        alone = alone.where(column.is_not(None), parent.c.id.is_(None)).limit(_SHOWN)
        for (missing,) in connection.execute(alone):
            yield LedgerFinding(
                f"a row of {child.name} refers to {parent.name.removesuffix('s')} {missing}, which does not exist"
            )


def _keys(connection: Connection) -> Iterator[LedgerFinding]:
    twice = select(*KEY, func.count().label("count")).where(BLOCKING_ROWS).group_by(*KEY).having(func.count() > 1)
    for row in connection.execute(twice.limit(_SHOWN)):
        where = f"{row.bulletin} in {row.account} ({row.occurrence})"
        yield LedgerFinding(f"{where} is claimed, fired or in doubt {row.count} times instead of at most once")


def _rows(connection: Connection) -> Iterator[LedgerFinding]:
    """Check each firing on its own. Times are read as text, so that an invalid time does not stop the check."""
    columns = [
        type_coerce(column, String).label(column.name) if isinstance(column.type, Instant) else column
        for column in firings.c
    ]
    for row in connection.execute(select(*columns)):
        for said in _faults(row):
            yield LedgerFinding(f"row {row.id} ({row.bulletin} in {row.account}): {said}")


def _faults(row: SqlRow[Any]) -> Iterator[str]:
    if row.state not in _STATES:
        yield f"{row.state!r} is not a valid state"
    elif (row.state == State.CLAIMED) is (row.settled_at is not None):
        yield f"its state is {row.state}, but it {'has a' if row.settled_at else 'has no'} time of settlement"
    for name in ("claimed_at", "settled_at", "due_at", "expires_at"):
        value = row._mapping[name]
        if value is not None and not is_instant(value):
            yield f"{name} is not a valid time: {value!r}"
    if digest(row.payload.encode()) != row.payload_hash:
        yield "its payload does not match its hash: one of them was changed"
    elif not _is_mapping(row.payload):
        yield "its payload is not a JSON object"
    elif row.business_event != event_of(row.payload):
        yield f"its business event differs from the one in its payload: {row.business_event!r}"


def _is_mapping(payload: str) -> bool:
    try:
        return isinstance(json.loads(payload), dict)
    except (ValueError, RecursionError):
        return False


def _resolutions(connection: Connection) -> Iterator[LedgerFinding]:
    overruled = (
        select(firings.c.id, firings.c.bulletin, firings.c.state)
        .where(firings.c.state.not_in(_RESOLVED_STATES), firings.c.id.in_(select(resolutions.c.firing)))
        .limit(_SHOWN)
    )
    for row in connection.execute(overruled):
        yield LedgerFinding(f"row {row.id} ({row.bulletin}) was resolved by a person, but its state is {row.state}")


def _watches(connection: Connection) -> Iterator[LedgerFinding]:
    names = ("settled_until", "looked_at")
    times = [type_coerce(watches.c[name], String).label(name) for name in names]
    for row in connection.execute(select(watches.c.account, watches.c.bulletin, *times)):
        for name in names:
            if not is_instant(value := row._mapping[name]):
                yield LedgerFinding(
                    f"the watch of {row.bulletin} in {row.account}: {name} is not a valid time: {value!r}"
                )


def _numbers(connection: Connection) -> Iterator[LedgerFinding]:
    for row in connection.execute(select(runs.c.id, runs.c.number).where(runs.c.number < 1).limit(_SHOWN)):
        yield LedgerFinding(f"run {row.id} has the number {row.number}; numbers start at 1")
    at = type_coerce(acceptances.c.at, String).label("at")
    for row in connection.execute(select(acceptances.c.run, at)):
        if not is_instant(row.at):
            yield LedgerFinding(f"the acceptance of a ledger without run {row.run}: at is not a valid time: {row.at!r}")


def _leases(connection: Connection, now: Now, later: Now) -> Iterator[LedgerFinding]:
    unfinished = select(runs.c.id, runs.c.who, runs.c.host).where(runs.c.finished_at.is_(None))
    for row in connection.execute(unfinished.where(runs.c.lease_until > later).limit(_SHOWN)):
        yield LedgerFinding(
            f"run {row.id} by {row.who} on {row.host} has a lease of more than a day: the clock was wrong"
        )
    for row in connection.execute(select(runs.c.id).where(runs.c.started_at > later).limit(_SHOWN)):
        yield LedgerFinding(f"run {row.id} started in the future: the clock was wrong then, or is wrong now")
    claimed = select(func.count()).join(runs, runs.c.id == firings.c.run).where(firings.c.state == State.CLAIMED.value)
    if left := connection.execute(claimed.where(is_over(now))).scalar_one():
        yield LedgerFinding(
            f"{left} firings are claimed by runs that are over, so they are in doubt; see bulletins status",
            is_fault=False,
        )
    if lapsed := connection.execute(
        select(func.count()).where(runs.c.finished_at.is_(None), runs.c.lease_until < now)
    ).scalar_one():
        yield LedgerFinding(f"{lapsed} runs ended without recording an exit code", is_fault=False)
