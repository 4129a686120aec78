"""The table of a spreadsheet: rows of texts with their places. The readers of CSV and XLSX both make a `Sheet`.

A cell that no definition can take, such as a formula without a result, is an empty text with a problem of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its texts, and the line of the CSV file or the number of the row in the workbook, counted from 1."""

    line: int
    cells: tuple[str, ...]

    def cell(self, number: int) -> str:
        """Return the text of a cell, counted from 0; an empty text beyond the last one."""
        return self.cells[number] if number < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault that the reader found in a cell, which counts only if the column is imported."""

    row: SheetRow
    column: int
    code: Code
    message: str
    help: str


@dataclass(frozen=True, slots=True)
class CellProblem(Problem):
    """A problem of a sheet's row, with the number of its column if it has one: alike ones are reported once."""

    row_line: int = 0
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ColumnRemark:
    """Where the texts of a column differ from what the spreadsheet shows; `of_property` if that concerns properties."""

    column: int
    text: str
    of_property: bool = True


@dataclass(frozen=True, slots=True)
class MergedCells:
    """A block of merged cells, of which only the first has a value. Rows count from 1, columns from 0."""

    name: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its rows that are not blank. `place` returns line, column and text of a cell in the file."""

    file: str
    rows: Sequence[SheetRow]
    place: Callable[[int, int], tuple[int, int, str]]
    lines_are: str = "line"  # what the number of a row is called: a line of a CSV file, a row of a workbook
    delimiter: str = ""  # of a CSV file, in words: there, each row has a cell for each column
    faults: Sequence[CellFault] = ()
    problems: Sequence[Problem] = ()  # because of which the rest of the file could not be read
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    merged: Sequence[MergedCells] = ()
    remarks: Sequence[ColumnRemark] = ()

    def problem(
        self,
        row: SheetRow,
        number: int | None,
        code: Code,
        message: str,
        help: str,  # noqa: A002
    ) -> CellProblem:
        """Return a problem at a cell, or at the whole row without a `number`."""
        line, column, source = self.place(row.line, number or 0)
        return CellProblem(self.file, line, column, code, message, help, source, row_line=row.line, number=number)


def is_blank(cells: Sequence[str]) -> bool:
    """Report whether no cell of a row has a text."""
    return not any(cell.strip() for cell in cells)


def letters(number: int) -> str:
    """Return the letters that a spreadsheet program shows above a column, counted from 0."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
