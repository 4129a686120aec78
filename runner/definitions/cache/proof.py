"""Prove that the rules across files find nothing in a set, from its entries and without an object for each bulletin.

In: the entries of all files. Out: whether these rules certainly find nothing, and no warning of a file is cut. If not,
the set has to be read in the ordinary way, which finds the problems or that there is none. Each check here is at least
as strict as its rule.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from runner.definitions.building.set_contents import (
    MAX_MADE,
    MAX_MADE_CHARACTERS,
    MAX_MADE_VALUES,
    MAX_WORK,
    SetContents,
)
from runner.definitions.cache.entry import CatalogTexts, Entry
from runner.definitions.model import BusinessEvent
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.rules import across_files
from runner.definitions.schema.schemas import UnusableSchema, fast_validator, is_valid
from runner.definitions.tables.csv_table import MAX_CELLS

if TYPE_CHECKING:
    import jsonschema_rs

_LIMITS = (MAX_MADE, MAX_WORK, MAX_MADE_VALUES, MAX_MADE_CHARACTERS, MAX_CELLS)


def is_sound(entries: Sequence[Entry], texts: Callable[[Entry], Mapping[str, CatalogTexts]]) -> bool:
    """Whether the rules certainly find nothing. `texts` returns the texts of an entry that a catalog limits."""
    totals = [sum(each) for each in zip(*(entry.values.totals for entry in entries), strict=True)]
    return (
        all(total <= limit for total, limit in zip(totals, _LIMITS, strict=True))
        and sum(len(entry.values.warnings) for entry in entries) <= MAX_PROBLEMS
        and _is_unique(entry.ids for entry in entries)
        and _has_known_accounts(entries)
        and not _repeats_content(entries)
        and not _has_findings(entries)
        and _fits_catalog(entries, texts)
    )


def only_account(entries: Iterable[Entry]) -> str | None:
    """Return the only account of the set; None if it has none or several."""
    names = {account.name for entry in entries for account in entry.values.accounts}
    return next(iter(names)) if len(names) == 1 else None


def _is_unique(hashes: Iterable[array[int]]) -> bool:
    every = array("Q")
    for each in hashes:
        every.extend(each)
    return len(set(every)) == len(every)


def _has_known_accounts(entries: Sequence[Entry]) -> bool:
    known = {account.name for entry in entries for account in entry.values.accounts}
    lists = {accounts for entry in entries for accounts in entry.named_accounts}
    return all(accounts or len(known) == 1 for accounts in lists) and known.issuperset(chain.from_iterable(lists))


def _repeats_content(entries: Sequence[Entry]) -> bool:
    """Whether two bulletins may send the same content to one account at the same time."""
    hashes = [each for entry in entries for _, each in entry.contents]
    if _is_unique(hashes):
        return False
    only = only_account(entries)
    seen: dict[str, set[int]] = {}
    for entry in entries:
        for accounts, each in entry.contents:
            for account in accounts or (only or "",):
                before = seen.setdefault(account, set())
                count = len(before)
                before.update(each)
                if len(before) != count + len(each):
                    return True
    return False


def _has_findings(entries: Iterable[Entry]) -> bool:
    """Whether the ordinary rules find anything about the accounts, the events and the recurring bulletins."""
    parts = SetContents()
    for entry in entries:
        parts.accounts += entry.values.accounts
        parts.events += entry.values.events
        parts.bulletins += entry.values.bulletins
        parts.has_catalog |= entry.values.kind == "business_events"
    across_files.with_accounts(parts)
    return next(across_files.check(parts, whole=True), None) is not None


def _fits_catalog(entries: Sequence[Entry], texts: Callable[[Entry], Mapping[str, CatalogTexts]]) -> bool:
    if not any(entry.values.kind == "business_events" for entry in entries):
        return True
    events = {event.name: event for entry in entries for event in entry.values.events}
    validators: dict[tuple[str, str], jsonschema_rs.Validator | None] = {}
    for entry in entries:
        if entry.has_once:
            for name, found in texts(entry).items():
                if name not in events or not _fits_event(events[name], found, validators):
                    return False
    return True


def _fits_event(
    event: BusinessEvent, texts: CatalogTexts, validators: dict[tuple[str, str], jsonschema_rs.Validator | None]
) -> bool:
    for names in texts.names:
        if not set(event.required).issubset(names):
            return False
    if event.properties is None:
        return True
    for name, values in texts.values.items():
        if name not in event.properties:
            if name not in event.required:
                return False
            continue
        if (event.name, name) not in validators:
            validators[event.name, name] = _validator(event.properties[name])
        validator = validators[event.name, name]
        if validator is not None and not all(is_valid(validator, value) for value in values):
            return False
    return True


def _validator(schema: object) -> jsonschema_rs.Validator | None:
    """Return the compiled schema of a property; None if it allows every text."""
    try:
        return None if schema is None or schema is True or schema == {} else fast_validator(schema)
    except UnusableSchema:
        return fast_validator(False)
