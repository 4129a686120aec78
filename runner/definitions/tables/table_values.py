"""The values of a table: its columns, its rows, and the cells of each row. Rows are kept small in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class Cells(Mapping[str, str]):
    """The cells of one row by column name. All rows share one mapping of names.

    Line ends in cells are `\\n`, so that a row is the same in every checkout. `as_before`: the row as earlier releases
    read it from checkouts with other line ends.
    """

    __slots__ = ("_cells", "_places", "as_before")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...], as_before: tuple[Cells, ...] = ()) -> None:
        self._places = places
        self._cells = cells
        self.as_before = as_before

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


def cells_of_lines(places: Mapping[str, int], record: list[str]) -> Cells:
    """Return the cells of a row with several lines. git may convert its line ends when it checks the file out."""
    cells = tuple(cell.replace("\r\n", "\n").replace("\r", "\n") for cell in record)
    others = dict.fromkeys((tuple(cell.replace("\n", "\r\n") for cell in cells), tuple(record)))
    return Cells(places, cells, tuple(Cells(places, each) for each in others if each != cells))
