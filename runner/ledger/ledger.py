"""The durable record of every firing: runs and their leases, claims, outcomes, resolutions.

The promise stands here: a claim is a committed row, unique among rows that are claimed, fired or in doubt, and
only a person's word frees a firing in doubt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

from runner.errors import UserError
from runner.ledger import connect, queries
from runner.ledger.tables import BLOCKING_ROWS, EXPIRED_ROWS, KEY, WINDOW, attempts, firings, resolutions, runs
from runner.ledger.tables import ledger as ledger_table
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, Description, Identity, Origin, Resolution, Row, Settlement
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import History, State

# The statements of the path of every firing are built once: building them costs more than running them.
# An insert names the index that keeps its rows unique: a ledger that has lost it refuses, and sends nothing twice.
_INSERT_UNLESS_THERE = {
    (name, state): dialect.insert(firings)
    .on_conflict_do_nothing(index_elements=columns, index_where=rows)
    .returning(firings.c.id)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    for state, columns, rows in (
        (State.CLAIMED.value, KEY, BLOCKING_ROWS),
        (State.EXPIRED.value, WINDOW, EXPIRED_ROWS),
    )
}
_INSERT_ATTEMPT = {
    name: dialect.insert(attempts).on_conflict_do_nothing(index_elements=[attempts.c.firing, attempts.c.number])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_RUN_IS_OVER = exists().where(runs.c.id == firings.c.run, runs.c.finished_at.is_not(None))
_SETTLE = (
    update(firings)
    .where(
        firings.c.id == bindparam("claim"),
        firings.c.state.in_([State.CLAIMED.value, State.IN_DOUBT.value]),
        ~exists().where(resolutions.c.firing == firings.c.id),  # a person's word stands
    )
    .values(
        {name: bindparam(name) for name in ("state", "settled_at", "reason", "http_status", "error", "bulletins_sent")}
    )
)


class Ledger:
    """An open ledger; a context manager. May be used from several threads.

    Every method raises UserError where the database can't do its part.
    """

    def __init__(self, url: URL) -> None:
        self._engine = connect.open_engine(url)
        self._url = url
        # SQLite has one writer. Threads that wait for a lock get it at once; SQLite's own waiting polls.
        self._serial: AbstractContextManager[Any] = threading.Lock() if url.drivername == "sqlite" else nullcontext()
        try:
            with self._reading() as connection:
                self.id: str = connection.execute(select(ledger_table.c.id)).scalar_one()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where the ledger is, as messages show it."""
        return connect.shown(self._url)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with connect.transaction(self._engine, self._url, reading=True) as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._serial, connect.transaction(self._engine, self._url) as connection:
            yield connection

    # What is known

    def history(self, wanted: Sequence[Firing], now: datetime) -> History:
        """What the planner asks about these firings at `now`."""
        with self._reading() as connection:
            return queries.history(connection, wanted, now)

    def rows(self, *, bulletin: str | None = None, state: State | None = None, limit: int = 1000) -> list[Row]:
        """Rows for people, newest first."""
        with self._reading() as connection:
            return queries.rows(connection, bulletin=bulletin, state=state, limit=limit)

    def in_doubt(self, now: datetime) -> list[Row]:
        """The rows that a person has to settle: in doubt, or claimed under a lease that ran out; oldest first."""
        with self._reading() as connection:
            return queries.in_doubt(connection, now)

    def resolutions(self, firing_ids: Iterable[str]) -> list[Resolution]:
        """How the firings of these rows were settled by people."""
        with self._reading() as connection:
            return queries.resolutions_of(connection, firing_ids)

    def describe(self) -> Description:
        """The ledger in numbers."""
        with self._reading() as connection:
            return queries.describe(connection, self.place)

    # Runs

    def start_run(self, origin: Origin, identity: Identity, *, now: datetime, lease_until: datetime) -> str:
        """Records a new run and returns its id. Its claims hold until `lease_until`."""
        run = new_ulid()
        values = {
            "id": run,
            "command": origin.command,
            "started_at": now,
            "lease_until": lease_until,
            "who": identity.who,
            "host": identity.host,
            "pid": identity.pid,
            "process": identity.process,
            "version": origin.version,
            "git_commit": origin.git_commit,
            "git_dirty": origin.git_dirty,
        }
        with self._writing() as connection:
            connection.execute(insert(runs).values(values))
        return run

    def renew(self, run: str, *, lease_until: datetime) -> None:
        """Extends a run's lease. Raises UserError where the run was given up: a person may have freed its claims."""
        statement = update(runs).where(runs.c.id == run, runs.c.finished_at.is_(None)).values(lease_until=lease_until)
        with self._writing() as connection:
            if connection.execute(statement).rowcount != 1:
                raise UserError(
                    f"run {run} overslept its lease, and its claims were put in doubt",
                    help="bulletins status shows them; run again for the rest.",
                )

    def finish_run(self, run: str, *, now: datetime, exit_code: int, interrupted: bool) -> None:
        """Records that a run ended, and how."""
        values = {"finished_at": now, "lease_until": now, "exit_code": exit_code, "interrupted": interrupted}
        with self._writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(values))

    def end_leases(self, is_gone: Callable[[str], bool], *, now: datetime) -> None:
        """Ends the leases of runs whose process is gone: what they hold need not wait for the lease to run out."""
        alive = select(runs.c.id, runs.c.process).where(
            runs.c.finished_at.is_(None), runs.c.lease_until >= now, runs.c.process != ""
        )
        with self._reading() as connection:
            gone = [row.id for row in connection.execute(alive) if is_gone(row.process)]
        if gone:
            with self._writing() as connection:
                unfinished = (runs.c.id.in_(gone), runs.c.finished_at.is_(None))
                connection.execute(update(runs).where(*unfinished).values(lease_until=now))

    # Firings

    def claim(self, run: str, firing: Firing, now: datetime) -> Claim | None:
        """Holds a firing for a run, durably; None where it is claimed, fired or in doubt already."""
        row = _row(run, firing, now, State.CLAIMED)
        with self._writing() as connection:
            claimed = self._insert_unless_there(connection, row)
        return Claim(row["id"], firing.key) if claimed else None

    def settle(self, claim: Claim, settlement: Settlement, now: datetime) -> bool:
        """Records how a claimed firing ended. False where somebody has settled it meanwhile: their word stands.

        A claim that only went in doubt because its lease ran out is still this run's to settle: it knows better. The
        attempts are kept in any case.
        """
        with self._writing() as connection:
            return self._settle(connection, claim, settlement, now)

    def _settle(self, connection: Connection, claim: Claim, settlement: Settlement, now: datetime) -> bool:
        values = {
            "claim": claim.id,
            "state": settlement.state.value,
            "settled_at": now,
            "reason": settlement.reason,
            "http_status": settlement.http_status,
            "error": settlement.error,
            "bulletins_sent": settlement.bulletins_sent,
        }
        settled = connection.execute(_SETTLE, values).rowcount == 1
        if settlement.attempts:
            statement = _INSERT_ATTEMPT[connection.dialect.name]
            connection.execute(statement, [_attempt_row(claim, attempt) for attempt in settlement.attempts])
        return settled

    def expire(self, run: str, missed: Sequence[Firing], now: datetime) -> set[FiringKey]:
        """Records firings whose window closed unsent; returns those that no run had recorded yet."""
        with self._writing() as connection:
            return {firing.key for firing in missed if self._record_expiry(connection, run, firing, now)}

    def expire_claimed(self, claim: Claim, run: str, firing: Firing, settlement: Settlement, now: datetime) -> None:
        """Gives back a claim whose window closed before it was sent, and records the expiry."""
        with self._writing() as connection:
            if self._settle(connection, claim, settlement, now):
                self._record_expiry(connection, run, firing, now)

    def _record_expiry(self, connection: Connection, run: str, firing: Firing, now: datetime) -> bool:
        return self._insert_unless_there(connection, {**_row(run, firing, now, State.EXPIRED), "settled_at": now})

    def sweep(self, now: datetime) -> list[Row]:
        """Puts in doubt what runs hold whose lease ran out, and returns those rows."""
        claimed = firings.c.state == State.CLAIMED.value
        reason = "the run that held it ended without recording an outcome"
        statement = (
            update(firings)
            .where(claimed, _RUN_IS_OVER)
            .values(state=State.IN_DOUBT.value, settled_at=now, reason=reason)
            .returning(firings.c.id)
        )
        with self._writing() as connection:
            _give_up_runs(connection, claimed, now)
            ids = list(connection.execute(statement).scalars())
            return queries.rows_by_id(connection, ids)

    def resolve(self, row: Row, *, sent: bool, note: str, identity: Identity, now: datetime) -> bool:
        """Settles a row in doubt by a person's word. False where it is not in doubt any more."""
        verdict = f"settled as {'sent' if sent else 'not sent'} by {identity.who}: {note}"
        state = State.FIRED if sent else State.FAILED
        # A claim counts as in doubt once its lease ran out, swept or not; a live one is never touched.
        claimed = firings.c.state == State.CLAIMED.value
        doubtful = (firings.c.state == State.IN_DOUBT.value) | (claimed & _RUN_IS_OVER)
        statement = (
            update(firings)
            .where(firings.c.id == row.id, doubtful)
            .values(state=state.value, settled_at=now, reason=verdict)
        )
        with self._writing() as connection:
            _give_up_runs(connection, claimed & (firings.c.id == row.id), now)
            if connection.execute(statement).rowcount != 1:
                return False
            values = {"id": new_ulid(), "firing": row.id, "at": now, "who": identity.who, "host": identity.host}
            connection.execute(insert(resolutions).values(**values, sent=sent, note=note))
            return True

    def _insert_unless_there(self, connection: Connection, row: dict[str, Any]) -> bool:
        statement = _INSERT_UNLESS_THERE[connection.dialect.name, row["state"]]
        return connection.execute(statement, row).first() is not None


