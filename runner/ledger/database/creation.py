"""Create a ledger. In: the URL of its place. Out: a new ledger, or UserError if something exists at that place."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL

from runner import files, local
from runner.errors import ErrorCode, UserError
from runner.ledger.database import server, tables
from runner.ledger.database.connect import check_server, empty_file, new_engine, transaction, use_write_ahead_log
from runner.ledger.database.database_errors import shown
from runner.ledger.database.ledger_url import exists, is_empty_file
from runner.ledger.ulid import new_ulid


class AlreadyThere(UserError):
    """A new ledger can't be created, because something exists at its place."""


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
        check_server(engine, url)
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
            use_write_ahead_log(engine, url)
    finally:
        engine.dispose()


def _already_there(url: URL) -> UserError:
    if is_empty_file(url):
        return empty_file(url)
    return AlreadyThere(
        ErrorCode.LEDGER_EXISTS,
        f"{shown(url)} already exists",
        help="Use this ledger, or give another place with --ledger. bulletins ledger show describes it.",
    )


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
