"""Unreported rows: expired firings and firings in doubt that no published report shows yet.

Functions over a transaction. Each such row has one reporter: the run whose report has to show it. If the reporter is
over, exactly one other run takes over the row. A row needs no report if its firing was sent after all, or if a person
resolved it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select, update

from runner.ledger.database.tables import BLOCKING_ROWS, KEY, UNREPORTED_ROWS, firings, runs
from runner.ledger.records.queries import key_chunks
from runner.ledger.records.runs import Now, is_over
from runner.plan.firing import FiringKey
from runner.plan.history import State


class Unreported(NamedTuple):
    """A row that has yet to be reported: its id, its firing, and the file that defines its bulletin."""

    id: str
    key: FiringKey
    file: str


def of_ended_runs(connection: Connection, run: str, now: Now) -> list[Unreported]:
    """Return the unreported rows of reporters other than `run` that are over, oldest first."""
    return _unreported(connection, firings.c.reporter != run, is_over(now))


def of_run(connection: Connection, run: str) -> list[Unreported]:
    """Return the rows that `run` has yet to report, oldest first."""
    return _unreported(connection, firings.c.reporter == run)


def _unreported(connection: Connection, *which: ColumnElement[bool]) -> list[Unreported]:
    # No condition on the state and no order here: with either, SQLite would read all rows instead of the small index.
    statement = select(firings.c.id, firings.c.state, firings.c.file, *KEY).join(runs, runs.c.id == firings.c.reporter)
    rows = sorted(connection.execute(statement.where(UNREPORTED_ROWS, *which)), key=lambda row: row.id)
    found = {row.id: Unreported(row.id, FiringKey(row.account, row.bulletin, row.occurrence), row.file) for row in rows}
    expired = {row.id for row in rows if row.state == State.EXPIRED.value}
    # An expired firing whose grace was extended may have been sent after all.
    blocked = set(_blocked(connection, [found[each].key for each in expired]))
    doubtful = {row.id for row in rows if row.state == State.IN_DOUBT.value}
    return [each for each in found.values() if each.id in doubtful or (each.id in expired and each.key not in blocked)]


def _blocked(connection: Connection, keys: Collection[FiringKey]) -> Iterator[FiringKey]:
    for bulletins, occurrences in key_chunks(keys):
        asked = (firings.c.bulletin.in_(bulletins), firings.c.occurrence.in_(occurrences))
        for row in connection.execute(select(*KEY).where(*asked, BLOCKING_ROWS)):
            yield FiringKey(*row)


def take_over(connection: Connection, run: str, ids: Collection[str], now: Now) -> None:
    """Make `run` the reporter of these rows, except rows whose reporter is not over."""
    mine = and_(firings.c.id.in_(ids), UNREPORTED_ROWS)
    reporters = select(firings.c.reporter).where(mine, firings.c.reporter != run)
    # Locked in order: of two runs that begin together, one waits and then finds the rows taken.
    ended = select(runs.c.id).where(runs.c.id.in_(reporters), is_over(now)).order_by(runs.c.id).with_for_update()
    for reporter in connection.execute(ended).scalars().all():
        connection.execute(update(firings).where(mine, firings.c.reporter == reporter).values(reporter=run))


def mark_reported(connection: Connection, run: str, ids: Collection[str], now: Now) -> None:
    """Record that the report of `run` with these rows was published. Repeating the call changes nothing."""
    mine = and_(firings.c.id.in_(ids), firings.c.reporter == run, firings.c.reported_at.is_(None))
    connection.execute(update(firings).where(mine).values(reported_at=now))
