"""Queries: read rows of the ledger and return values for plans, reports and people. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy import Row as SqlRow
from sqlalchemy.engine import URL

from runner.ledger.database.database_errors import shown
from runner.ledger.database.tables import KEY, attempts, firings, ledger, metadata, resolutions, runs
from runner.ledger.records import budget_use
from runner.ledger.records.runs import Now, is_over
from runner.ledger.values import Attempt, Description, FiringRow, Resolution
from runner.plan.duplicates import DUPLICATE_WINDOW
from runner.plan.firing import Firing, FiringKey, definition
from runner.plan.history import BLOCKING, History, KnownFiring, SentFiring, State

T = TypeVar("T")
_CONTENT_REFUSED = (200, 400)  # answers about the content; a repetition is refused too until somebody changes it
_CHUNK = 500  # bound parameters of one statement; far below SQLite's limit
_PROBES = 5000  # index look-ups of one statement
_BLOCKING = [state.value for state in BLOCKING]


def has_firings(connection: Connection) -> bool:
    """Whether the ledger holds any firing. A new one need not be asked about each firing of a large set."""
    return connection.execute(select(firings.c.id).limit(1)).first() is not None


def history(
    connection: Connection,
    wanted: Sequence[Firing],
    now: datetime,
    ledger_now: Now,
    accounts: Collection[str] | None,
    budgeted: Collection[str] = (),
) -> History:
    """Return the history of the wanted firings, with recent sends of their payloads and sends in undefined accounts.

    Leases are compared with the ledger's time, and the 24 hours of the duplicate rule with `now`.
    """
    by_key = {firing.key: firing for firing in wanted}
    asked = {(key.bulletin, key.occurrence) for key in by_key}
    entries: dict[FiringKey, KnownFiring] = {}
    orphans: dict[tuple[str, str], tuple[SentFiring, ...]] = {}
    for bulletins, occurrences in key_chunks(by_key):
        for row in connection.execute(entry_rows(bulletins, occurrences, ledger_now)):
            key = _key(row)
            if key in by_key:
                entries[key] = _merged(entries.get(key), entry_of(key, row))
            elif accounts is not None and key.account not in accounts and row.state in _BLOCKING:
                place = (key.bulletin, key.occurrence)
                if place in asked:
                    orphans[place] = (*orphans.get(place, ()), SentFiring(key, row.claimed_at))
    edited = {
        key: entry
        for key, entry in entries.items()
        if entry.state is State.FIRED and entry.fingerprint != by_key[key].fingerprint
    }
    for key, sent in _sent_definitions(connection, edited):
        entries[key] = replace(edited[key], definition=sent)
    spent = budget_use.spent(connection, {key.account for key in by_key}.intersection(budgeted), now)
    return History(entries, dict(_recent(connection, wanted, entries, now)), orphans, spent)


def key_chunks(keys: Iterable[FiringKey]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield pieces of (bulletins, occurrences) whose combinations contain all keys.

    A statement looks up each of its bulletins with each of its occurrences, so the product is kept small. Unlike a list
    of pairs, two plain lists can use the index.
    """
    bulletins: set[str] = set()
    occurrences: set[str] = set()
    for occurrence, bulletin in sorted({(key.occurrence, key.bulletin) for key in keys}):
        bulletins.add(bulletin)
        occurrences.add(occurrence)
        if len(bulletins) >= _CHUNK or len(bulletins) * len(occurrences) >= _PROBES:
            yield sorted(bulletins), sorted(occurrences)
            bulletins, occurrences = set(), set()
    if bulletins:
        yield sorted(bulletins), sorted(occurrences)


def entry_rows(bulletins: Sequence[str], occurrences: Sequence[str], ledger_now: Now) -> Select[Any]:
    """Return a query for the rows that `entry_of` reads, of these bulletins and occurrences, oldest first."""
    unasked = ("payload", "payload_hash", "business_event", "file", "line")
    columns = [column for column in firings.c if column.name not in unasked]
    return (
        select(*columns, is_over(ledger_now).label("run_is_over"), runs.c.host, runs.c.pid)
        .join(runs, runs.c.id == firings.c.run)
        .where(firings.c.bulletin.in_(bulletins), firings.c.occurrence.in_(occurrences))
        .order_by(firings.c.claimed_at, firings.c.id)
    )


