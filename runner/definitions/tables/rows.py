"""Read the rows of a `for_each`: from a matrix, from rows in the file, or from a CSV table.

The value of `for_each` comes in; `Rows` or findings go out.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, product
from math import prod
from typing import Any

from runner.definitions.problem import MAX_PROBLEMS, Finding, Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document
from runner.definitions.row_reference import MatrixRow, RowLine, RowReference
from runner.definitions.sources import display_path, refused_table_path
from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.definitions.tables.csv_table import MAX_CELLS, MAX_ROWS, read_table
from runner.definitions.tables.table_values import Table

Cells = Mapping[str, str]

_MAX_LOOKUPS = 3_000_000  # comparisons of combinations with `exclude`
_MAX_SHOWN = 60  # characters of each value in the reference to a combination


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns, and rows of texts, each with the reference to it."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cells, RowReference]]


@dataclass(slots=True)
class Tables:
    """The CSV tables of a set, each read once, and the `problems` found in them, warnings included."""

    problems: list[Problem] = field(default_factory=list)
    cells_left: int = MAX_CELLS  # for all tables of a set together
    _known: dict[str, Table | OSError | None] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the tables that could be read."""
        return tuple(name for name, known in self._known.items() if not isinstance(known, OSError))

    def read(self, name: str, read: Callable[[], bytes]) -> Table | None:
        """Return a table, or None if it has errors. Raises OSError if it can't be read."""
        if name not in self._known:
            try:
                table, found = read_table(read(), name, self.cells_left)
                self._known[name] = None if any(problem.is_error for problem in found) else table
                self.cells_left -= len(table.rows) * len(table.columns) if table else 0
            except OSError as error:
                self._known[name], found = error, []
            self.problems += found
        known = self._known[name]
        if isinstance(known, OSError):
            raise known
        return known


def rows_of(
    for_each: Mapping[str, Any],
    path: Path,
    document: Document,
    read_table_bytes: Callable[[str], bytes],
    tables: Tables,
) -> Rows | list[Finding]:
    """Return the rows of the `for_each` at `path`, or findings.

    The list of findings is empty if the table has errors, which `tables` holds.
    """
    if "exclude" in for_each and "matrix" not in for_each:
        message = "exclude needs a matrix, and has no effect here"
        return [Finding(Code.BAD_ROWS, document.file, (*path, "exclude"), message, "Remove exclude.", True)]
    if "csv" in for_each:
        return _of_table(for_each["csv"], (*path, "csv"), document.file, read_table_bytes, tables)
    if "rows" in for_each:
        return _written(for_each["rows"], (*path, "rows"), document)
    return _combinations(for_each["matrix"], for_each.get("exclude", ()), path, document)


def _of_table(
    written: str, path: Path, file: str, read_table_bytes: Callable[[str], bytes], tables: Tables
) -> Rows | list[Finding]:
    name = posixpath.join(posixpath.dirname(file), posixpath.normpath(display_path(written)))
    try:
        if refusal := refused_table_path(written):
            raise OSError(refusal)
        table = tables.read(name, lambda: read_table_bytes(written))
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if missing else error.strerror or str(error)
        message = f"the table {quoted(written)} can't be read: {reason}"
        hint = "Check the spelling. " if missing else ""
        hint += "Put the table into the folder of this file or below, and write its path from this folder."
        return [Finding(Code.TABLE_UNREADABLE, file, path, message, hint)]
    if table is None:
        return []
    return Rows(table.columns, _RowsOfTable(table, name))


@dataclass(frozen=True, slots=True)
class _RowsOfTable(Sequence[tuple[Cells, RowLine]]):
    """The rows of a table. Each reference is made when its row is used."""

    table: Table
    name: str

    def __len__(self) -> int:
        return len(self.table.rows)

    def __getitem__(self, number: Any) -> Any:
        row = self.table.rows[number]
        return row.values, RowLine(self.name, row.line)


def _written(rows: Sequence[Mapping[str, Any]], path: Path, document: Document) -> Rows | list[Finding]:
    if len(rows) > MAX_ROWS:
        return [_too_many(path, document.file)]
    columns = tuple(rows[0])
    findings = list(islice(_uneven(rows, path, document), MAX_PROBLEMS + 1))
    if findings:
        return findings
    made = []
    for number, row in enumerate(rows):
        line, column = document.position((*path, number))
        made.append(({name: str(value) for name, value in row.items()}, RowLine(document.file, line, column)))
    return Rows(columns, made)


