"""A set without errors whose one-time bulletins are not objects yet.

In: the sources of a set, and the cache. Out: its accounts, events and recurring bulletins; what the ledger is asked
about its one-time bulletins; and `Definitions` with all of these bulletins, or only with chosen ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from runner.definitions.cache.entry import Entry
from runner.definitions.cache.known import Damaged, FileCache
from runner.definitions.cache.proof import is_sound, only_account
from runner.definitions.model import Account, Bulletin, Definitions
from runner.definitions.problem import Problem, in_file_order
from runner.definitions.sources import Source


class Question(NamedTuple):
    """One-time bulletins of one file with equal revision, for a question to the ledger in one account.

    `packed` is a JSON list with a text for each: its fingerprint, 64 hexadecimal digits, then its id.
    """

    file: str
    account: str
    revision: int
    size: int
    packed: str


class CachedSet:
    """A set in the cache. Every method raises Damaged if the cache was changed meanwhile."""

    def __init__(self, cache: FileCache, entries: Sequence[Entry]) -> None:
        self._cache = cache
        self._entries = entries
        self._only = only_account(entries)
        self.warnings = _warnings(entries)
        self.accounts: Mapping[str, Account] = {
            account.name: account for entry in entries for account in entry.values.accounts
        }

    @property
    def size(self) -> int:
        """The number of bulletins."""
        return sum(len(entry.ids) for entry in self._entries)

    def questions(self) -> Iterator[list[Question]]:
        """Yield for each file what the ledger is asked about its one-time bulletins."""
        try:
            for entry in self._entries:
                if entry.has_once:
                    yield [
                        Question(entry.values.file, account, lookup.revision, lookup.size, lookup.packed)
                        for lookup in self._cache.lookups(entry)
                        for account in self._filled_in(lookup.accounts)
                    ]
        finally:
            self._cache.close()

    def definitions(self, chosen: Mapping[str, Collection[str]] | None = None) -> Definitions:
        """Return the set. With `chosen`, of its one-time bulletins only those with these ids, by file."""
        try:
            return self._definitions(chosen)
        finally:
            self._cache.close()

    def _definitions(self, chosen: Mapping[str, Collection[str]] | None) -> Definitions:
        bulletins: list[Bulletin] = []
        tables: dict[str, None] = {}
        for entry in self._entries:
            tables.update(dict.fromkeys(entry.values.tables))
            found = list(entry.values.bulletins)
            ids = None if chosen is None else chosen.get(entry.values.file, ())
            if entry.has_once and (ids is None or ids):
                found += self._cache.once(entry, ids)
                found.sort(key=_entry_number)  # bulletins of one entry are in order already
            bulletins += (
                each if each.accounts else replace(each, accounts=self._filled_in(each.accounts)) for each in found
            )
        return Definitions(
            accounts=self.accounts,
            events={event.name: event for entry in self._entries for event in entry.values.events},
            bulletins=tuple(bulletins),
            files=(*(entry.values.file for entry in self._entries), *tables),
            warnings=self.warnings,
        )

    def _filled_in(self, accounts: tuple[str, ...]) -> tuple[str, ...]:
        return accounts or (() if self._only is None else (self._only,))


def cached_set(sources: Sequence[Source], cache: FileCache, *, keep: bool = True) -> CachedSet | None:
    """Return the set of these sources; None if it may have an error, or if there is no cache.

    Files that the cache does not know are read, and kept for the next time. Without `keep`, the cache must know all.
    """
    try:
        return _cached_set(sources, cache, keep=keep) if cache.open() else None
    except Damaged:
        return None
    finally:
        cache.close()


def _cached_set(sources: Sequence[Source], cache: FileCache, *, keep: bool) -> CachedSet | None:
    ordered = sorted(sources, key=lambda source: source.name.split("/"))
    known = cache.entries(ordered)
    if not keep and len(known) < len(ordered):
        return None
    for source in ordered:
        if source.name not in known:
            from runner.definitions.cache.file_values import (
                read_file,  # imports yaml, only for files that are not known
            )

            found = read_file(source)
            if found is None:
                return None
            known[source.name] = cache.keep(source, found.data, found.digests, found.values)
    cache.write()
    entries = [known[source.name] for source in ordered]
    return CachedSet(cache, entries) if is_sound(entries, cache.catalog_texts) else None


def _warnings(entries: Iterable[Entry]) -> tuple[Problem, ...]:
    """Return the warnings of all files; those of a table that two files read only once."""
    return tuple(sorted({each for entry in entries for each in entry.values.warnings}, key=in_file_order))


def _entry_number(bulletin: Bulletin) -> int:
    number = bulletin.place.entry
    assert isinstance(number, int)
    return number
