"""Turn the cells of a table's row into fields of a bulletin.

In: columns and cells. Out: fields, and problems of cells that no definition could hold. Texts that are sent to the API
stay unchanged; empty cells are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from runner.definitions.fields import BY_NAME, FILLED_PER_OCCURRENCE, Form
from runner.definitions.problem import Path, Problem, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.templates import OCCURRENCE_FIELDS, is_template, marker
from runner.importers.draft import DraftPlace
from runner.importers.spreadsheet.sheet import SheetRow
from runner.importers.spreadsheet.times import TIME_PATHS, WHEN, TimeColumns, TimeFault

_FLAGS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
_BETWEEN = re.compile(r"[\s,;|]+")
_MARKER = re.compile(r"\{\{\s*occurrence\s*\.\s*([a-z_]+)\s*\}\}")


def fields_of(times: TimeColumns, row: SheetRow) -> tuple[dict[str, Any], list[TimeFault]]:
    """Return the fields of a row's cells, and the faults of its times."""
    fields: dict[str, Any] = {"properties": {}}
    schedule: dict[str, str] = {}
    read, faults = times.schedule_of(row)
    for path, number in times.columns.fields:
        cell = row.cell(number)
        if path == WHEN:
            if (when := _when(times, number, row, faults)) is not None:
                fields["when"] = when
        elif path in TIME_PATHS or not cell:
            continue
        elif path[0] == "properties":
            fields["properties"][path[1]] = cell
        elif not cell.strip():
            continue
        elif path[0] == "schedule":
            schedule[str(path[1])] = cell.strip()
        else:
            fields[str(path[0])] = _value(BY_NAME[str(path[0])].form, cell)
    schedule |= read
    if schedule and not times.unclear:
        fields["schedule"] = schedule
    return (_with_markers(fields) if "cron" in schedule else fields), faults


def _when(times: TimeColumns, number: int, row: SheetRow, faults: list[TimeFault]) -> str | int | None:
    """Return the time of the event; None for `now`, which is the default."""
    text = row.cell(number).strip()
    if not text or text.casefold() == "now":
        return None
    if _is_number(text):
        return int(text)
    when = times.when_of(number, row)
    if isinstance(when, TimeFault):
        faults.append(when)
        return None
    return when


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _value(form: Form, cell: str) -> Any:
    """Convert the cell to the form of its field if it is clear; else keep the text, and the check reports it."""
    text = cell.strip()
    match form:
        case Form.TEXT:
            return cell
        case Form.WORDS:
            return [each for each in _BETWEEN.split(text) if each]
        case Form.FLAG if text.casefold() in _FLAGS:
            return _FLAGS[text.casefold()]
        case Form.NUMBER if _is_number(text):
            return int(text)
        case _:
            return text


def _with_markers(fields: dict[str, Any]) -> dict[str, Any]:
    """Write `{{occurrence.date}}` as `{{ occurrence.date }}` in a recurring bulletin: only this form is filled in."""
    names = [field.name for field in FILLED_PER_OCCURRENCE if field.name in fields]
    return {**fields, **{name: _with_spaces(fields[name]) for name in names}}


def _with_spaces(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_spaces(text) for key, text in value.items()}
    return _MARKER.sub(lambda found: marker(found[1]), value)


def problems_of(fields: Mapping[str, Any], place: DraftPlace) -> Iterator[Problem]:
    """Return problems of a recurring bulletin's texts with templates other than fields of the occurrence."""
    if "cron" not in fields.get("schedule", {}) or fields.get("literal_braces") is True:
        return
    for path, text in _texts_of_occurrence(fields):
        if is_template(_MARKER.sub(" ", text)):
            message = f"{dotted(path)} contains {{{{, {{% or {{#, and only fields of the occurrence are filled in"
            hint = (
                f"Write a field like {marker(OCCURRENCE_FIELDS[0])}, or give --literal-braces if the braces are meant."
            )
            yield place.problem(path, Code.BAD_TEMPLATE, message, hint)


def _texts_of_occurrence(fields: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for field in FILLED_PER_OCCURRENCE:
        match fields.get(field.name):
            case str() as text:
                yield (field.name,), text
            case dict() as texts:
                yield from (((field.name, key), text) for key, text in texts.items())