def _uneven(rows: Sequence[Mapping[str, Any]], path: Path, document: Document) -> Iterator[Finding]:
    """Yield findings about rows with other columns than the first, and about ambiguous numbers."""
    first = rows[0]
    for number, row in enumerate(rows):
        at = (*path, number)
        if row.keys() != first.keys():
            for name in first:
                if name not in row:
                    message = f"the row has no {name}, which the first row has"
                    yield Finding(Code.BAD_ROWS, document.file, at, message, f"Add {name}.")
            for name in row:
                if name not in first:
                    hint = did_you_mean(name, first) or f"Each row needs the columns of the first row: {listed(first)}."
                    message = f"the first row has no column {name!r}"
                    yield Finding(Code.BAD_ROWS, document.file, (*at, name), message, hint, True)
        yield from _unclear(row, at, document)


def _combinations(
    matrix: Mapping[str, Sequence[Any]], exclude: Sequence[Mapping[str, Any]], path: Path, document: Document
) -> Rows | list[Finding]:
    if prod(map(len, matrix.values())) > MAX_ROWS:
        return [_too_many((*path, "matrix"), document.file)]
    columns = {name: [str(value) for value in values] for name, values in matrix.items()}
    known = {name: set(values) for name, values in columns.items()}
    left_out = [{name: str(value) for name, value in each.items()} for each in exclude]
    found = chain(
        (
            finding
            for name, values in matrix.items()
            for finding in _unclear(dict(enumerate(values)), (*path, "matrix", name), document)
        ),
        (
            finding
            for number, each in enumerate(left_out)
            for finding in _impossible(each, columns, known, (*path, "exclude", number), document.file)
        ),
    )
    if findings := list(islice(found, MAX_PROBLEMS + 1)):
        return findings
    excluded: dict[tuple[str, ...], set[tuple[str, ...]]] = {}  # columns -> excluded values of these columns
    for each in left_out:
        excluded.setdefault(tuple(each), set()).add(tuple(each.values()))
    if len(excluded) * prod(map(len, columns.values())) > _MAX_LOOKUPS:
        message = "exclude has too many kinds of entries for so many combinations"
        return [Finding(Code.BAD_ROWS, document.file, (*path, "exclude"), message, "Split it into several entries.")]
    rows = (dict(zip(columns, values, strict=True)) for values in product(*columns.values()))
    made = [row for row in rows if not _is_excluded(row, excluded)]
    if not made:
        message = "exclude removes every combination of the matrix"
        return [Finding(Code.BAD_ROWS, document.file, (*path, "exclude"), message, "Keep at least one combination.")]
    return Rows(tuple(columns), _RowsOfMatrix(made))


def _is_excluded(row: Cells, excluded: Mapping[tuple[str, ...], set[tuple[str, ...]]]) -> bool:
    return any(tuple(row[name] for name in names) in values for names, values in excluded.items())


@dataclass(frozen=True, slots=True)
class _RowsOfMatrix(Sequence[tuple[Cells, MatrixRow]]):
    """Combinations of a matrix. Each reference is made when its row is used, since it may be long."""

    rows: Sequence[Cells]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: Any) -> Any:
        row = self.rows[number]
        return row, MatrixRow(" ".join(f"{name}={value[:_MAX_SHOWN]}" for name, value in row.items()))


def _impossible(
    excluded: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    known: Mapping[str, Collection[str]],
    path: Path,
    file: str,
) -> Iterator[Finding]:
    for name, value in excluded.items():
        if name not in columns:
            hint = did_you_mean(name, columns) or f"Its columns: {listed(columns)}."
            message = f"the matrix has no column {name!r}, so this has no effect"
            yield Finding(Code.BAD_ROWS, file, (*path, name), message, hint, True)
        elif value not in known[name]:
            hint = did_you_mean(value, columns[name]) or f"Its values: {listed(columns[name])}."
            message = f"the matrix has no {name} {quoted(value)}, so this has no effect"
            yield Finding(Code.BAD_ROWS, file, (*path, name), message, hint)


def _unclear(cells: Mapping[Any, Any], path: Path, document: Document) -> Iterator[Finding]:
    """Yield findings about numbers that would be filled in differently than written: 007 as 7."""
    for name, value in cells.items():
        if isinstance(value, str):
            continue
        at = (*path, name)
        written = document.written(at)
        if written and written != str(value):
            message = f"{written[:60]} is read as the number {value}, and would be filled in as {value}"
            yield Finding(Code.BAD_ROWS, document.file, at, message, f'Write "{written[:60]}".')


def _too_many(path: Path, file: str) -> Finding:
    message = f"there are more than {MAX_ROWS:,} rows, the limit of one for_each"
    return Finding(Code.BAD_ROWS, file, path, message, "Split it into several entries.")
