"""Read the text of a CSV file as a `Sheet`. The delimiter is the character that makes most of the header."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator

from runner.definitions.problem import Problem
from runner.definitions.suggest import quoted
from runner.importers.spreadsheet.header import MOST_ROWS_ABOVE, find_header
from runner.importers.spreadsheet.sheet import Sheet, SheetRow, is_blank
from runner.importers.text import UNREADABLE, Text

DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)[\r\n]", re.IGNORECASE)
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab"}


def csv_sheet(text: Text, is_known: Callable[[str], bool]) -> Sheet:
    """Return the table in a text. `is_known` reports whether a header names a field; it decides the delimiter."""
    first, delimiter = 1, ""
    if found := _SEPARATOR_LINE.match(text.text):  # the spreadsheet's own line for the delimiter
        first, delimiter = 2, found[1]
    if not delimiter:
        fitness = {each: _fitness(text, first, each, is_known) for each in DELIMITERS}
        delimiter = max(DELIMITERS, key=lambda each: fitness[each])
        errors = (each for each in (next(_records(text, first, each), None) for each in DELIMITERS) if each)
        if not fitness[delimiter][0] and (error := next((each for each in errors if isinstance(each, Problem)), None)):
            return Sheet(text.file, [], _places(text, delimiter), problems=[error])
    problems: list[Problem] = []
    rows: list[SheetRow] = []
    for record in _records(text, first, delimiter):
        if isinstance(record, Problem):
            problems.append(record)
        elif not is_blank(record.cells):
            rows.append(record)
    return Sheet(
        text.file, rows, _places(text, delimiter), problems=problems, delimiter=_NAMES.get(delimiter, quoted(delimiter))
    )


def _fitness(text: Text, first: int, delimiter: str, is_known: Callable[[str], bool]) -> tuple[int, int]:
    """Return how many columns of the header have the name of a field, and how many columns it has."""
    rows: list[SheetRow] = []
    for record in _records(text, first, delimiter):
        if isinstance(record, Problem) or len(rows) > MOST_ROWS_ABOVE:
            break
        if not is_blank(record.cells):
            rows.append(record)
    header = find_header(rows, is_known)
    if header is None:
        return 0, len(rows[0].cells) if rows else 0
    return sum(map(is_known, header.names)), len(header.names)


def _records(text: Text, first: int, delimiter: str) -> Iterator[SheetRow | Problem]:
    """Return the rows from line `first` on; at the end a problem if the text is not CSV."""
    reader = csv.reader(text.lines[first - 1 :], delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _not_csv(text, line, str(error))
            return
        if cells is None:
            return
        # A line break inside of a cell is one character, whatever system the file comes from.
        yield SheetRow(
            line, tuple(cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell for cell in cells)
        )


def _not_csv(text: Text, line: int, said: str) -> Problem:
    message, hint = f"not CSV: {said}", "Write a double quote inside of a cell twice, and the cell in double quotes."
    if "unexpected end" in said:
        message, hint = "not CSV: a double quote opens in this row and is never closed", "Close it."
    elif "field limit" in said:
        message = f"a cell of this row has more than {csv.field_size_limit():,} characters"
        hint = "Shorten it, or close the double quote that opens in it."
    return text.problem(text.starts[min(line, len(text.starts)) - 1], UNREADABLE, message, hint)


def _places(text: Text, delimiter: str) -> Callable[[int, int], tuple[int, int, str]]:
    """Return the function that finds a cell in the text; delimiters in quotes don't count."""

    def place(line: int, number: int) -> tuple[int, int, str]:
        offset, in_quotes = text.starts[line - 1], False
        while number and offset < len(text.text):
            if text.text[offset] == '"':
                in_quotes = not in_quotes
            elif text.text[offset] == delimiter and not in_quotes:
                number -= 1
            offset += 1
        return (*text.position(min(offset, len(text.text))), text.source(min(offset, len(text.text))))

    return place
