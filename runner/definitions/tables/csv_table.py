"""Read a CSV table: bytes come in; columns and rows with line numbers, or problems, go out.

A table must be UTF-8 with commas and a header row, and each row must have as many cells as the header. Rows are kept
small in memory, since a table may have 100,000.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from runner.definitions.problem import MAX_PROBLEMS, Problem, too_many
from runner.definitions.problem_codes import Code
from runner.definitions.reading.characters import FORBIDDEN
from runner.definitions.suggest import quoted, same_letters
from runner.definitions.tables.csv_quotes import quote_fault

MAX_TABLE_BYTES = 64 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELLS = 2_000_000  # each takes about 60 bytes of memory
MAX_CELL_CHARACTERS = 65_536
MAX_LINES = 1_000_000  # blank lines and lines inside cells included
MAX_RECORD_CHARACTERS = 1024 * 1024  # of one row with all its lines, so that a file of commas cannot fill the memory

_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_MAX_SOURCE = 1000
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


class Cells(Mapping[str, str]):
    """The cells of one row by column name. All rows share one mapping of names."""

    __slots__ = ("_cells", "_places")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...]) -> None:
        self._places = places
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return self._cells[self._places[column]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, and the line of the file at which it begins, counted from 1."""

    values: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a table in order, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


def read_table(data: bytes, file: str, most_cells: int = MAX_CELLS) -> tuple[Table | None, list[Problem]]:
    """Read `data`. Returns the table without its unusable rows, and the problems. `file` is its name for messages.

    The table is None if it cannot be used at all. Rows with only blank cells, as spreadsheets write them, are ignored.
    """
    try:
        text = _text(data, file)
        return _Reader(text, file).read(most_cells)
    except _Refused as refusal:
        return None, refusal.problems


class _Refused(Exception):
    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[-1].message)
        self.problems = problems


