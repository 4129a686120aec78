"""Open ledgers: from a URL to a checked engine, and transactions on it.

A connection pooler may give each transaction another database session. So nothing depends on a session: no session
settings, prepared statements, locks that outlive a transaction, or notifications.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, inspect, select
from sqlalchemy.engine import URL

from runner import local
from runner.errors import ErrorCode, UserError
from runner.ledger.database import migrations, server, tables
from runner.ledger.database.database_errors import BUSY_TIMEOUT_S, LOST_HELP, reporting, shown
from runner.ledger.database.ledger_url import exists, is_empty_file

# SQLAlchemy logs a traceback if closing a connection fails. Errors that matter are raised as well.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

_INIT_HELP = "Create it with: bulletins ledger init"
_SANDBOX_HELP = "Nothing was sent to the sandbox yet. To send something to it: bulletins fire --sandbox"
_CONNECTIONS = 4  # for each process; threads share them, because every statement is short
# Limits of a transaction: the wait for a lock, and the pause of a client that holds one.
TRANSACTION_LIMITS = (
    "SELECT set_config('lock_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '5s', true)"
)


def open_engine(url: URL) -> Engine:
    """Return an engine on an existing ledger, after migrating older tables. Raises UserError if it is unusable."""
    if not exists(url):
        is_of_sandbox = url.drivername == "sqlite" and url.database == str(local.SANDBOX_LEDGER)
        text = f"there is no ledger at {shown(url)}"
        raise UserError(ErrorCode.LEDGER_MISSING, text, help=_SANDBOX_HELP if is_of_sandbox else _INIT_HELP)
    if url.drivername == "sqlite" and os.path.isdir(url.database or ""):
        raise UserError(
            ErrorCode.NOT_A_LEDGER, f"{shown(url)} is a folder, not a ledger", help="Give the path of the file itself."
        )
    if is_empty_file(url):
        raise empty_file(url)
    engine = new_engine(url)
    try:
        check_server(engine, url)
        version = _version(engine, url)
        if version < tables.SCHEMA_VERSION:
            with transaction(engine, url) as connection:
                migrations.migrate(connection)
            version = _version(engine, url)
        _check_version(version, url)
        _check_tables(engine, url)
        if url.drivername == "sqlite":
            use_write_ahead_log(engine, url)
    except BaseException:
        engine.dispose()
        raise
    return engine


def empty_file(url: URL) -> UserError:
    """Return the error that the place of the ledger holds an empty file."""
    return UserError(
        ErrorCode.LEDGER_EMPTY,
        f"{shown(url)} is an empty file, not a ledger: it contains no record of what was sent",
        help="If bulletins were sent with a ledger at this place, restore it from a backup. If not, an interrupted"
        " ledger init or ledger import left the file: delete it, then run that command again.",
    )


def check_server(engine: Engine, url: URL) -> None:
    """Raise UserError if a server has settings with which a ledger can't be kept."""
    if url.drivername != "sqlite":
        with transaction(engine, url, reading=True) as connection:
            server.check_settings(connection, url)


def _version(engine: Engine, url: URL) -> int:
    with transaction(engine, url, reading=True) as connection:
        if not inspect(connection).has_table("ledger"):
            raise UserError(
                ErrorCode.NOT_A_LEDGER, f"{shown(url)} is not a ledger: it lacks the tables of a ledger", help=LOST_HELP
            )
        version: object = connection.execute(select(tables.ledger.c.version)).scalar_one()
    if not isinstance(version, int):
        raise UserError(
            ErrorCode.NOT_A_LEDGER, f"{shown(url)} is not a ledger: {version!r} is not a version number", help=LOST_HELP
        )
    return version


