"""Turn the rows of a table into drafts, with problems at their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from runner.definitions.fields import payload_of
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.suggest import counted, listed, quoted
from runner.definitions.tables.cell_faults import TOTAL_ROW, is_total, repeats_header
from runner.importers.draft import Draft, unwritable_texts
from runner.importers.naming import id_of_key
from runner.importers.spreadsheet.cells import fields_of, problems_of
from runner.importers.spreadsheet.damaged_cells import DamagedCells
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
    needed = [name for name in required if name not in missing]
    reader = _RowReader(table, given, needed, lacks_zone, literal_braces=literal_braces)
    for row in table.rows:
        draft, problems = reader.read(row)
        yield from problems
        if draft is not None and not missing:
            yield draft
    yield from table.sheet.problems


class _RowReader:
    """Reads the rows of a table, and remembers the ids that keys have made."""

    def __init__(
        self,
        table: SheetTable,
        given: Mapping[str, str],
        required: Sequence[str],
        lacks_zone: Callable[[Mapping[str, Any]], bool],
        *,
        literal_braces: bool,
    ) -> None:
        self.table = table
        self.given = given
        self.required = required
        self.lacks_zone = lacks_zone
        self.literal_braces = literal_braces
        self.faults = _faults_by_row(table)
        self.damaged = DamagedCells(table)
        self.keys: dict[str, tuple[int, str]] = {}  # the row and the key of each id

    def read(self, row: SheetRow) -> tuple[Draft | None, list[Problem]]:
        """Return the draft of a row with warnings, or no draft and problems."""
        table, place = self.table, RowPlace(self.table, row)
        if (problem := _shape(table, row)) is not None:
            return None, [problem]
        problems: list[Problem] = [_placed(table, fault) for fault in self.faults.get(row.line, ())]
        problems += self.damaged.problems(row)
        if is_total(row.cells):
            problems.append(table.sheet.problem(row, None, Code.TOTAL_ROW, *TOTAL_ROW))
        own, wrong_times = fields_of(table.times, row)
        fields: dict[str, Any] = {**self.given, **own}
        problems += [table.sheet.problem(row, each.number, each.code, each.message, each.help) for each in wrong_times]
        if not _has_error(problems):
            problems += self._incomplete(row, fields, place)
        problems += problems_of({**fields, "literal_braces": True} if self.literal_braces else fields, place)
        problems += unwritable_texts(fields, place)
        return (None if _has_error(problems) else Draft(fields, _payload(fields), place)), problems

    def _incomplete(self, row: SheetRow, fields: dict[str, Any], place: RowPlace) -> Iterator[Problem]:
        """Yield what is missing in a row whose cells have no error, and set the id that its key makes."""
        for name in self.required:
            if name not in fields:
                yield place.problem((name,), Code.MISSING_FIELD, f"the row has no {name}", "Fill in the cell.")
        if self.lacks_zone(fields):
            path = ("schedule", "cron" if "cron" in fields["schedule"] else "at")
            yield place.problem(path, Code.BAD_TIME, _NO_ZONE, _GIVE_ZONE)
        if self.table.columns.key is not None:
            found = _id(self.table, row, self.table.columns.key, fields, self.keys)
            if isinstance(found, Problem):
                yield found
            else:
                fields["id"] = found


def _has_error(problems: Sequence[Problem]) -> bool:
    return any(problem.is_error for problem in problems)


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
    if repeats_header(table.header.names, row.cells):
        message, hint = "the row repeats the names of the columns", "Remove it: a table has one header."
        return sheet.problem(row, None, Code.REPEATED_HEADER, message, hint)
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
