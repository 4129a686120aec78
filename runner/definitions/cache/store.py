"""The database of the cache: one SQLite file with a row for each file of a set, and one for each group of bulletins.

In and out: keys, and values as text and bytes. A cache that is damaged, foreign, locked or read-only is ignored: no
method raises. Nothing in it is executed; it holds JSON texts and hashes.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, NamedTuple

_FORMAT = 1
_ERRORS = (sqlite3.Error, OSError, ValueError, TypeError)  # of a damaged cache, too: values of another type
_MOST_BYTES = 512 * 1024 * 1024  # of the database: a larger one is emptied before it is written again
_CHUNK = 500  # bound parameters of one statement
_TABLES = """
    CREATE TABLE IF NOT EXISTS files (
        key TEXT PRIMARY KEY, bytes_key TEXT NOT NULL, place TEXT NOT NULL, tables TEXT NOT NULL, head TEXT NOT NULL,
        lookups TEXT NOT NULL, texts TEXT NOT NULL, bulletins TEXT NOT NULL, head_crc INTEGER NOT NULL,
        lookups_crc INTEGER NOT NULL, texts_crc INTEGER NOT NULL, bulletins_crc INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS files_by_bytes ON files (bytes_key);
    CREATE INDEX IF NOT EXISTS files_by_place ON files (place);
"""


class Row(NamedTuple):
    """What is kept of one file.

    `key`: of the file with its tables. `bytes_key`: of the file alone. `place`: where the file is on this machine, so
    that its former version is removed. `tables`: the tables that the file reads. `head`: the small values. `lookups`:
    what the ledger is asked about its one-time bulletins. `texts`: what the rules about the catalog look at.
    `bulletins`: the one-time bulletins themselves.
    """

    key: str
    bytes_key: str
    place: str
    tables: str
    head: str
    lookups: str
    texts: str
    bulletins: str


PARTS = ("head", "lookups", "texts", "bulletins")


class Store:
    """The cache at a path, opened on first use. One that can't be used finds nothing."""

    def __init__(self, path: FilePath | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> bool:
        """Open the cache unless it is open. Return whether it can be read."""
        if self._connection is None and self._path is not None:
            self._connection = _opened(self._path)
        return self._connection is not None

    def close(self) -> None:
        """Close the cache until it is used again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def tables_of(self, bytes_keys: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return (key of the file alone, key of the file with its tables, its tables) of the known files."""
        found: list[tuple[str, str, str]] = []
        for chunk in _chunks(bytes_keys):
            marks = ", ".join("?" * len(chunk))
            found += self._rows(f"SELECT bytes_key, key, tables FROM files WHERE bytes_key IN ({marks})", chunk)
        return found

    def text(self, key: str, part: str) -> str | None:
        """Return one of `PARTS` of a file; None if it is missing or damaged."""
        rows = self._rows(f"SELECT {part}, {part}_crc FROM files WHERE key = ?", [key])
        if not rows:
            return None
        text, crc = rows[0]
        return text if isinstance(text, str) and crc == _crc(text) else None  # a damaged column may hold any type

    def put(self, rows: Sequence[Row]) -> None:
        """Keep these files instead of former versions of the same files."""
        if rows and self.open():
            with suppress(*_ERRORS):
                self._put(rows)

    def _put(self, rows: Sequence[Row]) -> None:
        assert self._connection is not None
        assert self._path is not None
        is_full = os.stat(self._path).st_size > _MOST_BYTES
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            if is_full:
                connection.execute("DELETE FROM files")
            connection.executemany("DELETE FROM files WHERE place = ?", [(row.place,) for row in rows])
            marks = ", ".join("?" * (len(Row._fields) + len(PARTS)))
            connection.executemany(
                f"INSERT OR REPLACE INTO files VALUES ({marks})",
                ((*row, *(_crc(getattr(row, part)) for part in PARTS)) for row in rows),
            )

    def _rows(self, statement: str, parameters: Sequence[str]) -> list[Any]:
        if not self.open():
            return []
        assert self._connection is not None
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except _ERRORS:
            return []


def _opened(path: FilePath) -> sqlite3.Connection | None:
    """Open or create the database. A file that is no cache of this format, or is damaged, is replaced once."""
    for _ in range(2):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _connected(path)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the latter: SQLite quotes damaged names
            if isinstance(error, sqlite3.OperationalError):
                return None  # locked, or not writable
            with suppress(OSError):
                path.unlink()
        except OSError:
            return None
    return None


def _connected(path: FilePath) -> sqlite3.Connection:
    if os.name == "posix" and path.exists() and os.geteuid() not in (path.stat().st_uid, path.parent.stat().st_uid):
        raise PermissionError("the cache belongs to somebody else")
    connection = sqlite3.connect(path, timeout=0.2, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA synchronous = OFF")  # what a power failure damages is read again
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != _FORMAT:
            if version or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise sqlite3.DatabaseError("this is not a cache of this format")
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_FORMAT}; COMMIT;")
        if os.name == "posix":
            os.chmod(path, 0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _crc(text: str) -> int:
    return zlib.crc32(text.encode())


def _chunks(items: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
