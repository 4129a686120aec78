"""Find further problems of an entry that can't be built, so that one mistake hides no other. Pure functions.

Fields with a finding are left out, and so is every field whose meaning may change once that finding is fixed.
`reported` always means: the findings reported already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.definitions.fields import FIELDS, MERGED
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import RowReference
from runner.definitions.schedules.bulletin_times import TimesReader

Fields = dict[str, Any]

_REQUIRED = tuple(field.name for field in FIELDS if field.is_required and field.is_in_defaults)
_REQUIRED_NAMES = frozenset(_REQUIRED)
_ANY: dict[str | int, str] = {"at": "2026-12-01T18:30:00Z", "timezone": "UTC"}
# Fields of a schedule whose removal does not change the meaning of the others.
_ALONE = (("grace",), ("starts",), ("ends",), ("catch_up",))


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """An entry of a file: its own fields, and its fields merged with the defaults."""

    own: Fields
    fields: Fields
    path: Path
    file: str

    @classmethod
    def of(cls, own: Fields, defaults: Mapping[str, Any], path: Path, file: str) -> MergedEntry:
        return cls(own, _with_defaults(own, defaults), path, file)

    def place(self, finding: Finding) -> Path:
        """Return the path of a finding relative to the entry."""
        return finding.path[len(self.path) :]


def _with_defaults(own: Fields, defaults: Mapping[str, Any]) -> Fields:
    if not defaults:
        return own
    fields = {**defaults, **own}
    for name in MERGED:
        if name in own and name in defaults:
            fields[name] = {**defaults[name], **own[name]}
    return fields


def sound_defaults(defaults: Mapping[str, Any], reported: Iterable[Finding]) -> Fields:
    """Return the defaults of a file without the fields that have findings."""
    return _without(defaults, (finding.path[1:] for finding in reported))


def taken_from_defaults(reported: Iterable[Finding], own: Any, path: Path) -> list[Finding]:
    """Return the findings about inherited defaults, moved to the entry at `path`, without fields that it sets."""
    kept = own if isinstance(own, dict) else {}
    return [
        replace(finding, path=(*path, *finding.path[1:]))
        for finding in reported
        if finding.path[1] in MERGED or finding.path[1] not in kept
    ]


def remains(
    own: Any, defaults: Mapping[str, Any], path: Path, file: str, reported: Sequence[Finding]
) -> MergedEntry | None:
    """Return an entry without the fields that have findings; None if it is not a mapping."""
    if not isinstance(own, dict):
        return None
    places = [finding.path[len(path) :] for finding in reported]
    entry = MergedEntry.of(_without(own, places), defaults, path, file)
    fields = _without(entry.fields, places)
    if has_unknown_fields(
        entry, reported
    ):  # an unknown field may be a misspelt one that seems to come from the defaults
        fields = {name: value for name, value in fields.items() if name in entry.own}
    return replace(entry, fields=fields)


def has_unknown_fields(entry: MergedEntry, reported: Iterable[Finding]) -> bool:
    """Whether a field name is unknown: a field that seems to be missing may be there under this name."""
    return any(finding.at_key and len(entry.place(finding)) == 1 for finding in reported)


def missing(
    entry: MergedEntry, own: Mapping[str, Any], defaults: Mapping[str, Any], reported: Sequence[Finding]
) -> list[Finding]:
    """Return findings about required fields that neither the entry nor the defaults have."""
    if entry.fields.keys() >= _REQUIRED_NAMES:
        return []
    names = [name for name in _REQUIRED if name not in own]
    if all(name in defaults for name in names) or has_unknown_fields(entry, reported):
        return []
    from runner.definitions.schema.schema_findings import missing_field

    found = [missing_field(entry.path, name, entry.file) for name in names if name not in defaults]
    return [finding for finding in found if finding not in reported]


def has_sure_texts(entry: MergedEntry, reported: Sequence[Finding]) -> bool:
    """Whether the rows and the schedule of an entry are without findings, so that its texts can be checked."""
    return not has_unknown_fields(entry, reported) and not any(
        place[:1] == ("for_each",) or (place[:1] == ("schedule",) and place[1:2] not in _ALONE)
        for place in map(entry.place, reported)
    )


def times(
    entry: MergedEntry, reported: Iterable[Finding], row: RowReference | None = None, made: Fields | None = None
) -> Iterator[Finding]:
    """Yield findings about the times of an entry, or of the fields that a row `made`, except reported ones."""
    fields = entry.fields if made is None else made
    read = _with_sample_times(fields)
    filled_later = set(_to_be_filled_in(fields)) - set(_to_be_filled_in(read))
    fields = _without(read, (place for place in map(entry.place, reported) if place not in filled_later))
    fields = _without(fields, list(_to_be_filled_in(fields)))
    found: list[Finding] = []
    reader = TimesReader(fields, entry.own, entry.path, entry.file, found)
    reader.read_when()
    if "schedule" in fields:
        reader.read_schedule()
    for finding in found:
        yield replace(finding, row=row)


def times_of_none(entry: MergedEntry, reported: Sequence[Finding]) -> Iterator[Finding]:
    """Yield findings about the times of an entry that made no bulletin, unless they are reported for its rows."""
    if not any(finding.row and finding.code is not Code.ROW_VALUE for finding in reported):
        yield from times(entry, reported)


def _to_be_filled_in(fields: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the paths of times that are, or look like, templates."""
    if "{" in str(fields.get("when", "")):
        yield ("when",)
    for name, text in fields.get("schedule", {}).items():
        if "{" in text or "}}" in text:
            yield ("schedule", name)


def _with_sample_times(fields: Fields) -> Fields:
    """Replace `at` and `timezone` by example values where a template fills them in, so that the others can be read."""
    schedule = fields.get("schedule", {})
    if "at" not in schedule or "cron" in schedule:
        return fields
    unknown = {place[1] for place in _to_be_filled_in(fields) if len(place) > 1}
    return {**fields, "schedule": {**schedule, **{name: _ANY[name] for name in unknown & _ANY.keys()}}}


def _without(fields: Mapping[str, Any], places: Iterable[Path]) -> Fields:
    """Return the fields without those at `places`. A schedule is removed whole if its meaning would change."""
    left = dict(fields)
    for name, *inside in filter(None, places):
        nested = left.get(str(name))
        alone = name == "properties" or (name == "schedule" and tuple(inside[:1]) in _ALONE)
        if alone and inside and isinstance(nested, dict):
            left[str(name)] = {key: value for key, value in nested.items() if key != inside[0]}
        else:
            left.pop(str(name), None)
    return left
