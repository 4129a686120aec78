"""Build accounts, business events and bulletins from a document: merge defaults, fill in rows, read times.

A document and the findings of the schema come in; values and further findings are added to a `SetContents`.
Entries with a finding are not built.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from runner.definitions.building import accounts_and_events, incomplete_entry, letter_encodings
from runner.definitions.building.incomplete_entry import MergedEntry
from runner.definitions.building.made_entries import filled_in, made_entries
from runner.definitions.building.set_contents import SetContents
from runner.definitions.fields import FIELDS, MERGED, Field, Form
from runner.definitions.model import (
    Bulletin,
    Place,
    Recurrence,
    Schedule,
)
from runner.definitions.problem import Finding, Path
from runner.definitions.reading.document import Document
from runner.definitions.schedules.bulletin_times import TimesReader
from runner.definitions.schema import credential_fields
from runner.definitions.schema.schemas import document_kind
from runner.definitions.tables import expansion
from runner.definitions.tables.unfilled_texts import is_suspicious

_Shape = tuple[tuple[str, ...], ...]  # the fields of an entry, and the keys of its merged fields


def add(
    parts: SetContents, document: Document, findings: list[Finding], read_table_bytes: Callable[[str], bytes]
) -> None:
    """Add the values of `document` to `parts`. `findings` holds the findings of the schema about it.

    `read_table_bytes` returns the bytes of a table in the folder of the document, or raises OSError.
    """
    parts.findings += findings
    kind = document_kind(document.value)
    if kind is None or not isinstance(document.value[kind], (list if kind == "bulletins" else dict)):
        return
    if kind == "bulletins":
        # An unknown field in or next to the defaults may be a misspelt one that entries seem to lack.
        if not any((finding.at_key and len(finding.path) < 3) or len(finding.path) < 2 for finding in findings):
            before = len(parts.bulletins)
            _add_bulletins(parts, document, findings, read_table_bytes)
            parts.findings += letter_encodings.in_bulletins(parts.bulletins[before:])
        return
    broken = _by_entry(kind, findings)
    parts.has_catalog |= kind == "business_events"
    entries: Mapping[str, Any] = document.value[kind]
    places = document.entries(kind)
    for (name, entry), (line, column) in zip(entries.items(), places, strict=True):
        place = Place(document.file, line, column, name)
        if kind == "accounts":
            if name in broken or not _is_good_account(name, entry, place.file, parts.findings):
                parts.broken_accounts.add(name)
            else:
                parts.accounts.append(accounts_and_events.account(name, entry, place))
        elif name in broken:
            parts.broken_events.add(name)
        else:
            parts.events.append(accounts_and_events.event(name, entry or {}, place))


def _is_good_account(name: str, entry: Mapping[str, Any], file: str, findings: list[Finding]) -> bool:
    has_names = credential_fields.has_good_names(name, entry, file, findings)
    return accounts_and_events.has_good_timezone(name, entry, file, findings) and has_names


def _add_bulletins(
    parts: SetContents, document: Document, findings: Sequence[Finding], read_table_bytes: Callable[[str], bytes]
) -> None:
    """Add the bulletins of a file. Entries with `findings` are only checked for further problems."""
    in_defaults = [finding for finding in findings if finding.path[:1] == ("defaults",)]
    given: Mapping[str, Any] = document.value.get("defaults", {})
    defaults = incomplete_entry.sound_defaults(given, in_defaults) if in_defaults else given
    by_entry = _by_entry("bulletins", findings)
    # Defaults may hold templates for entries with rows, so each plain entry that inherits them is checked.
    unsure = expansion.has_template(defaults)
    parts.bad_templates = 0
    known_inherited: dict[_Shape, frozenset[str]] = {}
    for number, (line, column) in enumerate(document.entries("bulletins")):
        path: Path = ("bulletins", number)
        own = document.value["bulletins"][number]
        reported = [*by_entry.get(number, ()), *incomplete_entry.taken_from_defaults(in_defaults, own, path)]
        entry = (
            incomplete_entry.remains(own, defaults, path, document.file, reported)
            if reported
            else MergedEntry.of(own, defaults, path, document.file)
        )
        if entry is None:
            continue
        missing = incomplete_entry.missing(entry, own, given, reported)
        parts.findings += missing
        if reported or missing:
            _add_further_findings(parts, entry, [*reported, *missing], document, read_table_bytes)
        else:
            place = Place(document.file, line, column, number)
            inherited = _inherited(own, defaults, known_inherited)
            _add_sound_entry(parts, entry, inherited, place, document, read_table_bytes, unsure=unsure)


def _by_entry(kind: str, findings: Iterable[Finding]) -> dict[str | int, list[Finding]]:
    """Group the findings by the name or number of their entry."""
    found: dict[str | int, list[Finding]] = {}
    for finding in findings:
        if finding.path[:1] == (kind,) and len(finding.path) > 1:
            found.setdefault(finding.path[1], []).append(finding)
    return found


def _add_sound_entry(
    parts: SetContents,
    entry: MergedEntry,
    inherited: frozenset[str],
    place: Place,
    document: Document,
    read_table_bytes: Callable[[str], bytes],
    *,
    unsure: bool,
) -> None:
    if not unsure and "for_each" not in entry.fields and not is_suspicious(entry.fields):
        _add_bulletin(parts, expansion.FilledEntry(entry.fields), entry, inherited, place)
        return
    before, is_read = len(parts.findings), False
    for made in made_entries(parts, entry, document, read_table_bytes):
        is_read = True
        _add_bulletin(parts, made, entry, inherited, replace(place, row=made.row) if made.row else place)
    if not is_read:
        parts.findings += incomplete_entry.times_of_none(entry, parts.findings[before:])


def _add_further_findings(
    parts: SetContents,
    entry: MergedEntry,
    reported: Sequence[Finding],
    document: Document,
    read_table_bytes: Callable[[str], bytes],
) -> None:
    """Add further findings about an entry that can't be built. `reported` holds those already reported."""
    found: list[Finding] = []
    fields = entry.fields
    is_filled_in = "for_each" in fields or is_suspicious(fields) or expansion.has_template(fields)
    if is_filled_in and incomplete_entry.has_sure_texts(entry, reported):
        filled = filled_in(parts, entry, document, read_table_bytes)
        found = filled if isinstance(filled, list) else list(filled.warnings)
    parts.findings += found
    parts.findings += incomplete_entry.times(entry, [*reported, *found])


