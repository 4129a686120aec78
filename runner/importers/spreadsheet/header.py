"""Find the header of a table: the row with the most names of fields. Titles above it are passed over, and reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.importers.spreadsheet.columns import ColumnOptions, fold, is_field
from runner.importers.spreadsheet.sheet import SheetRow

MOST_ROWS_ABOVE = 20


@dataclass(frozen=True, slots=True)
class Header:
    """The number of the header among the rows, and the names of its columns."""

    index: int
    names: Sequence[str]


def names_in(row: SheetRow) -> list[str]:
    """Return the names of columns in a row. A line end or any other white space in a name becomes one blank."""
    return [" ".join(cell.split()) for cell in row.cells]


def known_names(options: ColumnOptions) -> Callable[[str], bool]:
    """Return the check whether a name is that of a field, by itself or by an option."""
    by_option = options.names()
    return lambda name: bool(name) and (fold(name) in by_option or is_field(name))


def find_header(rows: Sequence[SheetRow], is_known: Callable[[str], bool]) -> Header | None:
    """Return the header; None if none of the first rows has a name of a field, or a row above looks like data."""
    best, most = None, (0, 0)
    for index, row in enumerate(rows[:MOST_ROWS_ABOVE]):
        names = names_in(row)
        known = sum(map(is_known, names))
        if known and (known, _filled(row)) > most:
            best, most = Header(index, names), (known, _filled(row))
    if best is None or any(_filled(above) >= most[1] for above in rows[: best.index]):
        return None
    return best


def _filled(row: SheetRow) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)
