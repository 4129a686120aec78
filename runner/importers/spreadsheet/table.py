"""Find the header of a sheet, and decide what its columns mean and how their dates are written.

A `Sheet` and the options come in; a `SheetTable` goes out, or problems. What was passed over becomes a note.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from runner.alike_group import MOST_SHOWN
from runner.definitions.characters import INVISIBLE
from runner.definitions.problem import Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import counted, listed, quoted, same_letters
from runner.definitions.tables.row_numbers import is_counting
from runner.errors import ErrorCode, Exit, UserError
from runner.importers.import_context import ImportNotes
from runner.importers.spreadsheet.columns import ColumnOptions, Columns, columns_of, fold, shown_field
from runner.importers.spreadsheet.date_order import ContradictoryDates, UndecidedDates, order_of
from runner.importers.spreadsheet.header import Header, find_header, known_names
from runner.importers.spreadsheet.moments import DateOrder
from runner.importers.spreadsheet.sheet import CellProblem, Sheet, SheetRow, letters
from runner.importers.spreadsheet.times import TIME_PATHS, TimeColumns
from runner.importers.text import UNREADABLE

NOT_IMPORTED = "A table for for_each is not imported: an entry with csv names it."
ChooseOrder = Callable[[UndecidedDates], DateOrder | None]


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table: its header, the meaning of its columns, its rows, and the problems of whole columns."""

    sheet: Sheet
    header: Header
    columns: Columns
    times: TimeColumns
    problems: Sequence[Problem] = ()

    @property
    def header_row(self) -> SheetRow:
        """Return the row with the names of the columns."""
        return self.sheet.rows[self.header.index]

    @property
    def rows(self) -> Sequence[SheetRow]:
        """Return the rows below the header."""
        return self.sheet.rows[self.header.index + 1 :]

    def column_problem(self, number: int | None, code: Code, message: str, help: str) -> CellProblem:  # noqa: A002
        """Return a problem at the header of a column."""
        return self.sheet.problem(self.header_row, number, code, message, help)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """The place of a row, whose fields are in the columns of its table."""

    table: SheetTable
    row: SheetRow
    is_row = True

    def problem(self, path: Path, code: Code, message: str, help: str, *, at_key: bool = False) -> Problem:  # noqa: A002
        """Return a problem at the cell of the field at `path`, or at the row if it has no such cell."""
        number = self.table.columns.nearest(path)
        if code is Code.PROPERTY_UNKNOWN and number is not None:
            help = f"{help} To leave the column out: --ignore-column {shlex.quote(self.table.columns.names[number])}."  # noqa: A001
        return self.table.sheet.problem(self.row, number, code, message, help.strip())


def table_of(
    sheet: Sheet,
    options: ColumnOptions,
    notes: ImportNotes,
    *,
    order: DateOrder | None = None,
    choose_order: ChooseOrder = lambda _: None,
) -> SheetTable | list[Problem]:
    """Return the table of a sheet, or its problems. `choose_order` is asked if no date of a column decides its order.

    Raises UserError if an option names a column or a field that does not exist.
    """
    if not sheet.rows:
        hint = "Write the names of the columns in the first row, and save the sheet again."
        line, column, source = sheet.place(1, 0)
        empty = Problem(sheet.file, line, column, UNREADABLE, "there is no table here", hint, source)
        return list(sheet.problems) or [empty]
    header = find_header(sheet.rows, known_names(options))
    if header is None:
        return [*sheet.problems, _no_header(sheet)]
    for row in sheet.rows[: header.index]:
        title = next(cell for cell in row.cells if cell.strip())
        notes.add(f"{sheet.lines_are} {row.line} ({quoted(title.strip())}) is above the header and was left out")
    columns = columns_of(header.names, options)
    if columns.key is not None and columns.has(("id",)):
        message = "--key makes the ids from a column, but the table has a column with ids"
        raise UserError(ErrorCode.BAD_USAGE, message, help="Leave out --key.", exit_code=Exit.USAGE)
    table = SheetTable(sheet, header, columns, TimeColumns(columns, {}))
    _note(table, notes)
    times, problems = _times(table, order, choose_order)
    of_names = [*_same_fields(table), *_unclear_names(table), *_counted_ids(table)]
    return SheetTable(sheet, header, columns, times, [*of_names, *_merged(table), *problems])


