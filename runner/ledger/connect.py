"""Ledgers opened and created: URLs, engines, table versions, and what a database says when it can't.

Every fault of the database becomes a UserError with exit code 5 here, in one place.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
_SECRET_OPTIONS = ("password", "sslpassword")
_CONNECT_TIMEOUT_S = 10
_LOST_HELP = "Give the right place with --ledger; a ledger that was lost comes back from a backup, never empty."


def parse_url(text: str) -> URL:
    """The URL of a ledger; a plain path is a SQLite file. Raises UserError."""
    if "://" not in text:
        return _sqlite_url(URL.create("sqlite", database=text))
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        scheme = text.split("://")[0]  # no more than that: a password may come after it
        raise UserError(
            f"{scheme}://… is not the URL of a ledger" if scheme.isalnum() else "this is not the URL of a ledger",
            help="Write sqlite:///path/to/ledger.sqlite3 or postgresql+psycopg://user@host/database.",
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UserError(f"{url.drivername} is not a kind of ledger", help="A ledger is sqlite or postgresql+psycopg.")
    return _sqlite_url(url) if url.drivername == "sqlite" else url


def _sqlite_url(url: URL) -> URL:
    if not (url.database or "").strip() or "\0" in (url.database or ""):
        raise UserError("the ledger's URL names no file", help="Write sqlite:///path/to/ledger.sqlite3.")
    if url.host or url.query:  # sqlite://folder/file would mean the file alone, in the present folder
        raise UserError(
            "the URL of a SQLite ledger is three slashes and a path, and no more",
            help="Write sqlite:///path/to/ledger.sqlite3, or the path alone.",
        )
    return url


def shown(url: URL) -> str:
    """The URL as messages show it: without a password."""
    if url.drivername == "sqlite":
        return url.database or ""
    return url.difference_update_query(_SECRET_OPTIONS).render_as_string(hide_password=True)


def exists(url: URL) -> bool:
    """Whether there is something at the place of the ledger, as far as can be told without opening it."""
    return url.drivername != "sqlite" or os.path.lexists(url.database or "")


def open_engine(url: URL) -> Engine:
    """An engine on an existing ledger of this version. Raises UserError."""
    if not exists(url):
        raise UserError(f"there is no ledger at {shown(url)}", help=_INIT_HELP)
    if url.drivername == "sqlite" and os.path.isdir(url.database or ""):
        raise UserError(f"{shown(url)} is a folder, not a ledger", help="Give the path of the file itself.")
    engine = _engine(url)
    try:
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


def create(url: URL, *, now: datetime, who: str) -> None:
    """Makes a new, empty ledger. Raises UserError where there is one, or where it can't be made."""
    if url.drivername == "sqlite":
        _create_file(url)
    engine = _engine(url)
    try:
        with transaction(engine, url) as connection:
            if inspect(connection).has_table("ledger"):
                raise UserError(f"{shown(url)} is a ledger already", help="bulletins ledger show describes it.")
            # Unchecked: a table of somebody else's with one of our names must stop this, not be taken for ours.
            tables.metadata.create_all(connection, checkfirst=False)
            row = {"id": new_ulid(), "version": tables.SCHEMA_VERSION, "created_at": now, "created_by": who}
            connection.execute(tables.ledger.insert().values(row))
        if url.drivername == "sqlite":
            _write_ahead(engine, url)
    except BaseException:
        engine.dispose()
        if url.drivername == "sqlite":
            _remove_unfinished(url)
        raise
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
    text = str(getattr(error, "orig", None) or error)
    where = shown(url)
    for phrase, message, hint in _FAULTS:
        if phrase in text:
            return UserError(f"the ledger {where} {message}", help=hint)
    said = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    for secret in (url.password, *(url.query.get(option) for option in _SECRET_OPTIONS)):
        said = said.replace(str(secret), "***") if secret else said
    return UserError(f"the ledger {where} can't be used: {said}", help="Nothing goes out without its ledger.")


_FAULTS = (
    ("ON CONFLICT", "has lost an index that keeps firings from being sent twice", "Restore it whole from a backup."),
    ("ledger.version", "is none: its tables are of another program", _LOST_HELP),
    ('" already exists', "can't be made: tables of such names are there", "Give it a database or a schema of its own."),
    ("not a database", "is damaged or no SQLite file", "Restore it from a backup; never replace it with an empty one."),
    ("malformed", "is damaged", "Restore it from a backup; never replace it with an empty one."),
    ("database or disk is full", "can't be written: the disk is full", "Make room, then run again."),
    ("readonly database", "can't be written: it is read-only", "Give write access to the file and its folder."),
    ("unable to open", "can't be opened", "Give read and write access to the file and its folder."),
    ("disk I/O error", "can't be written: the disk reports an error", "Check the disk and its free space."),
    ("database is locked", f"was locked for {_BUSY_TIMEOUT_S} s by another process", "See what holds it; run again."),
    ("onnection refused", "can't be reached", "Check that the database server runs, and its address."),
)  # fmt: skip


def _version(engine: Engine, url: URL) -> int:
    with transaction(engine, url, reading=True) as connection:
        if not inspect(connection).has_table("ledger"):
            raise UserError(f"{shown(url)} is not a ledger: it has no such tables", help=_LOST_HELP)
        version: object = connection.execute(select(tables.ledger.c.version)).scalar_one()
    if not isinstance(version, int):
        raise UserError(f"{shown(url)} is not a ledger: {version!r} is no version", help=_LOST_HELP)
    return version


def _check_version(version: int, url: URL) -> None:
    if version < tables.SCHEMA_VERSION:
        raise UserError(
            f"the ledger {shown(url)} has tables of version {version},"
            f" from which no way leads to version {tables.SCHEMA_VERSION}",
            help=_LOST_HELP,
        )
    if version > tables.SCHEMA_VERSION:
        raise UserError(
            f"the ledger {shown(url)} was made by a newer version of bulletins"
            f" (its tables have version {version}, this program knows {tables.SCHEMA_VERSION})",
            help="Update bulletins on this machine.",
        )


def _check_tables(engine: Engine, url: URL) -> None:
    with transaction(engine, url, reading=True) as connection:
        missing = sorted(set(tables.metadata.tables) - set(inspect(connection).get_table_names()))
    if missing:
        raise UserError(f"the ledger {shown(url)} is not whole: it lacks {', '.join(missing)}", help=_LOST_HELP)


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        options = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_TIMEOUT_S}
        try:
            return create_engine(url, pool_pre_ping=True, connect_args=options)
        except ModuleNotFoundError as error:
            raise UserError(
                f"the ledger {shown(url)} needs the module {error.name}",
                help="Install it with: pip install 'bulletins[postgres]'",
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
    path = quote(os.fsencode(os.path.abspath(url.database or "")))
    connection = sqlite3.connect(
        f"file:{path}?mode=rw", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _write_ahead(engine: Engine, url: URL) -> None:
    # The file keeps this mode, so it is set only once the file is known to be a ledger: others stay as they are.
    with reporting(url), closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


def _create_file(url: URL) -> None:
    path = Path(url.database or "")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == ".bulletins":  # what it holds is this machine's own, never to be committed
                (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666))
    except OSError as error:
        if os.path.lexists(path):
            raise UserError(f"{shown(url)} is there already", help="bulletins ledger show describes it.") from None
        raise UserError(
            f"the ledger {shown(url)} can't be made: {error.strerror}", help="Choose another place with --ledger."
        ) from None


def _remove_unfinished(url: URL) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{url.database}{suffix}").unlink(missing_ok=True)
