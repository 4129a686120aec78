"""Read a spreadsheet's rows, saved as CSV, as drafts: a column for each field, and one for each property.

The delimiter is what makes the most of the header, which may have several lines.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.definitions.fields import FIELDS, SCHEDULE_COLUMNS, Form, payload_of
from runner.definitions.problem import Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.suggest import counted, quoted
from runner.importers.draft import Draft, unwritable_texts
from runner.importers.spreadsheet.cells import fields_of, problems_of
from runner.importers.text import UNREADABLE, Text

DELIMITERS = ",;\t|"
# Header of a column -> the field. Any other column is a property.
_COLUMNS: Mapping[str, Path] = {
    **{
        header: (field.name,)
        for field in FIELDS
        if field.form is not Form.MAPPING
        for header in (field.attribute, *field.columns)
    },
    **{header: ("schedule", key) for header, key in SCHEDULE_COLUMNS.items()},
}
_NOT_IMPORTED = "A table for for_each is not imported: an entry with csv names it."
_PREFIXES = {"properties.": "properties", "schedule.": "schedule"}
_REQUIRED = {
    "business_event": "Add a column business_event, or give --event NAME.",
    "name": f"Add a column name. {_NOT_IMPORTED}",
    "c-by": "Add a column c-by, or give --c-by ADDRESS.",
}
_SEPARATOR_LINE = re.compile(r"sep=(.)[\r\n]", re.IGNORECASE)
_BREAKS = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table: the field of each column, None if its header is empty."""

    sheet: Text
    delimiter: str
    columns: Sequence[Path | None]
    line: int  # of the header
    lines: int = 1  # that the header has


@dataclass(frozen=True, slots=True)
class SheetRow:
    """The place of a row."""

    table: SheetTable
    line: int

    def problem(self, path: Path, code: Code, message: str, help: str, *, at_key: bool = False) -> Problem:  # noqa: A002
        """Return a problem at the cell of the field at `path`, or at the row if it has no such cell."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.table.columns:
                number = self.table.columns.index(path[:length])
                return self.table.sheet.problem(self.cell(number), code, message, help)
        return self.table.sheet.problem(self.cell(0), code, message, help)

    def cell(self, number: int) -> int:
        """Return where the cell of that number begins; delimiters in quotes don't count."""
        text, offset, in_quotes = self.table.sheet.text, self.table.sheet.starts[self.line - 1], False
        while number and offset < len(text):
            if text[offset] == '"':
                in_quotes = not in_quotes
            elif text[offset] == self.table.delimiter and not in_quotes:
                number -= 1
            offset += 1
        return min(offset, len(text))


def table_of(sheet: Text) -> SheetTable | list[Problem]:
    """Return the table for the header line of a sheet, or its problems."""
    line, delimiter = 1, ""
    if found := _SEPARATOR_LINE.match(sheet.text):  # the spreadsheet's own line for the delimiter
        line, delimiter = 2, found[1]
    while line < len(sheet.lines) and not sheet.lines[line - 1].strip():
        line += 1
    if not sheet.lines[line - 1].strip():
        hint = "Save the sheet as CSV, with the names of its columns in the first line."
        return [sheet.problem(sheet.starts[line - 1], UNREADABLE, "there is no table here", hint)]
    headers = [_header(sheet, line, each) for each in ([delimiter] if delimiter else DELIMITERS)]
    header = max(headers, key=lambda each: _fitness(each.names))
    error = next((each.error for each in headers if each.error), "")
    if error and not _fitness(header.names)[0]:
        return [_no_row(sheet, line, error)]
    names, columns = header.names, [_column(name) for name in header.names]
    table = SheetTable(sheet, header.delimiter, columns, line, header.lines)
    place = SheetRow(table, line)
    problems = []
    if not any(column is not None and column[0] != "properties" for column in columns):
        message = "this line does not look like a header: no column of it is name, event or another field"
        hint = "Write the names of the columns into the first line, name among them, and remove lines above it."
        hint += f" {_NOT_IMPORTED}"
        return [sheet.problem(place.cell(0), UNREADABLE, message, hint)]
    for number, column in enumerate(columns):
        if column is not None and column in columns[:number]:
            message = (
                f"the columns {quoted(names[number])} and {quoted(names[columns.index(column)])} are the same field"
            )
            hint = "Remove one of the two; properties.NAME is a property with the name of a field."
            problems.append(sheet.problem(place.cell(number), UNREADABLE, message, hint))
    return problems or table


