"""The row that a bulletin was made of, as text → the line where a person finds it. Combinations stand nowhere."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

_WRITTEN = re.compile(r"([1-9][0-9]{0,8}):([1-9][0-9]{0,8})")
_IN_TABLE = re.compile(r"(.+\.csv):([1-9][0-9]{0,8})", re.IGNORECASE)
_COMBINATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*=")


class RowPlace(NamedTuple):
    """Where a row stands: file, line and, where it stands in the definition itself, column, from 1."""

    file: str
    line: int
    column: int | None = None


def row_place(row: str, file: str) -> RowPlace | None:
    """Where the row stands that a template in `file` names like this; None of a combination, or of no row."""
    own = f"{file}:"
    if row.startswith(own) and (found := _WRITTEN.fullmatch(row, len(own))):
        return RowPlace(file, int(found[1]), int(found[2]))
    folder = posixpath.join(posixpath.dirname(file), "")  # its tables stand there or below
    found = _IN_TABLE.fullmatch(row)
    if found is None or not row.startswith(folder) or (not folder and _COMBINATION.match(row)):
        return None
    return RowPlace(found[1], int(found[2]))
