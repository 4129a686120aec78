"""Turn the cells of a table's row into fields of a bulletin.

In: columns and cells. Out: fields, and problems of cells that no definition could hold. Texts that are sent to the API
stay unchanged; empty cells are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runner.definitions.fields import BY_NAME, FILLED_PER_OCCURRENCE, Form
from runner.definitions.problem import Path, Problem, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.definitions.templates import OCCURRENCE_FIELDS, is_template, marker
from runner.importers.draft import Draft, DraftPlace
from runner.importers.import_context import ImportNotes

_BETWEEN = re.compile(r"[\s,;|]+")
_TIMES: Sequence[Path] = (("schedule", "at"), ("schedule", "starts"), ("schedule", "ends"), ("when",))
# A time as spreadsheets write it, year first. It is rewritten as RFC 3339.
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ] *([0-9]{1,2}:[0-9]{2})(:[0-9]{2})? *([Zz]|[+-][0-9]{2}:[0-9]{2})?\Z"
)
_YEAR_LAST = re.compile(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}(?![0-9])")
_MARKER = re.compile(r"\{\{\s*occurrence\s*\.\s*([a-z_]+)\s*\}\}")
# Numbers such as 2.34567E+05 and 234567.0: the spreadsheet may have lost the original text.
_REWRITTEN = re.compile(r"[+-]?(?:[0-9](?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}|[0-9]+\.0)\Z")


def fields_of(columns: Sequence[Path | None], cells: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a row's cells."""
    fields: dict[str, Any] = {"properties": {}}
    for column, cell in zip(columns, cells, strict=False):
        if column is None or not cell:
            continue
        if column[0] == "properties":
            fields["properties"][column[1]] = cell
        elif not cell.strip():
            continue
        elif column[0] == "schedule":
            fields.setdefault("schedule", {})[column[1]] = _time(cell) if column in _TIMES else cell.strip()
        else:
            fields[str(column[0])] = _value(BY_NAME[str(column[0])].form, cell)
    if fields.get("when") == "now":
        del fields["when"]
    return _with_markers(fields) if "cron" in fields.get("schedule", ()) else fields


def _value(form: Form, cell: str) -> Any:
    """Convert the cell to the form of its field if it is clear; else keep the text, and the check reports it."""
    text = cell.strip()
    is_number = text.isascii() and text.isdigit() and len(text) < 20
    match form:
        case Form.TEXT:
            return cell
        case Form.WORDS:
            return [each for each in _BETWEEN.split(text) if each]
        case Form.FLAG if text.casefold() in ("true", "false"):
            return text.casefold() == "true"
        case Form.NUMBER | Form.TIME if is_number:
            return int(text)
        case Form.TIME:
            return "now" if text.casefold() == "now" else _time(text)
        case _:
            return text


def _time(cell: str) -> str:
    """Return a time with the year first as RFC 3339; any other text without the space around it."""
    found = _TIME.match(cell.strip())
    if found is None:
        return cell.strip()
    day, minute, second, offset = found.groups()
    return f"{day}T{minute:0>5}{second or ':00'}{(offset or '').upper()}"


def _with_markers(fields: dict[str, Any]) -> dict[str, Any]:
    """Write `{{occurrence.date}}` as `{{ occurrence.date }}` in a recurring bulletin: only this form is filled in."""
    names = [field.name for field in FILLED_PER_OCCURRENCE if field.name in fields]
    return {**fields, **{name: _with_spaces(fields[name]) for name in names}}


def _with_spaces(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_spaces(text) for key, text in value.items()}
    return _MARKER.sub(lambda found: marker(found[1]), value)


def problems_of(fields: Mapping[str, Any], place: DraftPlace) -> Iterator[Problem]:
    """Return problems of fields that could not be sent or read again as they are in the cells."""
    schedule = fields.get("schedule", {})
    for path in _TIMES:
        text = schedule.get(path[1]) if len(path) > 1 else fields.get(str(path[0]))
        if isinstance(text, str) and _YEAR_LAST.match(text):
            offset = "" if "timezone" in schedule and len(path) > 1 else "+05:30"
            message = f"{dotted(path)}: {quoted(text)} begins with a day or a month, and it is unclear which"
            yield place.problem(path, Code.BAD_TIME, message, f"Write 2026-12-01T18:30:00{offset}, year first.")
    if "cron" in schedule:
        yield from _templates(fields, place)


def _templates(fields: Mapping[str, Any], place: DraftPlace) -> Iterator[Problem]:
    """Return problems of a recurring bulletin's texts with templates other than fields of the occurrence."""
    for path, text in _texts_of_occurrence(fields):
        if is_template(_MARKER.sub(" ", text)):
            message = f"{dotted(path)} contains {{{{, {{% or {{#, and only fields of the occurrence are filled in"
            hint = f"Write a field like {marker(OCCURRENCE_FIELDS[0])}, or remove the braces."
            yield place.problem(path, Code.BAD_TEMPLATE, message, hint)


def _texts_of_occurrence(fields: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for field in FILLED_PER_OCCURRENCE:
        match fields.get(field.name):
            case str() as text:
                yield (field.name,), text
            case dict() as texts:
                yield from (((field.name, key), text) for key, text in texts.items())


def with_notes(found: Iterable[Draft | Problem], notes: ImportNotes) -> Iterator[Draft | Problem]:
    """Pass everything on, and note the first value of each property that a spreadsheet seems to have rewritten."""
    noted: set[str] = set()
    for each in found:
        yield each
        if isinstance(each, Draft):
            for key, text in each.fields["properties"].items():
                if key not in noted and _REWRITTEN.match(text):
                    noted.add(key)
                    notes.add(_rewritten(key, text, each.place))


def _rewritten(key: str, text: str, place: DraftPlace) -> str:
    path = ("properties", key)
    at = place.problem(path, Code.PROPERTY_NOT_STRING, "", "")
    said = f"{dotted(path)} is {quoted(text)}, which looks like a number that the spreadsheet rewrote"
    return f"{at.file}:{at.line}: {said}"