def _check_version(version: int, url: URL) -> None:
    if version < tables.SCHEMA_VERSION:
        raise UserError(
            ErrorCode.LEDGER_TOO_OLD,
            f"the ledger {shown(url)} has tables of version {version},"
            f" which can't be upgraded to version {tables.SCHEMA_VERSION}",
            help=LOST_HELP,
        )
    if version > tables.SCHEMA_VERSION:
        raise UserError(
            ErrorCode.LEDGER_TOO_NEW,
            f"the ledger {shown(url)} was made by a newer version of bulletins"
            f" (its tables have version {version}, this program knows {tables.SCHEMA_VERSION})",
            help="Update bulletins on this machine.",
        )


def _check_tables(engine: Engine, url: URL) -> None:
    with transaction(engine, url, reading=True) as connection:
        missing = sorted(set(tables.metadata.tables) - set(inspect(connection).get_table_names()))
    if missing:
        raise UserError(
            ErrorCode.LEDGER_DAMAGED,
            f"the ledger {shown(url)} is incomplete: it lacks the tables {', '.join(missing)}",
            help=LOST_HELP,
        )


def new_engine(url: URL) -> Engine:
    """Return an engine for the place of a ledger, without a look at what is there."""
    if url.drivername != "sqlite":
        try:
            return create_engine(
                url,
                # psycopg would prepare statements by itself, and these belong to a session.
                connect_args={**server.connect_options(url), "prepare_threshold": None},
                pool_size=_CONNECTIONS,
                max_overflow=0,
            )
        except ModuleNotFoundError as error:
            raise UserError(
                ErrorCode.PACKAGE_MISSING,
                f"a ledger on PostgreSQL, {shown(url)}, needs the package {error.name}, which is not installed",
                help="Install it with: pip install 'bulletins[postgres]'",
            ) from None
    engine = create_engine("sqlite://", creator=lambda: _connect_file(url), poolclass=QueuePool)
    # sqlite3 begins a transaction at the first write; the write lock is needed before the first read.
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, url: URL, *, reading: bool = False, single: bool = False) -> Iterator[Connection]:
    """Run a transaction: committed at the end, rolled back on an error. Raises UserError.

    `reading` takes no write lock. `single` is for exactly one statement: on a server, it is committed by itself, so no
    transaction stays open if this machine loses its connection.
    """
    with reporting(url), engine.connect() as connection:
        alone = (reading or single) and url.drivername != "sqlite"
        # Set here, whatever the role's default: a count under a lock must see all rows committed before the lock.
        level = {} if url.drivername == "sqlite" else {"isolation_level": "AUTOCOMMIT" if alone else "READ COMMITTED"}
        connection = connection.execution_options(reading=reading, **level)
        with connection.begin():
            if url.drivername != "sqlite" and not alone:
                connection.exec_driver_sql(TRANSACTION_LIMITS)
            yield connection


@contextmanager
def snapshot(engine: Engine, url: URL, *, streamed: bool = True) -> Iterator[Connection]:
    """Read the ledger as it is at one moment, while others may write. Raises UserError.

    `streamed` reads the rows in pieces, for more of them than memory should hold.
    """
    with reporting(url), engine.connect() as connection:
        level = {} if url.drivername == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        pieces: dict[str, bool | int] = {"stream_results": True, "yield_per": 1000} if streamed else {}
        connection = connection.execution_options(reading=True, **pieces, **level)
        with connection.begin():
            yield connection


def _connect_file(url: URL) -> sqlite3.Connection:
    # mode=rw: a missing ledger must not be created empty.
    path = quote(os.fsencode(os.path.abspath(url.database or "")))
    connection = sqlite3.connect(
        f"file:{path}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def use_write_ahead_log(engine: Engine, url: URL) -> None:
    """Set the mode of a SQLite ledger in which others can read while one process writes."""
    # The mode is stored in the file, so it is set only once the file is known to be a ledger.
    with reporting(url), closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


def checkpoint(engine: Engine, url: URL) -> None:
    """Move committed pages from the write-ahead log into the SQLite file, without waiting for other connections."""
    with reporting(url), closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # its result says whether others blocked it
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
