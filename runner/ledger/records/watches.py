"""Watches: up to when each recurring bulletin is settled in an account. Functions over a transaction.

Every occurrence before that time was sent, recorded as expired, or needs no report. Keys are written in sorted order,
so that two runs can't deadlock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Insert, Select, and_, case, func, or_, select

from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import BLOCKING_ROWS, firings, watches
from runner.ledger.records.queries import chunks
from runner.plan.firing import WatchKey
from runner.plan.history import Watch
from runner.plan.occurrence import name_of, names_from

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_KEY = (watches.c.account, watches.c.bulletin, watches.c.revision)


def _moving_on(statement: sqlite.Insert | postgresql.Insert) -> Insert:
    """Return an upsert that never moves `settled_until` back. Of two looks at a bulletin, the later one is kept."""
    new, old = statement.excluded, watches.c
    is_later = new.looked_at >= old.looked_at
    return statement.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            "settled_until": case((new.settled_until > old.settled_until, new.settled_until), else_=old.settled_until),
            "looked_at": case((is_later, new.looked_at), else_=old.looked_at),
            "times": case((is_later, new.times), else_=old.times),
        },
        where=or_(new.settled_until > old.settled_until, is_later),
    )


MOVE_ON = ByDialect(lambda dialect: _moving_on(dialect.insert(watches)))


def read(connection: Connection, keys: Collection[WatchKey]) -> dict[WatchKey, Watch]:
    """Return the watch of each key; keys that no run has looked at are left out."""
    wanted = set(keys)
    found: dict[WatchKey, Watch] = {}
    for chunk in chunks(sorted({key.bulletin for key in wanted})):
        for row in connection.execute(select(watches).where(watches.c.bulletin.in_(chunk))):
            key = WatchKey(row.account, row.bulletin, row.revision)
            if key in wanted:
                found[key] = Watch(row.settled_until, row.looked_at, row.times)
    return found


def newest_sent(connection: Connection, keys: Collection[WatchKey], since: datetime) -> dict[WatchKey, datetime]:
    """Return for each key the due time of the newest occurrence after `since` that was sent, or may have been.

    This includes occurrences that the present schedule no longer has.
    """
    by_revision: dict[int, dict[tuple[str, str], WatchKey]] = {}
    for key in keys:
        by_revision.setdefault(key.revision, {})[key[:2]] = key
    found: dict[WatchKey, datetime] = {}
    for revision, by_place in by_revision.items():
        for chunk in chunks(sorted({bulletin for _, bulletin in by_place})):
            for which in (_recurred(revision, since), firings.c.occurrence == name_of(revision)):
                for row in connection.execute(_newest(chunk, which, since)):
                    if (place := (row.account, row.bulletin)) in by_place:
                        key = by_place[place]
                        found[key] = max(found.get(key, row.newest), row.newest)
    return found


def _newest(bulletins: Sequence[str], which: ColumnElement[bool], since: datetime) -> Select[Any]:
    """Return a query by account and bulletin. Each range of names has its own query, so that the index limits it."""
    newest = func.max(firings.c.due_at, type_=firings.c.due_at.type).label("newest")
    statement = select(firings.c.account, firings.c.bulletin, newest)
    rows = statement.where(firings.c.bulletin.in_(bulletins), which, firings.c.due_at > since, BLOCKING_ROWS)
    return rows.group_by(firings.c.account, firings.c.bulletin)


def _recurred(revision: int, since: datetime) -> ColumnElement[bool]:
    first, last = names_from(revision, since)
    return and_(firings.c.occurrence.between(first, last), firings.c.occurrence.like(f"{name_of(revision)}@%"))


def move_on(connection: Connection, found: Mapping[WatchKey, Watch]) -> None:
    """Record up to when each key is settled. Never moves that time back."""
    rows = [{**key._asdict(), **watch._asdict()} for key, watch in sorted(found.items())]
    if rows:
        connection.execute(MOVE_ON[connection.dialect.name], rows)
