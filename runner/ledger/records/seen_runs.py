"""Runs for the rollback witness: which runs and claims the ledger holds, and which losses people accepted.

Functions over a transaction. The claims of a run are its rows, except those recorded as expired without a claim. Rows
are never deleted, so the number of claims never falls unless the ledger was rolled back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.engine import URL

from runner.ledger.database.tables import acceptances, firings, ledger, runs
from runner.ledger.records.queries import chunks
from runner.ledger.records.runs import Now, is_live
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Identity
from runner.ledger.witness.comparison import Acceptance, Loss, Recorded, SeenRun
from runner.plan.history import State

_CLAIMS = (
    select(func.count())
    .where(firings.c.run == runs.c.id, firings.c.state != State.EXPIRED.value)
    .correlate(runs)
    .scalar_subquery()
)


def recorded(connection: Connection, ids: Iterable[str], now: Now) -> Recorded:
    """Return which of these runs the ledger holds, its newest run, the live runs, and all acceptances."""
    newest = runs.c.number == select(func.max(runs.c.number)).scalar_subquery()
    which = [runs.c.id.in_(chunk) for chunk in chunks(sorted(set(ids)))]
    found = {run.id: run for each in (*which, is_live(now), newest) for run in _runs(connection, each, now)}
    columns = [column for column in acceptances.c if column.name != "id"]
    accepted = connection.execute(select(*columns).order_by(acceptances.c.at, acceptances.c.id))
    own: str = connection.execute(select(ledger.c.id)).scalar_one()
    return Recorded(own, found, tuple(Acceptance(**row._mapping) for row in accepted))


def _runs(connection: Connection, which: ColumnElement[bool], now: Now) -> Iterator[SeenRun]:
    columns = (runs.c.id, runs.c.number, _CLAIMS.label("claims"), runs.c.started_at, runs.c.host)
    for row in connection.execute(select(*columns, is_live(now).label("is_live")).where(which)):
        yield SeenRun(row.id, row.number, row.claims, row.started_at, row.host, is_over=not row.is_live)


def accept(connection: Connection, lost: Iterable[Loss], identity: Identity, note: str, now: Now) -> None:
    """Record that a person accepts that these runs, or claims of them, are missing."""
    for loss in lost:
        values = {
            "id": new_ulid(),
            "ledger": loss.ledger,
            "run": loss.run.id,
            "number": loss.run.number,
            "claims": loss.run.claims,
            "at": now,
            "who": identity.who,
            "host": identity.host,
            "note": note,
        }
        connection.execute(insert(acceptances).values(values))


def place_of(connection: Connection, url: URL) -> str:
    """Return the place of the ledger without credentials; equal for all spellings of its URL.

    For PostgreSQL, the working folder is part of the place. Test databases are often dropped and created again under
    the same name, and only firing the bulletins of the same folder with a new ledger would send them twice.
    """
    if connection.dialect.name == "sqlite":
        return f"sqlite:{os.path.normcase(os.path.realpath(url.database or ''))}"
    server = connection.connection.driver_connection.info  # type: ignore[union-attr]
    database, schema = connection.execute(select(func.current_database(), func.current_schema())).one()
    return f"postgresql://{server.host}:{server.port}/{database}/{schema} used in {os.path.realpath(os.curdir)}"
