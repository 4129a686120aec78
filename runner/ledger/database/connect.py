"""Open and create ledgers: from a URL to a checked engine, and transactions on it.

A connection pooler may give each transaction another database session. So nothing depends on a session: no session
settings, prepared statements, locks that outlive a transaction, or notifications.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc, inspect, select
from sqlalchemy.engine import URL, make_url

from runner import files, local
from runner.errors import ErrorCode, UserError
from runner.ledger.database import migrations, server, tables
from runner.ledger.database.database_errors import BUSY_TIMEOUT_S, LOST_HELP, reporting, shown
from runner.ledger.ulid import new_ulid

# SQLAlchemy logs a traceback if closing a connection fails. Errors that matter are raised as well.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

_INIT_HELP = "Create it with: bulletins ledger init"
_URL_HELP = "Write sqlite:///path/to/ledger.sqlite3 or postgresql+psycopg://user@host/database."
# A server that somebody meant, with a password: it must not be shown as the path of a file.
_WITH_PASSWORD = re.compile(r"password\s*=|\A\s*postgres(ql)?(\+\w+)?:|:[^/\\]*@", re.IGNORECASE)
_CONNECTIONS = 4  # for each process; threads share them, because every statement is short
# Limits of a transaction: the wait for a lock, and the pause of a client that holds one.
TRANSACTION_LIMITS = (
    "SELECT set_config('lock_timeout', '10s', true), set_config('idle_in_transaction_session_timeout', '5s', true)"
)


class AlreadyThere(UserError):
    """A new ledger can't be created, because something exists at its place."""


def parse_url(text: str) -> URL:
    """Return the URL of a ledger; a plain path means a SQLite file. Raises UserError if it is no ledger URL."""
    if "://" not in text:
        if _WITH_PASSWORD.search(text):
            raise UserError(
                ErrorCode.BAD_LEDGER_URL, "the place of the ledger is neither a path nor a whole URL", help=_URL_HELP
            )
        return _sqlite_url(URL.create("sqlite", database=text))
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        scheme = text.split("://")[0]  # only the scheme is shown: a password may follow
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            f"{scheme}://… is not the URL of a ledger" if scheme.isalnum() else "this is not the URL of a ledger",
            help=_URL_HELP,
        ) from None
    if "@" in (url.host or ""):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the ledger's URL contains more than one @, so it is not clear where the host begins",
            help="Write each @ of the user and of the password as %40.",
        )
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            f"a ledger can't be kept in {url.drivername}",
            help=_URL_HELP,
        )
    return _sqlite_url(url) if url.drivername == "sqlite" else url


def _sqlite_url(url: URL) -> URL:
    if not (url.database or "").strip() or "\0" in (url.database or ""):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the ledger's URL contains no path of a file",
            help="Write sqlite:///path/to/ledger.sqlite3.",
        )
    if url.host or url.query:  # sqlite://folder/file would mean `file` in the working directory
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the URL of a SQLite ledger contains more than sqlite:/// and a path",
            help="Write sqlite:///path/to/ledger.sqlite3, or only the path.",
        )
    return url


def exists(url: URL) -> bool:
    """Whether a file exists at the place of the ledger; True for a server. Raises UserError if that can't be seen."""
    if url.drivername != "sqlite":
        return True
    try:
        os.lstat(url.database or "")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UserError(
            ErrorCode.LEDGER_UNREACHABLE,
            f"the ledger {shown(url)} can't be reached: {error.strerror}",
            help="Give access to its folder, or name the right place with --ledger.",
        ) from None
    return True