def _key(row: Any) -> FiringKey:
    return FiringKey(row.account, row.bulletin, row.occurrence)


def entry_of(key: FiringKey, row: SqlRow[Any]) -> KnownFiring:
    """Return the entry of a row. The claim of a run that is over counts as in doubt."""
    state = State(row.state)
    if state is State.CLAIMED and row.run_is_over:
        state = State.IN_DOUBT
    return KnownFiring(
        key=key,
        state=state,
        run=row.run,
        claimed_at=row.claimed_at,
        fingerprint=row.fingerprint,
        settled_at=row.settled_at,
        expires_at=row.expires_at,
        reason=row.reason,
        expiry_reason=row.reason if state is State.EXPIRED else None,
        bulletins_sent=row.bulletins_sent,
        reporter=row.reporter or "",
        is_reported=row.reporter is None or row.reported_at is not None,
        host=row.host,
        pid=row.pid,
        failures=1 if state is State.FAILED else 0,
        refusals=1 if state is State.FAILED and row.http_status in _CONTENT_REFUSED else 0,
    )


def _merged(older: KnownFiring | None, newer: KnownFiring) -> KnownFiring:
    """Return the blocking entry, else the newer one with all failures. A claim that was given back is ignored."""
    if older is None or newer.state in BLOCKING:
        return newer
    if older.state in BLOCKING or newer.state is State.RELEASED:
        return older
    in_a_row = newer.refusals and newer.fingerprint == older.fingerprint
    return replace(
        newer,
        failures=older.failures + newer.failures,
        refusals=newer.refusals + (older.refusals if in_a_row else 0),
        reason=newer.reason or older.reason,
    )


def _sent_definitions(
    connection: Connection, edited: Mapping[FiringKey, KnownFiring]
) -> Iterator[tuple[FiringKey, dict[str, Any]]]:
    for bulletins, occurrences in key_chunks(edited):
        statement = select(*KEY, firings.c.payload, firings.c.due_at).where(
            firings.c.bulletin.in_(bulletins),
            firings.c.occurrence.in_(occurrences),
            firings.c.state == State.FIRED.value,
        )
        for row in connection.execute(statement):
            if (key := _key(row)) in edited:
                yield key, definition(json.loads(row.payload), row.due_at)


def _recent(
    connection: Connection, wanted: Sequence[Firing], entries: Mapping[FiringKey, KnownFiring], now: datetime
) -> Iterator[tuple[tuple[str, str], tuple[SentFiring, ...]]]:
    found: dict[tuple[str, str], dict[FiringKey, SentFiring]] = {}
    for since, hashes in _looked_for(wanted, entries, now):
        for chunk in chunks(hashes):
            statement = select(*KEY, firings.c.payload_hash, firings.c.claimed_at).where(
                firings.c.payload_hash.in_(chunk), firings.c.state.in_(_BLOCKING), firings.c.claimed_at >= since
            )
            for row in connection.execute(statement):
                key = _key(row)
                found.setdefault((row.account, row.payload_hash), {})[key] = SentFiring(key, row.claimed_at)
    for payload, sent_firings in found.items():
        yield payload, tuple(sent_firings.values())


def _looked_for(
    wanted: Sequence[Firing], entries: Mapping[FiringKey, KnownFiring], now: datetime
) -> Iterator[tuple[datetime, list[str]]]:
    """Yield (since, payload hashes): the last 24 hours, and longer for late firings that can still be sent."""
    since = now - DUPLICATE_WINDOW
    due = [firing for firing in wanted if firing.occurrence.is_due(now)]
    yield since, sorted({each for firing in due for each in firing.payload_hashes})
    late: dict[str, datetime] = {}
    for firing in due:
        at, entry = firing.occurrence.due_at, entries.get(firing.key)
        is_blocked = entry is not None and entry.state in BLOCKING
        if at is not None and at < since and not is_blocked and not firing.occurrence.is_expired(now):
            for each in firing.payload_hashes:
                late[each] = min(at, late.get(each, at))
    if late:
        yield min(late.values()), sorted(late)


