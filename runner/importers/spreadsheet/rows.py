"""Turn the rows of a table into drafts, with problems at their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.definitions.fields import payload_of
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.suggest import counted, listed, quoted
from runner.importers.draft import Draft, unwritable_texts
from runner.importers.naming import id_of_key
from runner.importers.spreadsheet.cells import fields_of, problems_of
from runner.importers.spreadsheet.sheet import CellFault, SheetRow
from runner.importers.spreadsheet.table import NOT_IMPORTED, RowPlace, SheetTable, used_columns
from runner.importers.text import UNREADABLE

_NO_ZONE = "the time of this row is a local time, and nothing decides its time zone"
_GIVE_ZONE = "Give --timezone with its zone, like --timezone Asia/Kolkata, or add a column timezone."
_REQUIRED = {
    "business_event": "Add a column business_event, or give --event NAME.",
    "name": "Add a column name, or name the column of the names: --column name=COLUMN.",
    "c-by": "Add a column c-by, or give --c-by ADDRESS.",
}


def drafts_in(
    table: SheetTable,
    given: Mapping[str, str],
    account_option: str = "",
    lacks_zone: Callable[[Mapping[str, Any]], bool] = lambda _: False,
    *,
    literal_braces: bool = False,
) -> Iterator[Draft | Problem]:
    """The drafts of a table's rows, and what is wrong in them. `given` fills in what a row leaves empty.

    `account_option` is how an account is named without a column, where one has to be named. `lacks_zone` reports
    whether nothing decides the time zone of a row's times. `literal_braces`: placeholders in the cells are meant.
    """
    yield from table.problems
    required = _REQUIRED | ({"accounts": f"Add a column accounts, or give {account_option}."} if account_option else {})
    missing = [name for name in required if not table.columns.has((name,)) and name not in given]
    for name in missing:
        hint = required[name]
        if name == "name":
            hint += f" {_columns_left(table)} {NOT_IMPORTED}"
        yield table.column_problem(None, Code.MISSING_FIELD, f"there is no column {name}", hint)
    keys: dict[str, tuple[int, str]] = {}  # the row and the key of each id
    faults = _faults_by_row(table)
    for row in table.rows:
        place = RowPlace(table, row)
        if (problem := _shape(table, row)) is not None:
            yield problem
            continue
        problems = [_placed(table, fault) for fault in faults.get(row.line, ())]
        own, wrong_times = fields_of(table.times, row)
        fields: dict[str, Any] = {**given, **own}
        problems += [table.sheet.problem(row, each.number, each.code, each.message, each.help) for each in wrong_times]
        if lacks_zone(fields) and not problems:
            path = ("schedule", "cron" if "cron" in fields["schedule"] else "at")
            problems.append(place.problem(path, Code.BAD_TIME, _NO_ZONE, _GIVE_ZONE))
        checked = {**fields, "literal_braces": True} if literal_braces else fields
        problems += _problems(checked, place, [name for name in required if name not in missing and not problems])
        if table.columns.key is not None and not problems:
            found = _id(table, row, table.columns.key, fields, keys)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                fields["id"] = found
        if problems:
            yield from problems
        elif not missing:
            yield Draft(fields, _payload(fields), place)
    yield from table.sheet.problems


def _columns_left(table: SheetTable) -> str:
    names = [name for name in table.columns.names if name]
    return f"The columns are {listed(map(quoted, names))}."


def _faults_by_row(table: SheetTable) -> dict[int, list[CellFault]]:
    used = used_columns(table.columns)
    by_row: dict[int, list[CellFault]] = {}
    for fault in table.sheet.faults:
        if fault.column in used:
            by_row.setdefault(fault.row.line, []).append(fault)
    return by_row


def _placed(table: SheetTable, fault: CellFault) -> Problem:
    return table.sheet.problem(fault.row, fault.column, fault.code, fault.message, fault.help)


def _shape(table: SheetTable, row: SheetRow) -> Problem | None:
    """Return the problem of a row with too many or too few cells, or with a text in a column without a name."""
    sheet, width = table.sheet, len(table.header.names)
    filled = max((number for number, cell in enumerate(row.cells, start=1) if cell.strip()), default=0)
    if sheet.delimiter and (filled > width or len(row.cells) < width):
        counts = counted(len(row.cells), "cell"), counted(width, "column")
        message = f"the row has {counts[0]}, and the header {counts[1]}"
        hint = f"Put a cell that contains {sheet.delimiter} in double quotes, and write empty cells too."
        return sheet.problem(row, None, UNREADABLE, message, hint)
    named = [bool(name) for name in table.header.names]
    for number, cell in enumerate(row.cells):
        if cell.strip() and not (number < width and named[number]) and number not in table.columns.ignored:
            message = f"the cell {quoted(cell)} is in a column without a name"
            return sheet.problem(row, number, UNREADABLE, message, "Name the column, or empty the cell.")
    return None


def _problems(fields: Mapping[str, Any], place: RowPlace, required: Sequence[str]) -> Iterator[Problem]:
    for name in required:
        if name not in fields:
            yield place.problem((name,), Code.MISSING_FIELD, f"the row has no {name}", "Fill in the cell.")
    yield from problems_of(fields, place)
    yield from unwritable_texts(fields, place)


def _id(
    table: SheetTable, row: SheetRow, number: int, fields: Mapping[str, Any], keys: dict[str, tuple[int, str]]
) -> str | Problem:
    """Return the id that the key of a row makes. Two rows never share one: no number makes an id unique."""
    key = row.cell(number).strip()
    if not key:
        message = f"the row has no {quoted(table.columns.names[number])}, from which its id is made"
        return table.sheet.problem(row, number, Code.MISSING_FIELD, message, "Fill in the cell.")
    made = id_of_key(key, str(fields.get("business_event", "")))
    if not made:
        message = f"no id can be made from {quoted(key)}: it has no letter from a to z and no digit"
        return table.sheet.problem(row, number, Code.BAD_FORMAT, message, "Give --key a column with codes or numbers.")
    if made in keys:
        line, other = keys[made]
        message = f"{quoted(key)} makes the id {made}, as {quoted(other)} in {table.sheet.lines_are} {line:,} does"
        hint = "Give --key a column with another value in each row."
        return table.sheet.problem(row, number, Code.DUPLICATE_ID, message, hint)
    keys[made] = (row.line, key)
    return made


def _payload(fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        when = times.event_time(fields.get("when", "now"))
    except times.TimeProblem:
        when = fields["when"]  # the check reports what is wrong with it
    return payload_of({**fields, "when": when})
