"""Other occurrence names of a firing, under which it may already have been sent. Functions over a transaction.

A one-time bulletin has the occurrence `r1`, a recurring one `r1@2026-12-04T13:00:00Z`. An edit that makes a bulletin
recurring, or one-time, changes the name, and the unique index would allow a second send. So plans and claims also look
for the other name; plans look in accounts that may have been renamed, too.

The name also changes if the due time keeps its local date and time but moves in UTC, by new time zone data or an edit
of `timezone`. An occurrence whose local date and time was sent in the same revision counts as sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Text, and_, exists, func, or_, select
from sqlalchemy import Row as SqlRow
from sqlalchemy.types import TypeEngine

from runner.ledger.database.tables import BLOCKING_ROWS, KEY, firings
from runner.ledger.records.queries import chunks, entry_of, entry_rows, key_chunks
from runner.ledger.records.runs import Now
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import BLOCKING, History, KnownFiring, SentFiring, State
from runner.plan.occurrence import name_of, names_from

COLUMNS: Mapping[str, type[TypeEngine[Any]]] = {
    "other_name": Text,
    "first_name": Text,
    "last_name": Text,
    "name_pattern": Text,
    "local_due": Text,
}


def columns_of(firing: Firing) -> dict[str, str | None]:
    """Return the values of `COLUMNS` for a firing; those that don't apply to it are None."""
    other, revision = _other_name(firing), firing.bulletin.revision
    first, last = names_from(revision) if other is None else (None, None)
    return {
        "other_name": other,
        "first_name": first,
        "last_name": last,
        "name_pattern": f"{name_of(revision)}@%",
        "local_due": firing.local_due,
    }


def is_held(listed: FromClause) -> ColumnElement[bool]:
    """Return the condition that a listed firing is claimed, fired or in doubt under another occurrence name.

    `listed` has the columns of a key, `due_at`, and `COLUMNS`. A comparison with None is never true.
    """
    wanted = listed.c
    of_bulletin = (firings.c.account == wanted.account, firings.c.bulletin == wanted.bulletin, BLOCKING_ROWS)
    is_same = or_(
        wanted.due_at.is_(None),
        firings.c.due_at == wanted.due_at,
        and_(firings.c.due_at.is_(None), firings.c.claimed_at >= wanted.due_at),
    )
    return or_(
        exists().where(*of_bulletin, firings.c.occurrence == wanted.other_name, is_same),
        exists().where(
            *of_bulletin,
            firings.c.occurrence.between(wanted.first_name, wanted.last_name),
            firings.c.occurrence.like(wanted.name_pattern),
        ),
        exists().where(
            *of_bulletin,
            firings.c.local_due == wanted.local_due,
            firings.c.occurrence != wanted.occurrence,
            firings.c.occurrence.like(wanted.name_pattern),
        ),
    )


def completed(
    connection: Connection,
    wanted: Iterable[Firing],
    known: History,
    now: datetime,
    ledger_now: Now,
    accounts: Collection[str] | None,
) -> History:
    """Return `known` with what the ledger holds about the due firings under their other occurrence names.

    Such an entry has the key under which the firing was sent. `accounts` are the defined accounts.
    """
    due = [
        firing
        for firing in wanted
        if firing.occurrence.is_due(now) and not _is_known(firing, known.entries.get(firing.key), now)
    ]
    entries, orphans = dict(known.entries), dict(known.orphans)
    for firing, key, row in _by_other_names(connection, due, ledger_now):
        place = firing.key[1:]
        if key.account == firing.key.account:
            entries[firing.key] = entry_of(key, row)
        elif accounts is not None and key.account not in accounts:
            orphans[place] = (*orphans.get(place, ()), SentFiring(key, row.claimed_at))
    return replace(known, entries=entries, orphans=orphans)


