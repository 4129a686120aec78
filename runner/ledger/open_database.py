"""The open database of a ledger: connections and transactions on it, its id, its place and its time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from runner.ledger.database import connect, database_errors
from runner.ledger.database.ledger_clock import LedgerClock, Source
from runner.ledger.database.tables import ledger as ledger_table
from runner.ledger.records import seen_runs


class OpenDatabase:
    """An open database with the tables of a ledger, as a context manager. Several threads may use it.

    Every method raises UserError if the database refuses, and LedgerAway if trying again may help.
    """

    def __init__(self, url: URL, *, clock: Source | None = None) -> None:
        self.engine = connect.open_engine(url)
        self.url = url
        self.clock = LedgerClock(self.engine.dialect, clock)
        # SQLite allows one writer. A thread that waits for this lock gets it at once; SQLite itself would poll.
        self._serial: AbstractContextManager[Any] = threading.Lock() if url.drivername == "sqlite" else nullcontext()
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
        self.engine.dispose()

    @property
    def place(self) -> str:
        """The place of the ledger as messages show it, without a password."""
        return database_errors.shown(self.url)

    @property
    def has_one_writer(self) -> bool:
        """Whether only one transaction at a time can write, as in SQLite."""
        return self.url.drivername == "sqlite"

    def canonical_place(self) -> str:
        """Return the place of the ledger without credentials; equal for all spellings of its URL."""
        with self.reading() as connection:
            return seen_runs.place_of(connection, self.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a transaction that reads. Commands use the methods of `Ledger` instead."""
        with connect.transaction(self.engine, self.url, reading=True) as connection:
            yield connection

    @contextmanager
    def writing(self, *, single: bool = False) -> Iterator[Connection]:
        """Provide a transaction that writes. Commands use the methods of `Ledger` instead."""
        with self._serial, connect.transaction(self.engine, self.url, single=single) as connection:
            yield connection

    def checkpoint(self) -> None:
        """Move the write-ahead log of a SQLite ledger into its file, as far as other connections allow it.

        A copy of the file alone then lacks as little as possible.
        """
        if self.url.drivername == "sqlite":
            with self._serial:
                connect.checkpoint(self.engine, self.url)