def open_engine(url: URL) -> Engine:
    """Return an engine on an existing ledger, after migrating older tables. Raises UserError if it is unusable."""
    if not exists(url):
        raise UserError(ErrorCode.LEDGER_MISSING, f"there is no ledger at {shown(url)}", help=_INIT_HELP)
    if url.drivername == "sqlite" and os.path.isdir(url.database or ""):
        raise UserError(
            ErrorCode.NOT_A_LEDGER, f"{shown(url)} is a folder, not a ledger", help="Give the path of the file itself."
        )
    if is_empty_file(url):
        raise _empty(url)
    engine = new_engine(url)
    try:
        _check_server(engine, url)
        version = _version(engine, url)
        if version < tables.SCHEMA_VERSION:
            with transaction(engine, url) as connection:
                migrations.migrate(connection)
            version = _version(engine, url)
        _check_version(version, url)
        _check_tables(engine, url)
        if url.drivername == "sqlite":
            _write_ahead(engine, url)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_made(url: URL) -> bool:
    """Whether a ledger exists at the place; for SQLite, whether any file does. Raises UserError."""
    if url.drivername == "sqlite":
        return exists(url)
    engine = new_engine(url)
    try:
        with transaction(engine, url, reading=True) as connection:
            return inspect(connection).has_table("ledger")
    finally:
        engine.dispose()


def create(url: URL, *, now: datetime, who: str, fill: Callable[[Connection], None] = lambda connection: None) -> None:
    """Create a new ledger, empty or with the rows that `fill` inserts in the same transaction.

    At every moment, its place holds either no ledger or the whole ledger. Raises AlreadyThere if something exists at
    the place, and another UserError if it can't be created; in both cases, nothing is left behind.
    """
    if url.drivername != "sqlite":
        _make_tables(url, url, now, who, fill)
        return
    path = Path(url.database or "")
    try:
        if not path.parent.is_dir():
            local.make_folder(path.parent)
        if os.path.lexists(path):
            raise _already_there(url)
        with files.placed_whole(path) as unfinished:
            _make_tables(url.set(database=os.fspath(unfinished)), url, now, who, fill)
    except OSError as error:
        if os.path.lexists(path):
            raise _already_there(url) from None
        raise UserError(
            ErrorCode.LEDGER_NOT_CREATED,
            f"the ledger {shown(url)} can't be created: {error.strerror}",
            help="Choose another place with --ledger.",
        ) from None


def _make_tables(at: URL, url: URL, now: datetime, who: str, fill: Callable[[Connection], None]) -> None:
    """Create the tables in the database `at`. Messages name the final place, `url`."""
    engine = new_engine(at)
    try:
        _check_server(engine, url)
        with transaction(engine, url) as connection:
            if at.drivername != "sqlite":
                server.lock_creation(connection)
            if inspect(connection).has_table("ledger"):
                raise AlreadyThere(
                    ErrorCode.LEDGER_EXISTS,
                    f"a ledger already exists at {shown(url)}",
                    help="Use this ledger, or give another place with --ledger. bulletins ledger show describes it.",
                )
            # No check for existing tables: if another program's table has one of these names, creation must fail.
            tables.complete_metadata(at.get_backend_name()).create_all(connection, checkfirst=False)
            row = {"id": new_ulid(), "version": tables.SCHEMA_VERSION, "created_at": now, "created_by": who}
            connection.execute(tables.ledger.insert().values(row))
            fill(connection)
        if at.drivername == "sqlite":
            _write_ahead(engine, url)
    finally:
        engine.dispose()


def _already_there(url: URL) -> UserError:
    if is_empty_file(url):
        return _empty(url)
    return AlreadyThere(
        ErrorCode.LEDGER_EXISTS,
        f"{shown(url)} already exists",
        help="Use this ledger, or give another place with --ledger. bulletins ledger show describes it.",
    )


def is_empty_file(url: URL) -> bool:
    """Whether the place of the ledger holds an empty file."""
    path = url.database or ""
    try:
        return url.drivername == "sqlite" and os.path.isfile(path) and not os.path.getsize(path)
    except OSError:
        return False


def _empty(url: URL) -> UserError:
    return UserError(
        ErrorCode.LEDGER_EMPTY,
        f"{shown(url)} is an empty file, not a ledger: it contains no record of what was sent",
        help="If bulletins were sent with a ledger at this place, restore it from a backup. If not, an interrupted"
        " ledger init or ledger import left the file: delete it, then run that command again.",
    )


def _check_server(engine: Engine, url: URL) -> None:
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


def _write_ahead(engine: Engine, url: URL) -> None:
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
