"""Find cells that a spreadsheet damaged, by the same rules as in a table of `for_each`. Rows in, problems out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from runner.definitions.fields import BY_NAME, Form
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.definitions.tables.cell_faults import suspicious_cells
from runner.importers.spreadsheet.sheet import SheetRow
from runner.importers.spreadsheet.table import SheetTable, used_columns
from runner.importers.spreadsheet.times import TIME_PATHS
from runner.importers.text import UNREADABLE

_QUOTED = re.compile(r'\s+".*"\s*', re.DOTALL)


class DamagedCells:
    """The check of a table's cells: problems of the columns that are imported."""

    def __init__(self, table: SheetTable) -> None:
        self.table = table
        self.kept_as_written = _kept_as_written(table)
        self.of_times = {number for path, number in table.columns.fields if path in TIME_PATHS}

    def problems(self, row: SheetRow) -> Iterator[Problem]:
        """Yield the errors and warnings about the cells of a row."""
        names, kept = self.table.columns.names, self.kept_as_written
        cells = [
            "" if number not in kept else cell if kept[number] else cell.strip()
            for number, cell in enumerate(row.cells[: len(names)])
        ]
        for number, fault in suspicious_cells(names, cells):
            if fault.code is Code.INVISIBLE_CHARACTER or (
                fault.code is Code.CELL_REWRITTEN and number in self.of_times
            ):
                continue  # the former is found in the written text, and dates are read by rules of their own
            message = f"the cell {quoted(names[number])} {fault.message}"
            found = self.table.sheet.problem(row, number, fault.code, message, fault.help)
            is_in_quotes = found.source[found.column - 1 :].startswith('"')
            if self.table.sheet.delimiter and not is_in_quotes and _QUOTED.fullmatch(cells[number]):
                message = f"the cell {quoted(names[number])} has a blank before its opening quote"
                found = self.table.sheet.problem(row, number, UNREADABLE, message, "Remove the blank.")
            yield found


def _kept_as_written(table: SheetTable) -> Mapping[int, bool]:
    """Return for each imported column whether its cells are sent as they are; white space around others is no part."""
    kept: dict[int, bool] = dict.fromkeys(used_columns(table.columns), False)
    for path, number in table.columns.fields:
        kept[number] |= path[0] == "properties" or BY_NAME.get(str(path[0]), BY_NAME["id"]).form is Form.TEXT
    return kept
