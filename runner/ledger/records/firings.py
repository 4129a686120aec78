"""The rows of firings: record as expired, put in doubt, resolve. Functions over a transaction.

A unique index refuses a second row of a firing that is claimed, fired or in doubt. The claim of a run that is over
becomes in doubt, and a person resolves it.

Repeating. If a connection breaks, nobody knows whether a write arrived. So each write of a run can be repeated with
the same arguments: the second time changes nothing and returns the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, and_, exists, insert, select, update

from runner.ledger.database import locks
from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import BLOCKING_ROWS, EXPIRED_ROWS, KEY, WINDOW, firings, resolutions
from runner.ledger.records import queries, runs
from runner.ledger.records.runs import HOLDER_IS_FINISHED, Now
from runner.ledger.ulid import new_ulid
from runner.ledger.values import SWEPT, FiringRow, Identity
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import BLOCKING, State

# Statements that run for every firing are built once, because building them costs more than running them.
# Each insert names the unique index of its rows: a ledger that has lost the index then refuses the insert.
_UNIQUE = {
    State.CLAIMED.value: (KEY, BLOCKING_ROWS),
    State.FIRED.value: (KEY, BLOCKING_ROWS),
    State.EXPIRED.value: (WINDOW, EXPIRED_ROWS),
}
INSERT_UNLESS_THERE = ByDialect(
    lambda dialect: {
        state: dialect.insert(firings)
        .on_conflict_do_nothing(index_elements=columns, index_where=rows)
        .returning(firings.c.id, *KEY)
        for state, (columns, rows) in _UNIQUE.items()
    }
)
IS_RESOLVED = exists().where(resolutions.c.firing == firings.c.id)


def expire(
    connection: Connection,
    run: str,
    missed: Sequence[Firing],
    now: datetime,
    reasons: Mapping[FiringKey, str] = MappingProxyType({}),
) -> set[FiringKey]:
    """Record firings as expired; return the keys of those that no other run had recorded.

    Firings that another run claimed or sent meanwhile are left out, because clocks differ and a recurring firing may
    expire before its grace ends. Also left out: recurring firings that another run recorded, whatever their grace then.
    """
    locks.for_expiry(connection, (firing.key.account for firing in missed))
    told_before = and_(EXPIRED_ROWS, firings.c.run != run)
    recurring = [firing.key for firing in missed if firing.watch_key]
    blocked = _keys_of(connection, (firing.key for firing in missed), BLOCKING_ROWS)
    left_out = {*blocked, *_keys_of(connection, recurring, told_before)}
    rows = {
        (firing.key, firing.occurrence.expires_at): {
            **row_values(run, firing, now, State.EXPIRED),
            "settled_at": now,
            "reason": reasons.get(firing.key),
        }
        for firing in missed
        if firing.key not in left_out
    }
    if not rows:
        return set()
    statement = INSERT_UNLESS_THERE[connection.dialect.name][State.EXPIRED.value]
    recorded = {FiringKey(*key) for _, *key in connection.execute(statement, list(rows.values()))}
    rest = {key for key, _ in rows if key not in recorded}
    # Already written by this run, over a connection that broke before it confirmed the write.
    before = rest.intersection(
        _keys_of(connection, rest, (firings.c.run == run) & (firings.c.state == State.EXPIRED.value))
    )
    return recorded | before


def _keys_of(
    connection: Connection, keys: Iterable[FiringKey], which: ColumnElement[bool] | TextClause
) -> Iterator[FiringKey]:
    """Yield the keys of rows that match `which`: those among `keys`, and perhaps others."""
    for bulletins, occurrences in queries.key_chunks(keys):
        asked = (firings.c.bulletin.in_(bulletins), firings.c.occurrence.in_(occurrences))
        for row in connection.execute(select(*KEY).where(*asked, which)):
            yield FiringKey(*row)


def put_claims_in_doubt(connection: Connection, run: str, now: Now) -> list[str]:
    """Put the claims of runs that are over in doubt; return the ids of all rows that `run` has put in doubt."""
    claimed = firings.c.state == State.CLAIMED.value
    runs.give_up(connection, claimed, now)
    abandoned = (claimed, HOLDER_IS_FINISHED)
    # Locked in order, against a deadlock with a run that was only frozen and records its outcomes now.
    connection.execute(select(firings.c.id).where(*abandoned).order_by(firings.c.id).with_for_update())
    connection.execute(
        update(firings)
        .where(*abandoned)
        .values(state=State.IN_DOUBT.value, settled_at=now, reason=SWEPT, swept_by=run, reporter=run)
    )
    mine = (firings.c.state == State.IN_DOUBT.value, firings.c.swept_by == run)
    return list(connection.execute(select(firings.c.id).where(*mine)).scalars())


def resolve(
    connection: Connection, row: FiringRow, *, sent: bool, note: str, identity: Identity, again: bool, now: Now
) -> bool:
    """Record a person's decision on a row in doubt; with `again`, also on a row that a person has resolved before.

    False if the row is neither, or if the firing was claimed again meanwhile.
    """
    claimed = firings.c.state == State.CLAIMED.value
    # A claim counts as in doubt once its run is over. The claim of a live run is never touched.
    runs.give_up(connection, claimed & (firings.c.id == row.id), now)
    doubtful: ColumnElement[bool] = (firings.c.state == State.IN_DOUBT.value) | (claimed & HOLDER_IS_FINISHED)
    if again:
        settled = firings.c.state.in_([State.FIRED.value, State.FAILED.value])
        doubtful = doubtful | (settled & IS_RESOLVED & ~_other_blocks(row))
    verdict = f"settled as {'sent' if sent else 'not sent'} by {identity.who}: {note}"
    state = State.FIRED if sent else State.FAILED
    statement = (
        update(firings)
        .where(firings.c.id == row.id, doubtful)
        .values(state=state.value, settled_at=now, reason=verdict, reporter=None)
    )
    if connection.execute(statement).rowcount != 1:
        return False
    values = {"id": new_ulid(), "firing": row.id, "at": now, "who": identity.who, "host": identity.host}
    connection.execute(insert(resolutions).values(**values, sent=sent, note=note))
    return True


def _other_blocks(row: FiringRow) -> ColumnElement[bool]:
    other = firings.alias()
    same = [other.c[column.name] == value for column, value in zip(KEY, row.key, strict=True)]
    blocking = other.c.state.in_([state.value for state in BLOCKING])
    return exists(select(other.c.id).where(*same, blocking, other.c.id != row.id))


def row_values(run: str, firing: Firing, now: datetime, state: State, row_id: str | None = None) -> dict[str, Any]:
    """Return the values of a new row of a firing."""
    return {
        "id": row_id or new_ulid(),
        **firing.key._asdict(),
        "state": state.value,
        "run": run,
        "reporter": run if state is State.EXPIRED else None,
        "claimed_at": now,
        "due_at": firing.occurrence.due_at,
        "expires_at": firing.occurrence.expires_at,
        "file": firing.bulletin.place.file,
        "line": firing.bulletin.place.line,
        "payload": firing.body.decode(),
        "payload_hash": firing.payload_hash,
        "fingerprint": firing.fingerprint,
        "business_event": firing.bulletin.business_event,
        "local_due": firing.local_due,
        "settled_at": None,
        "reason": None,
    }
