"""A ledger held against its own rules: storage, indexes, keys, states, payloads, leases. Repairs nothing."""

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
    resolutions,
    runs,
    slots,
    watches,
)
from runner.ledger.records.runs import Now, is_over
from runner.plan.firing import digest
from runner.plan.history import State

_SHOWN = 5  # examples of each kind of finding
_STATES = {state.value for state in State}
_PERSONS = (State.FIRED.value, State.FAILED.value, State.RELEASED.value)  # what a resolved row may be


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a ledger. `is_fault`: it breaks a rule, rather than being worth knowing."""

    message: str
    is_fault: bool = True


def check(connection: Connection, now: Now, later: Now) -> Iterator[Finding]:
    """All that is wrong with a ledger, and what is worth knowing. `now` is its own time, `later` a day on."""
    yield from _storage(connection)
    yield from _indexes(connection)
    yield from _references(connection)
    yield from _keys(connection)
    yield from _rows(connection)
    yield from _resolutions(connection)
    yield from _watches(connection)
    yield from _numbers(connection)
    yield from _leases(connection, now, later)


def _storage(connection: Connection) -> Iterator[Finding]:
    if connection.dialect.name == "sqlite":
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_SHOWN})"):
            if said != "ok":
                yield Finding(f"SQLite finds the file damaged: {said}")
        return
    for name in ("fsync", "full_page_writes"):
        if connection.execute(select(func.current_setting(name))).scalar_one() == "off":
            yield Finding(f"the server's {name} is off: after a crash of its machine, it may forget what was sent")


def _indexes(connection: Connection) -> Iterator[Finding]:
    inspector = inspect(connection)
    for table in metadata.sorted_tables:
        there = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            found = there.get(str(index.name))
            if found is None or found["column_names"] != [column.name for column in index.columns]:
                yield Finding(f"the index {index.name} is missing, or is another one")
            elif bool(found["unique"]) is not index.unique:
                yield Finding(f"the index {index.name} does not keep its rows unique")
    if connection.dialect.name == "postgresql":
        names = [str(index.name) for table in metadata.sorted_tables for index in table.indexes]
        invalid = text(
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE NOT indisvalid AND relname = ANY(:names) AND pg_table_is_visible(indexrelid)"
        )
        for (name,) in connection.execute(invalid, {"names": names}):
            yield Finding(f"the index {name} is not valid")


def _references(connection: Connection) -> Iterator[Finding]:
    for child, column, parent in (
        (firings, firings.c.run, runs),
        (attempts, attempts.c.firing, firings),
        (resolutions, resolutions.c.firing, firings),
        (slots, slots.c.run, runs),
    ):
        alone = select(column).outerjoin(parent, parent.c.id == column).where(parent.c.id.is_(None)).limit(_SHOWN)
        for (missing,) in connection.execute(alone):
            yield Finding(
                f"a row of {child.name} refers to {parent.name.removesuffix('s')} {missing}, which is not there"
            )


def _keys(connection: Connection) -> Iterator[Finding]:
    twice = select(*KEY, func.count().label("count")).where(BLOCKING_ROWS).group_by(*KEY).having(func.count() > 1)
    for row in connection.execute(twice.limit(_SHOWN)):
        where = f"{row.bulletin} in {row.account} ({row.occurrence})"
        yield Finding(f"{where} is claimed, fired or in doubt {row.count} times; once is the rule")


def _rows(connection: Connection) -> Iterator[Finding]:
    """Each firing by itself. Times are read as texts: one that is none must not stop the check."""
    columns = [
        type_coerce(column, String).label(column.name) if isinstance(column.type, Instant) else column
        for column in firings.c
    ]
    for row in connection.execute(select(*columns)):
        for said in _faults(row):
            yield Finding(f"row {row.id} ({row.bulletin} in {row.account}): {said}")


def _faults(row: SqlRow[Any]) -> Iterator[str]:
    if row.state not in _STATES:
        yield f"{row.state!r} is no state"
    elif (row.state == State.CLAIMED) is (row.settled_at is not None):
        yield f"it is {row.state}, {'yet' if row.settled_at else 'but not'} settled"
    for name in ("claimed_at", "settled_at", "due_at", "expires_at"):
        value = row._mapping[name]
        if value is not None and not is_instant(value):
            yield f"{name} is no time: {value!r}"
    if digest(row.payload.encode()) != row.payload_hash:
        yield "its payload does not fit its hash: one of them was changed"
    elif not _is_mapping(row.payload):
        yield "its payload is no JSON mapping"
    elif row.business_event != event_of(row.payload):
        yield f"its business event is not that of its payload: {row.business_event!r}"


def _is_mapping(payload: str) -> bool:
    try:
        return isinstance(json.loads(payload), dict)
    except (ValueError, RecursionError):
        return False


def _resolutions(connection: Connection) -> Iterator[Finding]:
    overruled = (
        select(firings.c.id, firings.c.bulletin, firings.c.state)
        .where(firings.c.state.not_in(_PERSONS), firings.c.id.in_(select(resolutions.c.firing)))
        .limit(_SHOWN)
    )
    for row in connection.execute(overruled):
        yield Finding(f"row {row.id} ({row.bulletin}) was settled by a person, and is {row.state} all the same")


def _watches(connection: Connection) -> Iterator[Finding]:
    names = ("settled_until", "looked_at")
    times = [type_coerce(watches.c[name], String).label(name) for name in names]
    for row in connection.execute(select(watches.c.account, watches.c.bulletin, *times)):
        for name in names:
            if not is_instant(value := row._mapping[name]):
                yield Finding(f"the watch of {row.bulletin} in {row.account}: {name} is no time: {value!r}")


def _numbers(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(select(runs.c.id, runs.c.number).where(runs.c.number < 1).limit(_SHOWN)):
        yield Finding(f"run {row.id} has the number {row.number}; numbers begin with 1")
    at = type_coerce(acceptances.c.at, String).label("at")
    for row in connection.execute(select(acceptances.c.run, at)):
        if not is_instant(row.at):
            yield Finding(f"the acceptance of a ledger without run {row.run}: at is no time: {row.at!r}")


def _leases(connection: Connection, now: Now, later: Now) -> Iterator[Finding]:
    unfinished = select(runs.c.id, runs.c.who, runs.c.host).where(runs.c.finished_at.is_(None))
    for row in connection.execute(unfinished.where(runs.c.lease_until > later).limit(_SHOWN)):
        yield Finding(f"run {row.id} by {row.who} on {row.host} has a lease of more than a day: its clock was wrong")
    for row in connection.execute(select(runs.c.id).where(runs.c.started_at > later).limit(_SHOWN)):
        yield Finding(f"run {row.id} began in the future: the clock was wrong, or is")
    claimed = select(func.count()).join(runs, runs.c.id == firings.c.run).where(firings.c.state == State.CLAIMED.value)
    if left := connection.execute(claimed.where(is_over(now))).scalar_one():
        yield Finding(
            f"{left} firings are held by runs that are over: they are in doubt (bulletins status)", is_fault=False
        )
    if lapsed := connection.execute(
        select(func.count()).where(runs.c.finished_at.is_(None), runs.c.lease_until < now)
    ).scalar_one():
        yield Finding(f"{lapsed} runs ended without a word", is_fault=False)
