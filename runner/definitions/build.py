"""One document's plain values → accounts, business events and bulletins: defaults merged, times read.

Entries with a finding of the schema are left out; what is wrong with the others is told as findings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from runner.definitions import regions, times
from runner.definitions.codes import Code
from runner.definitions.document import Document
from runner.definitions.model import DEFAULT_GRACE, MAX_CONCURRENCY, Account, Bulletin, BusinessEvent, Place, Schedule
from runner.definitions.problem import Finding, Path, dotted
from runner.definitions.schema import document_kind, schema

_MERGED = ("properties", "schedule")  # defaults and a bulletin's own are merged key by key


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


def add(parts: Parts, document: Document, findings: list[Finding]) -> None:
    """Adds what `document` says to `parts`; `findings` is what the schema said about it."""
    parts.findings += findings
    kind = document_kind(document.value)
    if kind is None or not isinstance(document.value[kind], (list if kind == "bulletins" else dict)):
        return
    broken = {finding.path[1] for finding in findings if finding.path[:1] == (kind,) and len(finding.path) > 1}
    if kind == "bulletins":
        if all(finding.path[:1] == ("bulletins",) for finding in findings):  # the defaults are well
            _add_bulletins(parts, document, broken)
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
        place=place,
    )


def _event(name: str, entry: Mapping[str, Any], place: Place) -> BusinessEvent:
    properties = entry.get("properties")
    return BusinessEvent(name, place, tuple(entry.get("required", ())), properties)


def _add_bulletins(parts: Parts, document: Document, broken: set[str | int]) -> None:
    defaults: Mapping[str, Any] = document.value.get("defaults", {})
    required = schema("bulletins")["$defs"]["complete"]["required"]
    for number, place in enumerate(document.entries("bulletins")):
        if number in broken:
            continue
        path: Path = ("bulletins", number)
        entry = document.value["bulletins"][number]
        fields = _with_defaults(entry, defaults) if defaults else entry
        missing = [name for name in required if name not in fields]
        if missing:
            from runner.definitions.schema_findings import missing_field

            parts.findings += [missing_field(path, name, document.file) for name in missing]
            continue
        before = len(parts.findings)
        timing = _Timing(fields, entry, path, document.file, parts.findings)
        schedule, when = timing.schedule(), timing.when()
        if len(parts.findings) == before:
            inherited = _inherited(entry, defaults) if defaults else frozenset[str]()
            parts.bulletins.append(_bulletin(fields, schedule, when, inherited, Place(document.file, *place, number)))


def _with_defaults(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Mapping[str, Any]:
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
    fields: Mapping[str, Any], schedule: Schedule | None, when: str | int, inherited: frozenset[str], place: Place
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


@dataclass(frozen=True, slots=True)
class _Timing:
    """Reads the times of one bulletin; what cannot be read becomes a finding."""

    fields: Mapping[str, Any]
    entry: Mapping[str, Any]
    path: Path
    file: str
    findings: list[Finding]

    def when(self) -> str | int:
        value = self.fields.get("when", "now")
        if value == "now":
            return "now"
        read: list[str | int] = self._read("when", Code.BAD_TIME, lambda: times.event_time(value))
        return read[0] if read else "now"

    def schedule(self) -> Schedule | None:
        fields = self.fields.get("schedule")
        if fields is None:
            return None
        if "cron" in fields:
            hint = "Write schedule.at, one entry for each time."
            message = "schedule.cron is not yet supported"
            self.findings.append(
                Finding(Code.CRON_NOT_SUPPORTED, self.file, (*self.path, "schedule", "cron"), message, hint)
            )
            return None
        timezone: str | None = fields.get("timezone")
        zones = [None] if timezone is None else self._read("timezone", Code.BAD_TIME, lambda: times.zone(timezone))
        grace = [DEFAULT_GRACE]
        if "grace" in fields:
            grace = self._read("grace", Code.BAD_DURATION, lambda: times.duration(fields["grace"]))
        if "at" in fields:
            at = self._read("at", Code.BAD_TIME, lambda: times.instant(fields["at"], timezone)) if zones else []
            return Schedule(at[0], grace[0]) if at and grace else None
        if "schedule" in self.entry:  # a grace or a timezone among the defaults alone is no schedule yet
            hint = "Add at: 2026-12-01T18:30:00+05:30, or remove schedule to send it as soon as it is there."
            path = (*self.path, "schedule")
            self.findings.append(Finding(Code.MISSING_FIELD, self.file, path, "schedule has no at", hint))
        return None

    def _read(self, name: str, code: Code, read: Callable[[], Any]) -> list[Any]:
        """What `read` gives, alone in a list; or an empty list, and a finding, where it cannot."""
        try:
            return [read()]
        except times.TimeProblem as error:
            path = (*self.path, "when") if name == "when" else (*self.path, "schedule", name)
            code = Code.WHEN_MILLISECONDS if isinstance(error, times.Milliseconds) else code
            self.findings.append(Finding(code, self.file, path, f"{dotted(path[2:])}: {error.message}", error.help))
            return []
