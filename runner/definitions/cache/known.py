"""Find the files of a set that are in the cache, and keep those that were read anew.

In: the sources of a set. Out: an `Entry` for each known file. The key of a file covers its path in the set, its bytes,
the bytes of every table that it reads, and the versions of whatever its values depend on.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Self, TypeVar

from runner.definitions.cache.entry import (
    DAMAGE,
    CatalogTexts,
    Entry,
    FileValues,
    Lookup,
    catalog_texts_of,
    entry_of,
    lookups_of,
    once_of,
    row_of,
)
from runner.definitions.cache.place import cache_file
from runner.definitions.cache.store import Row, Store
from runner.definitions.cache.versions import versions
from runner.definitions.model import Bulletin
from runner.definitions.sources import Source, refused_table_path

T = TypeVar("T")


class Damaged(Exception):
    """A part of the cache that was there before can't be read any more: read the files themselves."""


class FileCache:
    """The cache of one command. One that can't be used finds nothing and keeps nothing.

    `close` it after each use: it is opened again when it is needed.
    """

    def __init__(self, path: FilePath | None = None) -> None:
        self._versions = versions()
        self._store = Store(path if self._versions is not None else None)
        self._rows: list[Row] = []

    @classmethod
    def of_user(cls, set_path: FilePath) -> Self:
        """Return the cache in the user's cache folder, for the set at this path."""
        return cls(cache_file(set_path))

    def open(self) -> bool:
        """Open the cache. Return whether it can be read."""
        return self._store.open()

    def close(self) -> None:
        """Close the database of the cache."""
        self._store.close()

    def entries(self, sources: Sequence[Source]) -> dict[str, Entry]:
        """Return the entry of each file that is known, by the name of the file."""
        names: dict[str, list[Source]] = {}
        for source in sources:
            try:
                names.setdefault(self._bytes_key(source.name, source.read()), []).append(source)
            except OSError:
                continue  # it is read again, and becomes a problem
        found: dict[str, Entry] = {}
        for bytes_key, key, tables in self._store.tables_of(names):
            for source in names[bytes_key]:
                if (entry := self._entry(source, bytes_key, key, tables)) is not None:
                    found[source.name] = entry
        return found

    def _entry(self, source: Source, bytes_key: str, key: str, tables: str) -> Entry | None:
        try:
            names = [name for name in json.loads(tables) if refused_table_path(name) is None]
            digests = {name: table_digest(source.read_table_bytes, name) for name in names}
            if key != _key(bytes_key, digests):
                return None  # a table was edited, or another folder holds the same file with other tables
            head = self._store.text(key, "head")
            return None if head is None else entry_of(key, head)
        except DAMAGE:
            return None

    def keep(self, source: Source, data: bytes, digests: Mapping[str, str], values: FileValues) -> Entry:
        """Keep what a file says. `data`: its bytes. `digests`: its tables, by the path that the file writes."""
        bytes_key = self._bytes_key(source.name, data)
        place, tables = os.path.abspath(source.name), json.dumps(sorted(digests))
        row = row_of(values, _key(bytes_key, digests), bytes_key, place, tables)
        self._rows.append(row)
        return entry_of(row.key, row.head)

    def write(self) -> None:
        """Write the files that were read anew."""
        self._store.put(self._rows)
        self._rows.clear()

    def lookups(self, entry: Entry) -> list[Lookup]:
        """Return what the ledger is asked about the one-time bulletins of a file. Raises Damaged."""
        return self._part(entry, "lookups", lookups_of)

    def catalog_texts(self, entry: Entry) -> dict[str, CatalogTexts]:
        """Return the texts of one-time bulletins that a catalog limits, by business event. Raises Damaged."""
        return self._part(entry, "texts", catalog_texts_of)

    def once(self, entry: Entry, ids: Iterable[str] | None) -> list[Bulletin]:
        """Return the one-time bulletins of a file with these ids; all with None. Raises Damaged."""
        return self._part(entry, "bulletins", lambda text: once_of(text, entry.values.file, ids))

    def _part(self, entry: Entry, part: str, read: Callable[[str], T]) -> T:
        text = self._store.text(entry.key, part)
        if text is None:
            raise Damaged
        try:
            return read(text)
        except DAMAGE:
            raise Damaged from None

    def _bytes_key(self, name: str, data: bytes) -> str:
        return hashlib.sha256(b"\0".join((str(self._versions).encode(), name.encode(), data))).hexdigest()


def table_digest(read_table_bytes: Callable[[str], bytes], name: str) -> str:
    """Return the hash of a table; for one that can't be read, why."""
    try:
        return hashlib.sha256(read_table_bytes(name)).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror or error}"


def _key(bytes_key: str, digests: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps([bytes_key, sorted(digests.items())]).encode()).hexdigest()
