"""Record many firings as sent by other means. A function over a transaction.

In: the firings of a whole set. Out: how many were recorded. The rows reach the database as plain values that are ready
to be stored, because the checks and conversions of SQLAlchemy for each value would take longer than the database. A
second thread writes rows with one statement for many, while this thread prepares the next rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice

from sqlalchemy import Connection, func, select, text

from runner.ledger.database.tables import BLOCKING_ROWS, KEY, firings, instant_text, storable
from runner.ledger.ulid import new_ulid
from runner.plan.firing import Firing
from runner.plan.history import State

_AT_ONCE = 1000  # rows of one statement; SQLite allows about 32,000 values
_SQLITE_CACHE_KIB = 32 * 1024  # with the default of 2 MiB, SQLite writes pages of the indexes to the disk repeatedly
_COLUMNS = (
    *("id", "account", "bulletin", "occurrence", "due_at", "expires_at", "file", "line", "payload", "payload_hash"),
    *("fingerprint", "business_event", "local_due", "state", "run", "claimed_at", "settled_at", "reason"),
)
_INSERT = f"INSERT INTO firings ({', '.join(_COLUMNS)})"
_UNLESS_THERE = f"ON CONFLICT ({', '.join(column.name for column in KEY)}) WHERE {BLOCKING_ROWS} DO NOTHING"
_FROM_JSON = ", ".join(
    f"(row ->> {number}){'::integer' if name == 'line' else ''}" for number, name in enumerate(_COLUMNS)
)
_MANY_ROWS = f"{_INSERT} SELECT {_FROM_JSON} FROM json_array_elements(CAST(:rows AS json)) AS row {_UNLESS_THERE}"

_Row = tuple[str | int | None, ...]  # a value for each of `_COLUMNS`


def record(connection: Connection, run: str, sent: Iterable[Firing], now: datetime, reason: str) -> int:
    """Record firings as sent by other means; return how many. Those claimed, fired or in doubt are left out."""
    of_run = select(func.count()).where(firings.c.run == run)
    before = connection.execute(of_run).scalar_one()
    at = instant_text(now)
    same = (State.FIRED.value, run, at, at, storable(reason))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_SQLITE_CACHE_KIB}")
    remaining = iter(sent)
    with ThreadPoolExecutor(1, "sent_before") as writer:
        writing: Future[None] | None = None
        while rows := [(*_values(firing), *same) for firing in islice(remaining, _AT_ONCE)]:
            if writing is not None:
                writing.result()
            writing = writer.submit(_insert, connection, rows)
        if writing is not None:
            writing.result()
    return connection.execute(of_run).scalar_one() - before


def _insert(connection: Connection, rows: Sequence[_Row]) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_rows_of_sqlite(len(rows)), tuple(chain.from_iterable(rows)))
    else:
        connection.execute(text(_MANY_ROWS), {"rows": json.dumps(rows)})


@lru_cache(maxsize=2)  # for full statements, and for the last one
def _rows_of_sqlite(count: int) -> str:
    row = f"({', '.join('?' * len(_COLUMNS))})"
    return f"{_INSERT} VALUES {', '.join([row] * count)} {_UNLESS_THERE}"


def _values(firing: Firing) -> _Row:
    bulletin, occurrence = firing.bulletin, firing.occurrence
    return (
        new_ulid(),
        *firing.key,
        _instant(occurrence.due_at),
        _instant(occurrence.expires_at),
        _prose(bulletin.place.file),
        bulletin.place.line,
        firing.body.decode(),
        firing.payload_hash,
        firing.fingerprint,
        _prose(bulletin.business_event),
        firing.local_due,
    )


_prose = lru_cache(maxsize=4096)(storable)  # many bulletins share a file and an event


@lru_cache(maxsize=4096)  # many bulletins share a time
def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)
