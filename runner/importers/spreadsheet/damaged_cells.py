"""Find cells that a spreadsheet damaged, by the same rules as in a table of `for_each`. Rows in, problems out."""

from __future__ import annotations

from collections.abc import Iterator

from runner.definitions.fields import BY_NAME, Form
from runner.definitions.problem import Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.definitions.tables.cell_faults import suspicious_cells
from runner.importers.spreadsheet.sheet import SheetRow
from runner.importers.spreadsheet.table import SheetTable, used_columns


def damaged_cells(table: SheetTable, row: SheetRow) -> Iterator[Problem]:
    """Yield the problems and warnings of a row's cells, in columns that are imported."""
    names, used = table.columns.names, used_columns(table.columns)
    for number, fault in suspicious_cells(names, row.cells):
        if number not in used:
            continue
        # Of other fields, such as times and tags, white space at the edges is not sent.
        if fault.code is Code.CELL_WHITE_SPACE and not _is_sent_as_it_is(table, number):
            continue
        message = f"the cell {quoted(names[number])} {fault.message}"
        yield table.sheet.problem(row, number, fault.code, message, fault.help)


def _is_sent_as_it_is(table: SheetTable, number: int) -> bool:
    return any(_is_text(path) for path, each in table.columns.fields if each == number)


def _is_text(path: Path) -> bool:
    return path[0] == "properties" or (len(path) == 1 and BY_NAME[str(path[0])].form is Form.TEXT)