def _add_bulletin(
    parts: SetContents, made: expansion.FilledEntry, entry: MergedEntry, inherited: frozenset[str], place: Place
) -> None:
    found: list[Finding] = []
    reader = TimesReader(made.fields, entry.own, entry.path, entry.file, found)
    schedule, when = reader.read_schedule(), reader.read_when()
    parts.findings += [replace(finding, row=place.row) for finding in found]
    if not any(finding.is_error for finding in found):
        bulletin = _bulletin(made.fields, schedule, when, inherited, place)
        if made.as_before:
            others = [_bulletin(fields, schedule, when, inherited, place) for fields in made.as_before]
            as_before = tuple(each for each in others if each.id == bulletin.id and each != bulletin)
            bulletin = replace(bulletin, as_before=as_before)
        parts.bulletins.append(bulletin)


def _inherited(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], known: dict[_Shape, frozenset[str]]
) -> frozenset[str]:
    """Return the names of the fields inherited from `defaults`; for merged fields, of each inherited key.

    `known` keeps the answers for these defaults, because the entries of a file mostly have the same fields.
    """
    if not defaults:
        return frozenset()
    shape = (tuple(entry), *(tuple(entry.get(name, ())) for name in MERGED if name in defaults))
    if shape not in known:
        known[shape] = _shared(_names_inherited(entry, defaults))
    return known[shape]


def _names_inherited(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> frozenset[str]:
    names = {name for name in defaults if name not in entry and name not in MERGED}
    for name in MERGED:
        own = entry.get(name, ())
        names |= {f"{name}.{key}" for key in defaults.get(name, ()) if key not in own}
    return frozenset(names)


@lru_cache(maxsize=1024)
def _shared(names: frozenset[str]) -> frozenset[str]:
    return names  # one object for all equal sets: thousands of bulletins inherit the same fields


def _bulletin(
    fields: Mapping[str, Any],
    schedule: Schedule | Recurrence | None,
    when: str | int,
    inherited: frozenset[str],
    place: Place,
) -> Bulletin:
    values = {
        attribute: default if name not in fields else fields[name] if read is None else read(fields[name])
        for name, attribute, default, read in _READ_AS_WRITTEN
    }
    return Bulletin(**values, when=when, schedule=schedule, inherited=inherited, place=place)


def _reader(field: Field) -> Callable[[Any], Any] | None:
    """Return the function that turns a valid value of a definition into one of a bulletin; None for the same value."""
    intern = sys.intern  # thousands of bulletins share the same few events, addresses and property names
    match field.form:
        case Form.MAPPING:
            return lambda texts: {intern(name): text for name, text in texts.items()}
        case Form.WORDS:
            return lambda words: tuple(map(intern, words))
        case Form.NUMBER:
            return int  # a schema accepts 2.0 as a whole number
        case Form.TEXT | Form.WORD if not field.is_own:
            return intern
        case _:
            return None


# `when` and `schedule` are read by `bulletin_times`.
_READ_AS_WRITTEN = [
    (field.name, field.attribute, field.default, _reader(field))
    for field in FIELDS
    if field.name not in ("when", "schedule")
]
