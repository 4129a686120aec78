"""Find the line of a row from its label: `shows.csv:17` comes in, file and line go out. Pure.

A combination of a matrix has no line of its own.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

_WRITTEN = re.compile(r"([1-9][0-9]{0,8}):([1-9][0-9]{0,8})")
_IN_TABLE = re.compile(r"(.+\.csv):([1-9][0-9]{0,8})", re.IGNORECASE)
_COMBINATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*=")


class RowLine(NamedTuple):
    """The place of a row, from 1: file and line, and the column if the row is written in the definition."""

    file: str
    line: int
    column: int | None = None


def row_place(row: str, file: str) -> RowLine | None:
    """Return the place of a row with this label, of an entry in `file`; None for a combination or no row."""
    own = f"{file}:"
    if row.startswith(own) and (found := _WRITTEN.fullmatch(row, len(own))):
        return RowLine(file, int(found[1]), int(found[2]))
    folder = posixpath.join(posixpath.dirname(file), "")  # tables are in this folder or below
    found = _IN_TABLE.fullmatch(row)
    if found is None or not row.startswith(folder) or (not folder and _COMBINATION.match(row)):
        return None
    return RowLine(found[1], int(found[2]))