def rows(
    connection: Connection, *, bulletin: str | None, run: str | None, state: State | None, limit: int | None
) -> list[FiringRow]:
    """Rows for people, newest first."""
    statement = _people_rows().order_by(firings.c.claimed_at.desc(), firings.c.id.desc()).limit(limit)
    if bulletin is not None:
        statement = statement.where(firings.c.bulletin == bulletin)
    if run is not None:
        statement = statement.where(firings.c.run == run)
    if state is not None:
        statement = statement.where(firings.c.state == state.value)
    return [_row(row) for row in connection.execute(statement)]


def rows_by_id(connection: Connection, ids: Sequence[str]) -> list[FiringRow]:
    """Return the rows with these ids, oldest first."""
    found = [
        _row(row) for chunk in chunks(ids) for row in connection.execute(_people_rows().where(firings.c.id.in_(chunk)))
    ]
    return sorted(found, key=lambda row: row.id)


def in_doubt(connection: Connection, ledger_now: Now) -> list[FiringRow]:
    """Return rows in doubt and claims of runs that are over, oldest first."""
    # The list of states comes first, because the database can't use its index for the OR alone.
    statement = _people_rows().where(
        firings.c.state.in_([State.IN_DOUBT.value, State.CLAIMED.value]),
        or_(firings.c.state == State.IN_DOUBT.value, is_over(ledger_now)),
    )
    return [_row(row) for row in connection.execute(statement.order_by(firings.c.claimed_at, firings.c.id))]


def _people_rows() -> Select[Any]:
    columns = [column for column in firings.c if column.name not in ("payload_hash", "business_event", "local_due")]
    of_run = [runs.c[name] for name in ("who", "host", "pid", "process", "lease_until", "exit_code")]
    return select(*columns, *of_run).join(runs, runs.c.id == firings.c.run)


def _row(row: SqlRow[Any]) -> FiringRow:
    fields = dict(row._mapping)
    key = FiringKey(fields.pop("account"), fields.pop("bulletin"), fields.pop("occurrence"))
    return FiringRow(key=key, state=State(fields.pop("state")), **fields)


def resolutions_of(connection: Connection, firing_ids: Iterable[str]) -> list[Resolution]:
    """Return the resolutions of these rows, oldest first."""
    columns = [column for column in resolutions.c if column.name != "id"]
    found = [
        Resolution(**row._mapping)
        for chunk in chunks(firing_ids)
        for row in connection.execute(select(*columns).where(resolutions.c.firing.in_(chunk)))
    ]
    return sorted(found, key=lambda resolution: resolution.at)


def attempts_of(connection: Connection, run: str) -> dict[str, list[Attempt]]:
    """Return the requests of a run in order, by the id of their firing's row."""
    columns = [column for column in attempts.c if column.name != "firing"]
    statement = select(attempts.c.firing, *columns).join(firings, firings.c.id == attempts.c.firing)
    found: dict[str, list[Attempt]] = {}
    for row in connection.execute(statement.where(firings.c.run == run).order_by(attempts.c.number)):
        fields = dict(row._mapping)
        found.setdefault(fields.pop("firing"), []).append(Attempt(**fields))
    return found


def describe(connection: Connection, url: URL) -> Description:
    """Return facts about the ledger: its id, place, size, and numbers of rows."""
    row = connection.execute(select(ledger)).one()
    counts = dict.fromkeys((state.value for state in State), 0)
    for state, count in connection.execute(select(firings.c.state, func.count()).group_by(firings.c.state)):
        counts[state] = count
    run_count = connection.execute(select(func.count()).select_from(runs)).scalar_one()
    return Description(
        row.id,
        url.get_backend_name(),
        shown(url),
        _size_bytes(connection, url),
        row.version,
        row.created_at,
        row.created_by,
        run_count,
        counts,
    )


def _size_bytes(connection: Connection, url: URL) -> int:
    if connection.dialect.name == "sqlite":
        files = (Path(f"{url.database}{suffix}") for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())
    sizes = [func.pg_total_relation_size(name) for name in metadata.tables]
    return sum(connection.execute(select(*sizes)).one())


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield the items in lists that are short enough for one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
