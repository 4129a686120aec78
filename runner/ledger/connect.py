"""Ledgers opened and created: URLs, engines, table versions, and what a database says when it can't.

Every fault of the database becomes a UserError with exit code 5 here, in one place.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc, inspect, select
from sqlalchemy.engine import URL, make_url

from runner.errors import UserError
from runner.ledger import migrations, tables
from runner.ledger.ulid import new_ulid

_BUSY_TIMEOUT_S = 30
_INIT_HELP = "Create it with: bulletins ledger init"
_LOST_HELP = "Give the right place with --ledger; a ledger that was lost comes back from a backup, never empty."


def parse_url(text: str) -> URL:
    """The URL of a ledger; a plain path is a SQLite file. Raises UserError."""
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        raise UserError(
            f"{text.split('://')[0]}://… is not the URL of a ledger",
            help="Write sqlite:///path/to/ledger.sqlite3 or postgresql+psycopg://user@host/database.",
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UserError(f"{url.drivername} is not a kind of ledger", help="A ledger is sqlite or postgresql+psycopg.")
    if url.drivername == "sqlite" and not url.database:
        raise UserError("the ledger's URL names no file", help="Write sqlite:///path/to/ledger.sqlite3.")
    return url


def shown(url: URL) -> str:
    """The URL as messages show it: without a password."""
    return url.database or "" if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


def exists(url: URL) -> bool:
    """Whether there is something at the place of the ledger, as far as can be told without opening it."""
    return url.drivername != "sqlite" or os.path.lexists(url.database or "")


def open_engine(url: URL) -> Engine:
    """An engine on an existing ledger of this version. Raises UserError."""
    if not exists(url):
        raise UserError(f"there is no ledger at {shown(url)}", help=_INIT_HELP)
    engine = _engine(url)
    try:
        with transaction(engine, url, reading=True) as connection:
            if not inspect(connection).has_table("ledger"):
                raise UserError(f"{shown(url)} is not a ledger: it has no such tables", help=_LOST_HELP)
            version = connection.execute(select(tables.ledger.c.version)).scalar_one()
        _check_version(version, url)
        if version < tables.SCHEMA_VERSION:
            with transaction(engine, url) as connection:
                migrations.migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def create(url: URL, *, now: datetime, who: str) -> None:
    """Makes a new, empty ledger. Raises UserError where there is one, or where it can't be made."""
    if url.drivername == "sqlite":
        _create_file(url)
    engine = _engine(url)
    try:
        with transaction(engine, url) as connection:
            if inspect(connection).has_table("ledger"):
                raise UserError(f"{shown(url)} is a ledger already", help="bulletins ledger show describes it.")
            tables.metadata.create_all(connection)
            row = {"id": new_ulid(), "version": tables.SCHEMA_VERSION, "created_at": now, "created_by": who}
            connection.execute(tables.ledger.insert().values(row))
    except UserError:
        if url.drivername == "sqlite":
            _remove_unfinished(url)
        raise
    finally:
        engine.dispose()


@contextmanager
def reporting(url: URL) -> Iterator[None]:
    """Turns what a database raises into a UserError that names the ledger and the way out."""
    try:
        yield
    except exc.NoResultFound:
        raise UserError(f"{shown(url)} is not a ledger: it has no id", help=_LOST_HELP) from None
    except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _explained(error, url) from None


def _explained(error: Exception, url: URL) -> UserError:
    text = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    where = shown(url)
    for phrase, message, hint in _FAULTS:
        if phrase in text:
            return UserError(f"the ledger {where} {message}", help=hint)
    return UserError(f"the ledger {where} can't be used: {text}", help="Nothing goes out without its ledger.")


_FAULTS = (
    ("not a database", "is damaged or no SQLite file", "Restore it from a backup; never replace it with an empty one."),
    ("malformed", "is damaged", "Restore it from a backup; never replace it with an empty one."),
    ("database or disk is full", "can't be written: the disk is full", "Make room, then run again."),
    ("readonly database", "can't be written: it is read-only", "Give write access to the file and its folder."),
    ("unable to open", "can't be opened", "Give read and write access to the file and its folder."),
    ("disk I/O error", "can't be written: the disk reports an error", "Check the disk and its free space."),
    ("database is locked", f"was locked for {_BUSY_TIMEOUT_S} s by another process", "See what holds it; run again."),
    ("onnection refused", "can't be reached", "Check that the database server runs, and its address."),
)  # fmt: skip


def _check_version(version: int, url: URL) -> None:
    if version > tables.SCHEMA_VERSION:
        raise UserError(
            f"the ledger {shown(url)} was made by a newer version of bulletins"
            f" (its tables have version {version}, this program knows {tables.SCHEMA_VERSION})",
            help="Update bulletins on this machine.",
        )


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise UserError(
                f"the ledger {shown(url)} needs the module {error.name}",
                help="Install it with: pip install 'psycopg[binary]>=3.1'",
            ) from None
    engine = create_engine("sqlite://", creator=lambda: _connect_file(url), poolclass=QueuePool)
    # sqlite3 would begin transactions by itself, and late: the write lock must be taken before the first read.
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine, url: URL, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back on an error. One that reads takes no lock for writing."""
    with reporting(url), engine.connect() as connection:
        connection = connection.execution_options(reading=reading)
        with connection.begin():
            yield connection


def _connect_file(url: URL) -> sqlite3.Connection:
    # mode=rw: a ledger that is gone must not come back empty.
    path = quote(os.path.abspath(url.database or ""))
    connection = sqlite3.connect(
        f"file:{path}?mode=rw", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create_file(url: URL) -> None:
    path = Path(url.database or "")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
            if path.parent.name == ".bulletins":  # what it holds is this machine's own, never to be committed
                (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR))
    except FileExistsError:
        raise UserError(f"{shown(url)} is there already", help="bulletins ledger show describes it.") from None
    except OSError as error:
        raise UserError(
            f"the ledger {shown(url)} can't be made: {error.strerror}", help="Choose another place with --ledger."
        ) from None


def _remove_unfinished(url: URL) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{url.database}{suffix}").unlink(missing_ok=True)
