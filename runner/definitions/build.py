"""One document's plain values → accounts, business events and bulletins: defaults merged, rows filled in, times read.

Entries with a finding of the schema are left out; what is wrong with the others is told as findings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from runner.definitions import expand, regions, times
from runner.definitions.check import checked
from runner.definitions.codes import Code
from runner.definitions.document import Document
from runner.definitions.model import (
    MAX_CONCURRENCY,
    Account,
    Budget,
    Bulletin,
    BusinessEvent,
    Place,
    Recurrence,
    Schedule,
)
from runner.definitions.problem import MAX_PROBLEMS, Finding, Path, dotted
from runner.definitions.rows import Tables, rows_of
from runner.definitions.schema import document_kind, schema
from runner.definitions.timing import Timing

_MERGED = ("properties", "schedule")  # defaults and a bulletin's own are merged key by key
MAX_MADE = 100_000  # bulletins that all templates of a set may make; each takes some 2 kB of memory
MAX_MADE_CHARACTERS = 32 * 1024 * 1024  # of all that they fill in
MAX_MADE_VALUES = 5_000_000  # properties, tags and accounts of all that they make; each takes some 100 bytes of memory
MAX_WORK = 5_000_000  # pieces of templates that all rows run: seconds mostly, a minute at the very worst


@dataclass(slots=True)
class Parts:
    """What files say, before the rules that span them. Grows file by file."""

    accounts: list[Account] = field(default_factory=list)
    events: list[BusinessEvent] = field(default_factory=list)
    bulletins: list[Bulletin] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    # Names of entries that are there but could not be built: what refers to them is not wrong for that.
    broken_accounts: set[str] = field(default_factory=set)
    broken_events: set[str] = field(default_factory=set)
    has_catalog: bool = False
    tables: Tables = field(default_factory=Tables)
    made: int = 0  # bulletins that templates made
    work: int = 0  # pieces of templates that were run for them
    values: int = 0  # properties, tags and accounts of what they made
    characters: int = 0  # that they filled in
    bad_templates: int = 0  # of the present file: more than are shown need no words

    @property
    def is_full(self) -> bool:
        """Whether templates made more than a set may have."""
        full = self.made > MAX_MADE or self.work > MAX_WORK or self.values > MAX_MADE_VALUES
        return full or self.characters > MAX_MADE_CHARACTERS


def add(parts: Parts, document: Document, findings: list[Finding], read_beside: Callable[[str], bytes]) -> None:
    """Adds what `document` says to `parts`; `findings` is what the schema said about it.

    `read_beside` gives the bytes of tables that lie beside the document; it raises OSError.
    """
    parts.findings += findings
    kind = document_kind(document.value)
    if kind is None or not isinstance(document.value[kind], (list if kind == "bulletins" else dict)):
        return
    broken = {finding.path[1] for finding in findings if finding.path[:1] == (kind,) and len(finding.path) > 1}
    if kind == "bulletins":
        if all(finding.path[:1] == ("bulletins",) for finding in findings):  # the defaults are well
            _add_bulletins(parts, document, broken, read_beside)
        return
    parts.has_catalog |= kind == "business_events"
    entries: Mapping[str, Any] = document.value[kind]
    places = document.entries(kind)
    for (name, entry), (line, column) in zip(entries.items(), places, strict=True):
        place = Place(document.file, line, column, name)
        if kind == "accounts":
            if name in broken or not _has_good_timezone(name, entry, place.file, parts.findings):
                parts.broken_accounts.add(name)
            else:
                parts.accounts.append(_account(name, entry, place))
        elif name in broken:
            parts.broken_events.add(name)
        else:
            parts.events.append(_event(name, entry or {}, place))


def _has_good_timezone(name: str, entry: Mapping[str, Any], file: str, findings: list[Finding]) -> bool:
    try:
        times.zone(entry.get("timezone", "UTC"))
    except times.TimeProblem as error:
        path = ("accounts", name, "timezone")
        findings.append(Finding(Code.BAD_TIME, file, path, f"{dotted(path)}: {error.message}", error.help))
        return False
    return True


def _account(name: str, entry: Mapping[str, Any], place: Place) -> Account:
    return Account(
        name=name,
        base_url=regions.base_url(entry["region"]) if "region" in entry else entry["base_url"].rstrip("/"),
        account_id_env=entry["account_id_env"],
        passcode_env=entry.get("passcode_env"),
        passcode_file=entry.get("passcode_file"),
        concurrency=int(entry.get("concurrency", MAX_CONCURRENCY)),
        ledger=entry.get("ledger"),
        region=entry.get("region"),
        timezone=entry.get("timezone"),
        budget=_budget(entry.get("budget", {})),
        event_budgets={name: _budget(budget) for name, budget in entry.get("budget", {}).get("events", {}).items()},
        place=place,
    )


def _budget(entry: Mapping[str, Any]) -> Budget:
    return Budget(*(int(entry[name]) if name in entry else None for name in ("per_hour", "per_day")))


def _event(name: str, entry: Mapping[str, Any], place: Place) -> BusinessEvent:
    properties = entry.get("properties")
    return BusinessEvent(name, place, tuple(entry.get("required", ())), properties)


def _add_bulletins(
    parts: Parts, document: Document, broken: set[str | int], read_beside: Callable[[str], bytes]
) -> None:
    defaults: Mapping[str, Any] = document.value.get("defaults", {})
    required = schema("bulletins")["$defs"]["complete"]["required"]
    # Defaults may hold templates, for entries with rows: what a plain one has of them is then checked with it.
    unsure = expand.fills_in(defaults)
    parts.bad_templates = 0
    for number, place in enumerate(document.entries("bulletins")):
        if number in broken:
            continue
        path: Path = ("bulletins", number)
        entry = document.value["bulletins"][number]
        fields = _with_defaults(entry, defaults)
        missing = [name for name in required if name not in fields]
        if missing:
            from runner.definitions.schema_findings import missing_field

            parts.findings += [missing_field(path, name, document.file) for name in missing]
            continue
        inherited = _inherited(entry, defaults) if defaults else frozenset[str]()
        for made in _made(parts, fields, path, document, read_beside, unsure=unsure):
            where = Place(document.file, *place, number, made.row)
            _add_bulletin(parts, made.fields, entry, path, inherited, where)


def _made(
    parts: Parts,
    fields: expand.Fields,
    path: Path,
    document: Document,
    read_beside: Callable[[str], bytes],
    *,
    unsure: bool,
) -> Iterator[expand.Made]:
    """The fields of each bulletin that an entry stands for, as the schema wants them; mostly one, the entry itself."""
    if "for_each" in fields:
        if parts.is_full or parts.bad_templates > MAX_PROBLEMS:
            return  # told already
        found = rows_of(fields["for_each"], (*path, "for_each"), document, read_beside, parts.tables)
        if isinstance(found, list):
            parts.findings += found
            return
        fields = {name: value for name, value in fields.items() if name != "for_each"}
        template = expand.template(fields, found, path, document.file)
    elif not unsure and not expand.has_templates(fields):
        yield expand.Made(fields, "")
        return
    elif expand.is_recurring(fields):
        template = expand.template(fields, None, path, document.file)
    else:
        unfilled = list(expand.unfilled(fields, path, document.file))
        parts.findings += unfilled
        if not unfilled:
            yield from _sound(parts, [expand.Made(fields, "")], path, document.file)
        return
    if isinstance(template, list):
        parts.findings += template
        parts.bad_templates += len(template)
        return
    if excess := _excess(parts, template):
        parts.findings.append(
            Finding(Code.BAD_ROWS, document.file, path, excess, "Make fewer of them, or in two sets.")
        )
        return
    yield from _sound(parts, _counted(parts, template, path, document.file), path, document.file)


def _sound(parts: Parts, made: Iterable[expand.Made | Finding], path: Path, file: str) -> Iterator[expand.Made]:
    """What is valid of what an entry makes; why the rest is not goes to the findings."""
    for each in checked(made, path, file):
        if isinstance(each, Finding):
            parts.findings.append(each)
        else:
            yield each


def _excess(parts: Parts, template: expand.Template) -> str | None:
    """What is too much, if the template is run as well."""
    parts.made += template.count
    parts.work += template.count * template.pieces
    parts.values += template.count * template.values
    if parts.made > MAX_MADE:
        return f"the templates of this set make more than {MAX_MADE:,} bulletins, which is as many as are read"
    if parts.values > MAX_MADE_VALUES:
        return (
            f"the templates of this set make bulletins with more than {MAX_MADE_VALUES:,} properties, tags and accounts"
        )
    if parts.work > MAX_WORK:
        return f"the templates of this set, with {template.pieces:,} pieces here, are too much work for so many rows"
    return None


def _counted(parts: Parts, template: expand.Template, path: Path, file: str) -> Iterator[expand.Made | Finding]:
    """What the template makes, as long as the texts of all of them fit into the memory."""
    for each in template.made():
        parts.characters += each.characters if isinstance(each, expand.Made) else 0
        if parts.characters > MAX_MADE_CHARACTERS:
            message = f"the templates of this set fill in more than {MAX_MADE_CHARACTERS:,} characters"
            yield Finding(Code.BAD_ROWS, file, path, message, "Shorten the cells, or make fewer of them.")
            return
        yield each


def _add_bulletin(
    parts: Parts,
    fields: Mapping[str, Any],
    entry: Mapping[str, Any],
    path: Path,
    inherited: frozenset[str],
    place: Place,
) -> None:
    found: list[Finding] = []
    timing = Timing(fields, entry, path, place.file, found)
    schedule, when = timing.schedule(), timing.when()
    if found:
        parts.findings += [replace(finding, row=place.row) for finding in found]
    else:
        parts.bulletins.append(_bulletin(fields, schedule, when, inherited, place))


def _with_defaults(entry: expand.Fields, defaults: Mapping[str, Any]) -> expand.Fields:
    if not defaults:
        return entry
    fields = {**defaults, **entry}
    for name in _MERGED:
        if name in entry and name in defaults:
            fields[name] = {**defaults[name], **entry[name]}
    return fields


def _inherited(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> frozenset[str]:
    """The fields that `entry` has from `defaults`, each key of what is merged by itself."""
    names = {name for name in defaults if name not in entry and name not in _MERGED}
    for name in _MERGED:
        own = entry.get(name, ())
        names |= {f"{name}.{key}" for key in defaults.get(name, ()) if key not in own}
    return _shared(frozenset(names))


@lru_cache(maxsize=1024)
def _shared(names: frozenset[str]) -> frozenset[str]:
    return names  # the first of all equal ones: thousands of bulletins inherit the same


def _bulletin(
    fields: Mapping[str, Any],
    schedule: Schedule | Recurrence | None,
    when: str | int,
    inherited: frozenset[str],
    place: Place,
) -> Bulletin:
    intern = sys.intern  # the same few events, addresses and property names stand in thousands of bulletins
    return Bulletin(
        id=fields["id"],
        business_event=intern(fields["business_event"]),
        name=fields["name"],
        properties={intern(name): value for name, value in fields["properties"].items()},
        c_by=intern(fields["c-by"]),
        when=when,
        accounts=tuple(map(intern, fields.get("accounts", ()))),
        schedule=schedule,
        enabled=fields.get("enabled", True),
        tags=tuple(map(intern, fields.get("tags", ()))),
        revision=int(fields.get("revision", 1)),
        allow_duplicate=fields.get("allow_duplicate", False),
        inherited=inherited,
        place=place,
    )
