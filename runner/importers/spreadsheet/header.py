"""Find the header of a table: the first row with the name of a field. Titles above it are passed over, and reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.importers.spreadsheet.columns import ColumnOptions, fold, is_field
from runner.importers.spreadsheet.sheet import SheetRow

MOST_ROWS_ABOVE = 20
_BREAKS = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Header:
    """The number of the header among the rows, and the names of its columns."""

    index: int
    names: Sequence[str]


def names_in(row: SheetRow) -> list[str]:
    """Return the names of columns in a row. A name of several lines becomes one line."""
    return [" ".join(part.strip() for part in _BREAKS.split(cell.strip())) for cell in row.cells]


def known_names(options: ColumnOptions) -> Callable[[str], bool]:
    """Return the check whether a name is that of a field, by itself or by an option."""
    by_option = options.names()
    return lambda name: bool(name) and (fold(name) in by_option or is_field(name))


def find_header(rows: Sequence[SheetRow], is_known: Callable[[str], bool]) -> Header | None:
    """Return the header; None if none of the first rows has a name of a field, or a row above looks like data."""
    for index, row in enumerate(rows[:MOST_ROWS_ABOVE]):
        names = names_in(row)
        if any(map(is_known, names)):
            width = _filled(row)
            return Header(index, names) if all(_filled(above) < width for above in rows[:index]) else None
    return None


def _filled(row: SheetRow) -> int:
    return sum(bool(cell.strip()) for cell in row.cells)