def _give_up_runs(connection: Connection, held: ColumnElement[bool], now: datetime) -> None:
    """Ends for good the runs whose lease ran out, of those that hold such rows.

    A run that only slept must not renew its lease and send what a person has freed meanwhile.
    """
    holders = runs.c.id.in_(select(firings.c.run).where(held))
    lost = update(runs).where(holders, runs.c.finished_at.is_(None), runs.c.lease_until < now)
    connection.execute(lost.values(finished_at=now))


def _row(run: str, firing: Firing, now: datetime, state: State) -> dict[str, Any]:
    return {
        "id": new_ulid(),
        **firing.key._asdict(),
        "state": state.value,
        "run": run,
        "claimed_at": now,
        "due_at": firing.occurrence.due_at,
        "expires_at": firing.occurrence.expires_at,
        "file": firing.bulletin.place.file,
        "line": firing.bulletin.place.line,
        "payload": firing.body.decode(),
        "payload_hash": firing.payload_hash,
        "fingerprint": firing.fingerprint,
    }


def _attempt_row(claim: Claim, attempt: Attempt) -> dict[str, Any]:
    names = ("number", "started_at", "latency_ms", "verdict", "http_status", "answer", "error")
    return {"firing": claim.id, **{name: getattr(attempt, name) for name in names}}
