"""What befalls the program where a test wants it, by variables of its environment; without them, nothing.

BULLETINS_TEST_HURRY      hardly any back-off, and no patience with a port that keeps silent
BULLETINS_TEST_ANSWER_S   how long its runs wait for an answer: only where none may matter, for a busy machine is slow
BULLETINS_TEST_LEASE_S    the lease of its runs, in seconds
BULLETINS_TEST_FULL_FROM  the number of the first write to a SQLite ledger that finds the disk full
BULLETINS_TEST_SIGNAL     "NUMBER MODULE:NAME": the process gets that signal as that function is first called
BULLETINS_TEST_CLOCK      a file with the seconds by which the time of day is wrong; read at every look
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runner import clock
from runner.fire import run
from runner.fire.api.timeouts import Timeouts
from runner.fire.lanes.backoff import Retries

_WRITES = ("INSERT", "UPDATE", "DELETE", "COMMIT")


def apply() -> None:
    """Puts in force what this process's environment asks for."""
    environment = os.environ
    settings: dict[str, Any] = {}
    if environment.get("BULLETINS_TEST_HURRY"):
        answer_s = float(environment.get("BULLETINS_TEST_ANSWER_S", "60"))
        timeouts = Timeouts(connect_s=0.3, read_s=answer_s, total_s=2 * answer_s)
        settings |= {"retries": Retries(base_s=0.01), "timeouts": timeouts}
    if lease_s := environment.get("BULLETINS_TEST_LEASE_S"):
        settings["lease"] = timedelta(seconds=float(lease_s))
    if settings:
        # The command looks Settings up when it begins a run.
        run.Settings = functools.partial(run.Settings, **settings)  # type: ignore[assignment,misc]
    if first := environment.get("BULLETINS_TEST_FULL_FROM"):
        _fill_disk(int(first))
    if asked := environment.get("BULLETINS_TEST_SIGNAL"):
        number, _, name = asked.partition(" ")
        _signal_at(name, int(number))
    if path := environment.get("BULLETINS_TEST_CLOCK"):
        clock.now = functools.partial(_wrong_time, Path(path))


def _signal_at(name: str, number: int) -> None:
    module, _, path = name.partition(":")
    *owners, last = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    function, calls = getattr(owner, last), itertools.count()

    @functools.wraps(function)
    def interrupted(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 0:
            os.kill(os.getpid(), number)
        return function(*arguments, **options)

    setattr(owner, last, interrupted)


def _wrong_time(path: Path) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(path.read_text(encoding="ascii")))


def _fill_disk(first: int) -> None:
    numbers = itertools.count(1)

    def check(statement: str) -> None:
        if statement.lstrip().startswith(_WRITES) and next(numbers) >= first:
            raise sqlite3.OperationalError("database or disk is full")

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, *arguments: Any) -> Any:
            check(statement)
            return super().execute(statement, *arguments)

        def executemany(self, statement: str, *arguments: Any) -> Any:
            check(statement)
            return super().executemany(statement, *arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, *_: Any, **__: Any) -> Any:
            return super().cursor(Cursor)

        def commit(self) -> None:
            if self.in_transaction:
                try:
                    check("COMMIT")
                except sqlite3.OperationalError:
                    with contextlib.suppress(sqlite3.Error):
                        super().rollback()  # as SQLite itself does there
                    raise
            super().commit()

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)  # type: ignore[assignment]