def drafts_in(table: SheetTable, given: Mapping[str, str], account_option: str = "") -> Iterator[Draft | Problem]:
    """The drafts of a table's rows, and what is wrong in them. `given` fills in what a row leaves empty.

    `account_option` is how an account is named without a column, where one has to be named.
    """
    required = _REQUIRED | ({"accounts": f"Add a column accounts, or give {account_option}."} if account_option else {})
    missing = [name for name in required if (name,) not in table.columns and name not in given]
    for name in missing:
        yield SheetRow(table, table.line).problem((), Code.MISSING_FIELD, f"there is no column {name}", required[name])
    for found in _rows(table):
        if isinstance(found, Problem):
            yield found
            continue
        cells, line = found
        place = SheetRow(table, line)
        fields: dict[str, Any] = {**given, **fields_of(table.columns, cells)}
        if problems := list(_problems(fields, place, [name for name in required if name not in missing])):
            yield from problems
        elif not missing:
            yield Draft(fields, _payload(fields), place)


@dataclass(frozen=True, slots=True)
class _Header:
    """A header read with a delimiter, or the error in it."""

    delimiter: str
    names: Sequence[str] = ()
    lines: int = 1
    error: str = ""


def _header(sheet: Text, line: int, delimiter: str) -> _Header:
    reader = csv.reader(sheet.lines[line - 1 :], delimiter=delimiter, strict=True)
    try:
        names = [" ".join(part.strip() for part in _BREAKS.split(name.strip())) for name in next(reader, [])]
    except csv.Error as error:
        return _Header(delimiter, error=str(error))
    return _Header(delimiter, names, reader.line_num)


def _fitness(names: Sequence[str]) -> tuple[int, int]:
    columns = [_column(name) for name in names]
    return sum(column is not None and column[0] != "properties" for column in columns), len(names)


def _column(name: str) -> Path | None:
    folded = name.casefold()
    for prefix, field in _PREFIXES.items():
        if folded.startswith(prefix) and len(name) > len(prefix):
            return field, name[len(prefix) :] if field == "properties" else folded[len(prefix) :]
    return _COLUMNS.get(re.sub(r"[\s-]+", "_", folded), ("properties", name)) if name else None


def _rows(table: SheetTable) -> Iterator[tuple[list[str], int] | Problem]:
    """Return the cells of each row that is not empty, and the line on which it begins."""
    sheet = table.sheet
    above = table.line + table.lines - 1
    reader = csv.reader(sheet.lines[above:], delimiter=table.delimiter, strict=True)
    while True:
        line = above + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _no_row(sheet, line, str(error))
            return
        if cells is None:
            return
        filled = max((number for number, cell in enumerate(cells, start=1) if cell.strip()), default=0)
        if not filled:
            continue
        if filled > len(table.columns) or len(cells) < len(table.columns):
            counts = counted(len(cells), "cell"), counted(len(table.columns), "column")
            message = f"the row has {counts[0]}, and the header {counts[1]}"
            hint = f"Put a cell that contains {_named(table.delimiter)} in double quotes, and write empty cells too."
            yield sheet.problem(sheet.starts[line - 1], UNREADABLE, message, hint)
        elif (stray := _stray(table, cells)) is not None:
            message = f"the cell {quoted(cells[stray])} is in a column without a name"
            hint = "Name the column, or empty the cell."
            yield sheet.problem(SheetRow(table, line).cell(stray), UNREADABLE, message, hint)
        else:
            yield cells, line


def _no_row(sheet: Text, line: int, said: str) -> Problem:
    message, hint = f"not CSV: {said}", "Write a double quote inside of a cell twice, and the cell in double quotes."
    if "unexpected end" in said:
        message, hint = "not CSV: a double quote opens in this row and is never closed", "Close it."
    elif "field limit" in said:
        message = f"a cell of this row has more than {csv.field_size_limit():,} characters"
        hint = "Shorten it, or close the double quote that opens in it."
    return sheet.problem(sheet.starts[min(line, len(sheet.starts)) - 1], UNREADABLE, message, hint)


def _stray(table: SheetTable, cells: Sequence[str]) -> int | None:
    """Return the number of the first cell with a text in a column without a name."""
    pairs = enumerate(zip(table.columns, cells, strict=False))
    return next((number for number, (column, cell) in pairs if cell.strip() and column is None), None)


def _named(delimiter: str) -> str:
    return {",": "a comma", ";": "a semicolon", "\t": "a tab"}.get(delimiter, quoted(delimiter))


def _problems(fields: Mapping[str, Any], place: SheetRow, required: Sequence[str]) -> Iterator[Problem]:
    for name in required:
        if name not in fields:
            yield place.problem((name,), Code.MISSING_FIELD, f"the row has no {name}", "Fill in the cell.")
    yield from problems_of(fields, place)
    yield from unwritable_texts(fields, place)


def _payload(fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        when = times.event_time(fields.get("when", "now"))
    except times.TimeProblem:
        when = fields["when"]  # the check reports what is wrong with it
    return payload_of({**fields, "when": when})
