"""Read a CSV table: bytes come in; columns and rows with line numbers, or problems, go out.

A table must be UTF-8 with commas and a header row, and each row must have as many cells as the header. Rows are kept
small in memory, since a table may have 100,000.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import NoReturn

from runner.definitions.problem import MAX_PROBLEMS, MAX_SOURCE, Problem, too_many
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.definitions.tables.cell_faults import TOTAL_ROW, is_total, repeats_header, suspicious_cells
from runner.definitions.tables.column_faults import ColumnFaults
from runner.definitions.tables.column_names import name_fault
from runner.definitions.tables.csv_quotes import QuoteFault, blank_before_quote, other_separator, quote_fault
from runner.definitions.tables.csv_text import problem_at, shown_source, text_of
from runner.definitions.tables.table_values import Cells, Table, TableRow, cells_of_lines

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 2_000_000  # each takes about 60 bytes of memory
MAX_CELL_CHARACTERS = 65_536
MAX_LINES = 1_000_000  # blank lines and lines inside cells included
MAX_RECORD_CHARACTERS = 1024 * 1024  # of one row with all its lines, so that a file of commas can't fill the memory

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_SEPARATOR_LINE = re.compile(r"sep=.?\s*\Z", re.IGNORECASE)
_WITH_COMMAS = "Save the table with commas between the cells."


def read_table(data: bytes, file: str, most_cells: int = MAX_CELLS) -> tuple[Table | None, list[Problem]]:
    """Read `data`. Returns the table without its unusable rows, and the problems. `file` is its name for messages.

    The table is None if it can't be used at all. Rows with only blank cells, as spreadsheets write them, are ignored.
    """
    text = text_of(data, file)
    if isinstance(text, Problem):
        return None, [text]
    try:
        return _Reader(text, file).read(most_cells)
    except _Refused as refusal:
        return None, refusal.problems


class _Refused(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[-1].message)
        self.problems = problems


class _TooLong(Exception):
    """A row exceeds MAX_RECORD_CHARACTERS."""


class _Lines:
    """Iterates over the lines of a text, and remembers where the current row began."""

    __slots__ = ("_lines", "first", "size", "start")

    def __init__(self, text: str) -> None:
        self._lines = _LINE.finditer(text)
        self.begin()

    def begin(self) -> None:
        self.first = ""
        self.start = 0
        self.size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        found = next(self._lines)
        line = found[0]
        if not self.size:
            self.first, self.start = line, found.start()
        self.size += len(line)
        if self.size > MAX_RECORD_CHARACTERS:
            raise _TooLong
        return line


class _Reader:
    """Reads one table."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines = _Lines(text)
        self.records = csv.reader(self.lines, strict=True)
        self.line = 0  # where the current record begins
        self.columns: tuple[str, ...] = ()
        self.problems: list[Problem] = []
        self.faults = ColumnFaults()
        self.header_start = 0
        self.repetitions: list[Problem] = []  # of the header
        self.totals: list[Problem] = []

    def read(self, most_cells: int) -> tuple[Table | None, list[Problem]]:
        columns = self.columns = self._header()
        places = {column: number for number, column in enumerate(columns)}
        width = len(columns)
        rows: list[TableRow] = []
        refused = 0
        while (record := self._next()) is not None:
            if len(record) != width:
                if '"' in self.lines.first:
                    self._check_quotes()  # a comma in such a cell makes one cell two
                if width == 1 and not (rows or refused):
                    self.line, self.lines.first = 1, columns[0]
                    self._refuse_title(columns)
                self._add(*_counts(width, len(record)))
                refused += 1
            elif repeats_header(columns, record):
                message, help_text = "the row repeats the names of the columns", "Remove it: a table has one header."
                self.repetitions.append(self._problem(Code.REPEATED_HEADER, message, help_text))
                refused += 1
            elif self.lines.size > MAX_CELL_CHARACTERS and not self._cells_fit(columns, record):
                refused += 1
            else:
                self._look_at_cells(columns, record)
                if is_total(record):
                    self.totals.append(self._problem(Code.TOTAL_ROW, *TOTAL_ROW))
                is_one_line = self.lines.size == len(self.lines.first)
                cells = Cells(places, tuple(record)) if is_one_line else cells_of_lines(places, record)
                rows.append(TableRow(cells, self.line))
            if len(rows) > MAX_ROWS:
                self._refuse(f"the table has more than {MAX_ROWS:,} rows", "Split it into several tables.")
            if len(rows) * width > most_cells:
                message = f"the tables of the set have more than {MAX_CELLS:,} cells, the limit"
                self._refuse(message, "Remove rows, or columns that no template uses.")
            if len(self.problems) > MAX_PROBLEMS:
                self.problems[-1] = too_many(self.problems[-1])
                break
        if not rows and not refused:
            self.line = 1
            self._refuse("the table has no rows below its header", "Write a row, or remove the for_each.")
        return Table(columns, tuple(rows)), self._found()

    def _next(self) -> list[str] | None:
        """Return the next record that is not blank; None at the end."""
        while True:
            self.lines.begin()
            self.line = self.records.line_num + 1
            try:
                record = next(self.records)
            except StopIteration:
                return None
            except (_TooLong, csv.Error):
                self._refuse_record()
            if self.line > MAX_LINES:
                self._refuse(f"the table has more than {MAX_LINES:,} lines", "Remove blank lines, or split the table.")
            if any(record) and not all(map(str.isspace, filter(None, record))):
                return record

    def _header(self) -> tuple[str, ...]:
        record = self._next()
        if record is None:
            self.line = 1
            self._refuse("the table is empty", "Write the names of the columns in the first row.")
        self.header_start = self.lines.start
        if _SEPARATOR_LINE.match(self.lines.first):
            message = f"the first line is {quoted(self.lines.first.strip())}, a setting of spreadsheets, and no header"
            self._refuse(message, "Remove the line, and save the table with commas between the cells.")
        if sign := other_separator(self.lines.first):
            self._refuse(f"the columns are separated by {sign}", _WITH_COMMAS)
        if '"' in self.lines.first:
            self._check_quotes()
        names = tuple(name.strip() for name in record)
        if len(names) > MAX_COLUMNS:
            self._refuse(
                f"the table has {len(names):,} columns, more than {MAX_COLUMNS}",
                "Remove columns that no template uses.",
            )
        if sum(map(bool, names)) == 1 < len(names):
            self._refuse_title(names)
        if fault := name_fault(names):
            self._refuse(*fault)
        return names

    def _refuse_title(self, names: tuple[str, ...]) -> NoReturn:
        message = f"the first row has only {quoted(''.join(names))}, like a title above a table"
        self._refuse(message, "Remove what is above the row with the names of the columns.")

    def _cells_fit(self, columns: tuple[str, ...], record: list[str]) -> bool:
        for column, cell in zip(columns, record, strict=True):
            if len(cell) > MAX_CELL_CHARACTERS:
                message = f"the cell {quoted(column)} has {len(cell):,} characters, more than {MAX_CELL_CHARACTERS:,}"
                self._add(message, "Shorten it, or look for a quote that is not closed.")
                return False
        return True

    def _look_at_cells(self, columns: tuple[str, ...], record: list[str]) -> None:
        for number, fault in suspicious_cells(columns, record):
            if fault.code is Code.CELL_WHITE_SPACE and '"' in record[number]:
                self._check_quotes()
            self.faults.add(number, fault, self.lines.start, self.line)

    def _check_quotes(self) -> None:
        """Refuse the table if a cell of the current row has a blank before its opening quote."""
        start = self.lines.start
        if fault := blank_before_quote(self.text, start, start + self.lines.size):
            self._refuse_quote(fault)

    def _found(self) -> list[Problem]:
        """Return all problems; those of cells by column."""
        repeated = self.repetitions[:1]
        if more := len(self.repetitions) - 1:
            lines = f"and so do {more:,} more rows" if more > 1 else "and so does another row"
            repeated = [replace(each, message=f"{each.message}, {lines}") for each in repeated]
        of_columns = self.faults.problems(self.text, self.file, self.header_start, self.columns)
        return [*self.problems, *repeated, *self.totals, *of_columns]

    def _refuse_record(self) -> NoReturn:
        """Report why the csv module failed. Its own messages and limits differ between Python versions."""
        start = self.lines.start
        fault = quote_fault(self.text, start, start + MAX_RECORD_CHARACTERS)
        if fault is None:
            message = f"the row that begins here is too long: the limit is {MAX_CELL_CHARACTERS:,} characters a cell "
            message += f"and {MAX_RECORD_CHARACTERS:,} a row"
            self._refuse(message, "Shorten it, or look for a quote that is not closed.")
        if not self.columns and (sign := other_separator(self.lines.first)):
            self._refuse(f"the columns are separated by {sign}", _WITH_COMMAS)
        self._refuse_quote(fault)

    def _refuse_quote(self, fault: QuoteFault) -> NoReturn:
        before, behind = self.text[: fault.position], self.text[fault.position : fault.position + MAX_SOURCE]
        problem = problem_at(self.file, before, behind, fault.message, fault.help)
        raise _Refused([*self._found(), problem])

    def _add(self, message: str, help: str) -> None:  # noqa: A002
        self.problems.append(self._problem(Code.BAD_TABLE, message, help))

    def _problem(self, code: Code, message: str, help: str) -> Problem:  # noqa: A002
        source = shown_source(self.lines.first.rstrip("\r\n"))
        return Problem(self.file, self.line, 1, code, message, help, source)

    def _refuse(self, message: str, help: str) -> NoReturn:  # noqa: A002
        self._add(message, help)
        raise _Refused(self._found())


def _counts(wanted: int, found: int) -> tuple[str, str]:
    cells = "1 cell" if found == 1 else f"{found:,} cells"
    columns = "1 column" if wanted == 1 else f"{wanted} columns"
    if found > wanted:
        return f"the row has {cells}, but the header has {columns}", "If a cell contains a comma, put it in quotes."
    return f"the row has {cells}, but the header has {columns}", "Write a comma for each empty cell."