def _by_other_names(
    connection: Connection, due: Sequence[Firing], ledger_now: Now
) -> Iterator[tuple[Firing, FiringKey, SqlRow[Any]]]:
    """Yield (firing, key, row) for each blocking row under another occurrence name, in any account."""
    by_name: dict[tuple[str, str], dict[FiringKey, Firing]] = {}
    unscheduled: list[Firing] = []
    for firing in due:
        name = _other_name(firing)
        if name is None:
            unscheduled.append(firing)
        else:
            by_name.setdefault((firing.key.bulletin, name), {})[firing.key] = firing
    for key, firing in chain(_recurred(connection, unscheduled), _at_local_times(connection, due)):
        by_name.setdefault(key[1:], {})[firing.key] = firing
    for bulletins, occurrences in key_chunks(FiringKey("", *name) for name in by_name):
        for row in connection.execute(entry_rows(bulletins, occurrences, ledger_now).where(BLOCKING_ROWS)):
            key = FiringKey(row.account, row.bulletin, row.occurrence)
            for firing in by_name.get(key[1:], {}).values():
                is_local = row.local_due is not None and row.local_due == firing.local_due
                if is_local or _is_same_firing(firing, row.due_at, row.claimed_at):
                    yield firing, key, row


def _is_known(firing: Firing, entry: KnownFiring | None, now: datetime) -> bool:
    """Whether the firing is blocked, or finally expired, under its own name."""
    if entry is None:
        return False
    is_over = firing.watch_key is not None or firing.occurrence.is_expired(now)
    return entry.state in BLOCKING or (entry.state is State.EXPIRED and is_over)


def _other_name(firing: Firing) -> str | None:
    """Return the other name; None without a schedule, where any recurring occurrence of the revision counts."""
    revision, due_at = firing.bulletin.revision, firing.occurrence.due_at
    if firing.watch_key:
        return name_of(revision)
    return None if due_at is None else name_of(revision, due_at)


def _is_same_firing(firing: Firing, due_at: datetime | None, claimed_at: datetime) -> bool:
    """Whether a row with the other name and these times is the same firing."""
    due = firing.occurrence.due_at
    return due is None or due_at == due or (due_at is None and claimed_at >= due)


def _recurred(connection: Connection, unscheduled: Iterable[Firing]) -> Iterator[tuple[FiringKey, Firing]]:
    """Yield for each firing without schedule the newest occurrence sent in each account while it was recurring."""
    by_revision: dict[int, dict[str, list[Firing]]] = {}
    for firing in unscheduled:
        by_revision.setdefault(firing.bulletin.revision, {}).setdefault(firing.key.bulletin, []).append(firing)
    for revision, by_bulletin in by_revision.items():
        bounds = _range(revision)
        for chunk in chunks(sorted(by_bulletin)):
            statement = select(firings.c.account, firings.c.bulletin, func.max(firings.c.occurrence).label("newest"))
            rows = statement.where(
                firings.c.bulletin.in_(chunk),
                firings.c.occurrence.between(bounds["first"], bounds["last"]),
                firings.c.occurrence.like(bounds["like"]),
                BLOCKING_ROWS,
            ).group_by(firings.c.account, firings.c.bulletin)
            for row in connection.execute(rows):
                for firing in by_bulletin[row.bulletin]:
                    yield FiringKey(*row), firing


def _at_local_times(connection: Connection, due: Iterable[Firing]) -> Iterator[tuple[FiringKey, Firing]]:
    """Yield the keys under which the same local date and time was sent at another instant, in each account."""
    by_time: dict[tuple[str, str], list[Firing]] = {}
    for firing in due:
        if firing.local_due is not None:
            by_time.setdefault((firing.key.bulletin, firing.local_due), []).append(firing)
    for bulletins, local_times in key_chunks(FiringKey("", *place) for place in by_time):
        statement = select(*KEY, firings.c.local_due).where(
            firings.c.bulletin.in_(bulletins), firings.c.local_due.in_(local_times), BLOCKING_ROWS
        )
        for row in connection.execute(statement):
            for firing in by_time.get((row.bulletin, row.local_due), ()):
                is_other = row.occurrence != firing.key.occurrence
                if is_other and row.occurrence.startswith(f"{name_of(firing.bulletin.revision)}@"):
                    yield FiringKey(row.account, row.bulletin, row.occurrence), firing


def _range(revision: int) -> dict[str, str]:
    first, last = names_from(revision)
    return {"first": first, "last": last, "like": f"{name_of(revision)}@%"}