def _text(data: bytes, file: str) -> str:
    if len(data) > MAX_TABLE_BYTES:
        message = f"the table has more than {MAX_TABLE_BYTES:,} bytes, the limit"
        raise _Refused([Problem(file, 1, 1, Code.BAD_TABLE, message, "Split it into several tables.")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        message = "the table is UTF-16" if utf_16 else f"the byte 0x{data[error.start]:02X} is not UTF-8"
        raise _Refused([_problem_at(file, before, "", message, "Save the table as CSV UTF-8.")]) from None
    text = text.removeprefix("\ufeff")
    # Almost no table has control characters, so two fast checks of the bytes precede the slow search.
    if (len(data.translate(None, _CONTROL_BYTES)) < len(data) or b"\xc2" in data) and (found := FORBIDDEN.search(text)):
        message = f"there is an invisible control character here, U+{ord(found[0]):04X}"
        raise _Refused(
            [
                _problem_at(
                    file,
                    text[: found.start()],
                    text[found.start() : found.start() + _MAX_SOURCE],
                    message,
                    "Remove it.",
                )
            ]
        )
    return text


def _problem_at(file: str, before: str, behind: str, message: str, help: str) -> Problem:  # noqa: A002
    """Return a problem at the end of `before`. `behind` is the text after it."""
    line = 1 + sum(1 for _ in _LINE_END.finditer(before))
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    end = _LINE_END.search(behind)
    source = before[start:] + (behind[: end.start()] if end else behind)
    return Problem(file, line, len(before) - start + 1, Code.BAD_TABLE, message, help, _shown(source))


def _shown(source: str) -> str:
    return source if len(source) <= _MAX_SOURCE else ""


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
        self.problems: list[Problem] = []
        self._edges: dict[str, list[tuple[int, str, str]]] = {}

    def read(self, most_cells: int) -> tuple[Table | None, list[Problem]]:
        columns = self._header()
        places = {column: number for number, column in enumerate(columns)}
        width = len(columns)
        rows: list[TableRow] = []
        refused = 0
        while (record := self._next()) is not None:
            if len(record) != width:
                self._add(*_counts(width, len(record)))
                refused += 1
            elif self.lines.size > MAX_CELL_CHARACTERS and not self._cells_fit(columns, record):
                refused += 1
            else:
                self._look_at_edges(columns, record)
                rows.append(TableRow(Cells(places, tuple(record)), self.line))
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
        self._warn_of_edges()
        return Table(columns, tuple(rows)), self.problems

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
        names = tuple(name.strip() for name in record)
        if len(names) == 1 and (found := re.search("[;\t]", names[0])):
            sign = "semicolons" if found[0] == ";" else "tabs"
            self._refuse(f"the columns are separated by {sign}", "Save the table with commas between the cells.")
        if len(names) > MAX_COLUMNS:
            self._refuse(
                f"the table has {len(names):,} columns, more than {MAX_COLUMNS}",
                "Remove columns that no template uses.",
            )
        for number, name in enumerate(names, start=1):
            self._check_name(name, number, names)
        return names

    def _check_name(self, name: str, number: int, names: tuple[str, ...]) -> None:
        if not name:
            self._refuse(f"column {number} has no name", "Write a name in the first row, or remove the column.")
        if any(unicodedata.category(character) in ("Cf", "Zl", "Zp") or character in _SPACES for character in name):
            self._refuse(f"the name of column {number} contains an invisible character", "Type it again.")
        if name.startswith("_"):
            self._refuse(f"the column {quoted(name)} begins with an underscore", "Begin its name with a letter.")
        if len(name) > 120 or "\n" in name or "\r" in name:
            self._refuse(f"the name of column {number} has more than 120 characters or several lines", "Shorten it.")
        if names.index(name) != number - 1:
            first = names.index(name) + 1
            self._refuse(f"the columns {first} and {number} are both named {quoted(name)}", "Rename one of the two.")
        if (same := same_letters(name, names[: number - 1])) is not None:
            message = (
                f"the names of the columns {names.index(same) + 1} and {number}, {quoted(name)}, are the same letters"
            )
            self._refuse(f"{message} in two encodings", "Rename one of the two.")

    def _cells_fit(self, columns: tuple[str, ...], record: list[str]) -> bool:
        for column, cell in zip(columns, record, strict=True):
            if len(cell) > MAX_CELL_CHARACTERS:
                message = f"the cell {quoted(column)} has {len(cell):,} characters, more than {MAX_CELL_CHARACTERS:,}"
                self._add(message, "Shorten it, or look for a quote that is not closed.")
                return False
        return True

    def _look_at_edges(self, columns: tuple[str, ...], record: list[str]) -> None:
        for column, cell in zip(columns, record, strict=True):
            if cell != cell.strip():
                self._edges.setdefault(column, []).append((self.line, cell, _shown(self.lines.first.rstrip("\r\n"))))

    def _warn_of_edges(self) -> None:
        for column, found in self._edges.items():
            line, cell, source = found[0]
            more = f", and so do {len(found) - 1:,} more rows" if len(found) > 1 else ""
            message = f"the cell {quoted(column)} begins or ends with white space: {cell!r}{more}"
            help_text = "Remove it, unless it is meant: the value is sent as it is."
            self.problems.append(Problem(self.file, line, 1, Code.CELL_WHITE_SPACE, message, help_text, source))

    def _refuse_record(self) -> NoReturn:
        """Report why the csv module failed. Its own messages and limits differ between Python versions."""
        start = self.lines.start
        fault = quote_fault(self.text, start, start + MAX_RECORD_CHARACTERS)
        if fault is None:
            message = f"the row that begins here is too long: the limit is {MAX_CELL_CHARACTERS:,} characters a cell "
            message += f"and {MAX_RECORD_CHARACTERS:,} a row"
            self._refuse(message, "Shorten it, or look for a quote that is not closed.")
        before, behind = self.text[: fault.position], self.text[fault.position : fault.position + _MAX_SOURCE]
        problem = _problem_at(self.file, before, behind, fault.message, fault.help)
        raise _Refused([*self.problems, problem])

    def _add(self, message: str, help: str) -> None:  # noqa: A002
        source = _shown(self.lines.first.rstrip("\r\n"))
        self.problems.append(Problem(self.file, self.line, 1, Code.BAD_TABLE, message, help, source))

    def _refuse(self, message: str, help: str) -> NoReturn:  # noqa: A002
        self._add(message, help)
        raise _Refused(self.problems)


def _counts(wanted: int, found: int) -> tuple[str, str]:
    cells = "1 cell" if found == 1 else f"{found:,} cells"
    columns = "1 column" if wanted == 1 else f"{wanted} columns"
    if found > wanted:
        return f"the row has {cells}, but the header has {columns}", "If a cell contains a comma, put it in quotes."
    return f"the row has {cells}, but the header has {columns}", "Write a comma for each empty cell."