def _note(table: SheetTable, notes: ImportNotes) -> None:
    """Note what a person may not see in the spreadsheet program, or sees there in another form."""
    sheet, columns = table.sheet, table.columns
    hidden = [line for line in sheet.hidden_rows if line > table.header_row.line]
    if hidden:
        rows = f"{counted(len(hidden), 'row')} ({_first([f'{line:,}' for line in hidden])})"
        notes.add(f"hidden in the spreadsheet, and imported all the same: {rows}")
    names = [columns.names[number] for number in sheet.hidden_columns if number in used_columns(columns)]
    if names:
        notes.add(f"hidden in the spreadsheet, and imported all the same: the columns {listed(map(quoted, names))}")
    properties = {number for path, number in columns.fields if path[0] == "properties"}
    for remark in sheet.remarks:
        if remark.column in (properties if remark.of_property else used_columns(columns)):
            notes.add(f"column {quoted(columns.names[remark.column])}: {remark.text}")


def _no_header(sheet: Sheet) -> Problem:
    first = sheet.rows[0]
    if (other := _other_format(first)) is not None:
        return sheet.problem(first, None, UNREADABLE, *other)
    names = [cell.strip() for cell in first.cells if cell.strip()]
    hint = "Write the names of the columns into the first row, name among them, or name the column of the names, like "
    hint += f"--column name={shlex.quote(names[0])}. {NOT_IMPORTED}"
    message = "this row does not look like a header: no column of it is name, event or another field"
    return sheet.problem(first, None, UNREADABLE, message, hint)


def _other_format(row: SheetRow) -> tuple[str, str] | None:
    """Return what a text without a table is, and what to do with it, if its beginning shows that."""
    start = "".join(row.cells).lstrip().casefold()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "mime-version")):
        message = "this is a web page or another XML file, although it may be named like a spreadsheet"
        return message, "Open it in the spreadsheet program, and save it as CSV UTF-8."
    if start.startswith(("{", '[{"', "[ {", "[{")):
        return "this is JSON, not a table", "Import payloads with bulletins import json."
    if start.startswith(("#!", "curl ")):
        return "this is a script, not a table", "Import curl commands with bulletins import curl."
    return None


def _unclear_names(table: SheetTable) -> Iterator[Problem]:
    """Yield the problems of names with an invisible character, or with the letters of another name."""
    names = table.columns.names
    for number in sorted(used_columns(table.columns)):
        name = names[number]
        if (found := INVISIBLE.search(name)) is not None:
            message = f"the name of column {letters(number)} contains an invisible character, U+{ord(found[0][0]):04X}"
            yield table.column_problem(number, UNREADABLE, message, "Type the name again in the spreadsheet.")
        elif (same := same_letters(name, names[:number])) is not None:
            which = f"columns {letters(names.index(same))} and {letters(number)}"
            message = f"the names of the {which}, {quoted(name)}, have the same letters in two encodings"
            yield table.column_problem(number, UNREADABLE, message, "Rename one of the two in the spreadsheet.")


def _counted_ids(table: SheetTable) -> Iterator[Problem]:
    """Yield the warning about ids from a column that only counts the rows."""
    number = table.columns.key if table.columns.key is not None else table.columns.number(("id",))
    if number is not None and is_counting(table.columns.names[number], [row.cell(number) for row in table.rows]):
        name = quoted(table.columns.names[number])
        message = f"the column {name} only counts the rows: after an inserted row, another import gives other ids"
        hint = "Give --key a column with a code of its own in each row, such as a program id."
        yield table.column_problem(number, Code.ROW_NUMBER_ID, message, hint)


