"""Reading the ledger: its connections, and the questions that plans, runs, reports and people ask.

In: keys of firings, runs and accounts. Out: values of the database. No caller sees SQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from runner.definitions.model import Bulletin
from runner.ledger.database import connect, database_errors
from runner.ledger.database.ledger_clock import LedgerClock, Source
from runner.ledger.database.tables import ledger as ledger_table
from runner.ledger.records import (
    budget_use,
    queries,
    runs,
    seen_runs,
    slots,
    unreported,
)
from runner.ledger.records.planning import settled_firings, snapshot
from runner.ledger.transfer import json_lines
from runner.ledger.transfer.check import LedgerFinding, check
from runner.ledger.values import (
    Attempt,
    Description,
    FiringRow,
    LiveRun,
    Resolution,
    RunRow,
)
from runner.ledger.witness.comparison import Recorded
from runner.plan.firing import Firing
from runner.plan.history import History, Spent, State

if TYPE_CHECKING:
    from runner.definitions.cache.cached_set import Question


class LedgerReader:
    """An open ledger, as a context manager. Several threads may use it.

    Every method raises UserError if the database refuses, and LedgerAway if trying again may help. Leases are compared
    with the ledger's own time; tests replace that with `clock`. The times of firings, `now`, come from the machine that
    acts.
    """

    def __init__(self, url: URL, *, clock: Source | None = None) -> None:
        self._engine = connect.open_engine(url)
        self._url = url
        self.clock = LedgerClock(self._engine.dialect, clock)
        try:
            with self.reading() as connection:
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
        """Close the connections."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """The place of the ledger as messages show it, without a password."""
        return database_errors.shown(self._url)

    @property
    def has_one_writer(self) -> bool:
        """Whether only one transaction at a time can write, as in SQLite."""
        return self._url.drivername == "sqlite"

    def canonical_place(self) -> str:
        """Return the place of the ledger without credentials; equal for all spellings of its URL."""
        with self.reading() as connection:
            return seen_runs.place_of(connection, self._url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a transaction that reads. Commands use the methods below instead."""
        with connect.transaction(self._engine, self._url, reading=True) as connection:
            yield connection

    def history(
        self,
        wanted: Sequence[Firing],
        now: datetime,
        *,
        accounts: Collection[str] | None = None,
        budgeted: Collection[str] = (),
        bulletins: Iterable[Bulletin] = (),
    ) -> History:
        """Return all that the planner needs to know about these firings at `now`, as the ledger is at one moment.

        `accounts` are the defined accounts. Firings sent in any other account are included, because it may have been
        renamed. For the accounts in `budgeted`, recent firings are included. Of the wanted firings whose bulletin is in
        `bulletins` and recurs, the missed occurrences are included that no run has settled.
        """
        with connect.snapshot(self._engine, self._url, streamed=False) as connection:
            return snapshot.read(connection, wanted, now, self.clock.now(), accounts, budgeted, bulletins)

    def is_empty(self) -> bool:
        """Whether no firing was ever recorded."""
        with self.reading() as connection:
            return not queries.has_firings(connection)

    def settled(self, questions: Iterable[Sequence[Question]]) -> settled_firings.SettledCounts:
        """Return which one-time bulletins have a firing that is not settled, and count the settled firings."""
        with self.reading() as connection:
            return settled_firings.read(connection, questions)

    def spent(self, accounts: Collection[str], now: datetime) -> dict[str, tuple[Spent, ...]]:
        """Return the recent firings of these accounts that count against budgets."""
        with self.reading() as connection:
            return budget_use.spent(connection, accounts, now)

    def rows(
        self,
        *,
        bulletin: str | None = None,
        run: str | None = None,
        state: State | None = None,
        limit: int | None = 1000,
    ) -> list[FiringRow]:
        """Return rows of firings to show, newest first."""
        with self.reading() as connection:
            return queries.rows(connection, bulletin=bulletin, run=run, state=state, limit=limit)

    def in_doubt(self) -> list[FiringRow]:
        """Return the rows that a person has to resolve: in doubt, or claimed by a run that is over; oldest first."""
        with self.reading() as connection:
            return queries.in_doubt(connection, self.clock.now())

    def resolutions(self, firing_ids: Iterable[str]) -> list[Resolution]:
        """Return how people resolved the firings of these rows."""
        with self.reading() as connection:
            return queries.resolutions_of(connection, firing_ids)

    def live_runs(self) -> list[LiveRun]:
        """Return the runs in progress, oldest first."""
        with self.reading() as connection:
            return runs.live(connection, self.clock.now())

    def run(self, run: str) -> RunRow | None:
        """Return the run of that id, or None."""
        with self.reading() as connection:
            return runs.find(connection, run)

    def newest_run(self, command: str) -> str | None:
        """Return the id of the newest run of the command that recorded a firing, or None."""
        with self.reading() as connection:
            return runs.newest_with_firings(connection, command)

    def recorded(self, ids: Iterable[str]) -> Recorded:
        """Return which of these runs the ledger holds, its newest run, the runs in progress, and accepted losses."""
        with self.reading() as connection:
            return seen_runs.recorded(connection, ids, self.clock.now())

    def attempts(self, run: str) -> dict[str, list[Attempt]]:
        """Return the requests of a run by the id of their firing's row."""
        with self.reading() as connection:
            return queries.attempts_of(connection, run)

    def describe(self) -> Description:
        """Return facts about the ledger: its id, place, size, and numbers of rows."""
        with self.reading() as connection:
            return queries.describe(connection, self._url)

    def export(self) -> Iterator[str]:
        """Yield a snapshot of the whole ledger as JSON lines."""
        with connect.snapshot(self._engine, self._url) as connection:
            yield from json_lines.dump(connection)

    def check(self) -> list[LedgerFinding]:
        """Return the faults of the ledger and other remarks. Changes nothing."""
        with connect.snapshot(self._engine, self._url) as connection:
            return list(check(connection, self.clock.now(), self.clock.now(timedelta(days=1))))

    def unreported(self, run: str) -> list[FiringRow]:
        """Return the expired firings and firings in doubt that `run` has yet to report, oldest first."""
        with self.reading() as connection:
            return queries.rows_by_id(connection, [row.id for row in unreported.of_run(connection, run)])

    def slots_of(self, run: str) -> dict[str, list[int]]:
        """Return the numbers of the slots that a run still holds, by account."""
        with self.reading() as connection:
            return slots.held_by(connection, run)

    def slot_demand(self, accounts: Iterable[str]) -> dict[str, dict[str, int]]:
        """Return how many slots of each account each live run holds; 0 for a run that waits for its first slot."""
        with self.reading() as connection:
            return slots.demand(connection, accounts, self.clock.now())