def _same_fields(table: SheetTable) -> Iterator[Problem]:
    names = table.columns.names
    by_path: dict[Path, list[int]] = {}
    for path, number in table.columns.fields:
        by_path.setdefault(path, []).append(number)
    for path, numbers in by_path.items():
        if len(numbers) > 1:
            which = listed(f"{quoted(names[number])} (column {letters(number)})" for number in numbers)
            message = f"the columns {which} are the same field, {shown_field(path)}"
            hint = "Rename all but one, or leave one out with --ignore-column."
            if len({fold(names[number]) for number in numbers}) == 1:
                hint = "Rename all but one in the spreadsheet."
            yield table.column_problem(numbers[1], UNREADABLE, message, hint)


def _times(table: SheetTable, order: DateOrder | None, choose_order: ChooseOrder) -> tuple[TimeColumns, list[Problem]]:
    """Return the time columns with the order of their dates, and the problems of columns whose order is unclear."""
    orders: dict[int, DateOrder | None] = {}
    problems: list[Problem] = []
    unclear = set()
    for path, number in table.columns.fields:
        if path not in TIME_PATHS:
            continue
        name = table.columns.names[number]
        found = order or order_of(name, ((row.line, row.cell(number)) for row in table.rows))
        if isinstance(found, UndecidedDates):
            found = choose_order(found) or found
        if isinstance(found, DateOrder | None):
            orders[number] = found
            continue
        unclear.add(number)
        problems.append(_unclear(table, number, found))
    return TimeColumns(table.columns, orders, frozenset(unclear)), problems


def _unclear(table: SheetTable, number: int, found: UndecidedDates | ContradictoryDates) -> Problem:
    name = quoted(table.columns.names[number])
    if isinstance(found, UndecidedDates):
        day, month = found.meanings()
        message = f"the dates of the column {name} begin with a day or a month, and no date decides which"
        hint = f"Give --day-first if {found.example} is {day}, or --month-first if it is {month}."
    else:
        cells = (found.day_first, found.month_first)
        first, second = (f"{quoted(text)} in {table.sheet.lines_are} {line:,}" for line, text in cells)
        message = (
            f"the column {name} has dates with the day first, like {first}, and with the month first, like {second}"
        )
        hint = "Format the whole column in the spreadsheet with the year first, like 2026-12-01."
    return table.column_problem(number, Code.BAD_TIME, message, hint)


def _merged(table: SheetTable) -> Iterator[Problem]:
    """Return the problem of merged cells in the header or below it, in columns that are imported."""
    used = used_columns(table.columns)
    first, last = table.header_row.line, max(row.line for row in table.sheet.rows)
    found = [
        each
        for each in sorted(table.sheet.merged, key=lambda each: (each.first_row, each.first_column))
        if each.last_row >= first
        and each.first_row <= last
        and used & set(range(each.first_column, each.last_column + 1))
    ]
    if found:
        blocks = counted(len(found), "block") + (" of cells is" if len(found) == 1 else " of cells are")
        message = f"{blocks} merged in the table: {_first([each.name for each in found])}"
        hint = "Unmerge them in the spreadsheet, and write the value into each cell: only the first of them has it."
        row = next(row for row in table.sheet.rows if row.line >= max(found[0].first_row, first))
        yield table.sheet.problem(row, found[0].first_column, UNREADABLE, message, hint)


def _first(names: Sequence[str]) -> str:
    """Return the first three names, and the number of the others."""
    return (
        listed(names)
        if len(names) <= MOST_SHOWN
        else f"{', '.join(names[:MOST_SHOWN])} and {len(names) - MOST_SHOWN:,} more"
    )


def used_columns(columns: Columns) -> set[int]:
    """Return the numbers of the columns that are imported."""
    return {number for _, number in columns.fields} | ({columns.key} if columns.key is not None else set())
