"""The reference to a row of `for_each`: the row of a table, a row in the definition, or a combination of a matrix.

`str()` gives its form in messages and documents. `row_of_document` reads it back from a document. Pure.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

_IN_DEFINITION = re.compile(r"([1-9][0-9]{0,8}):([1-9][0-9]{0,8})")
_IN_TABLE = re.compile(r"(.+\.csv):([1-9][0-9]{0,8})", re.IGNORECASE)
_COMBINATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row with a place: file, and line from 1. A row in the definition itself has a column from 1, too."""

    file: str
    line: int
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + ("" if self.column is None else f":{self.column}")


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A combination of a matrix, such as `language=Hindi slot=morning`. It has no line of its own."""

    values: str

    def __str__(self) -> str:
        return self.values


RowReference = RowLine | MatrixRow


def row_of_document(text: str, file: str) -> RowReference | None:
    """Return the row that a document gives as `text` for an entry in `file`; None if the text is empty.

    A document may come from a file, where the row is only a text. A text that is no place is a combination.
    """
    if not text:
        return None
    own = f"{file}:"
    if text.startswith(own) and (found := _IN_DEFINITION.fullmatch(text, len(own))):
        return RowLine(file, int(found[1]), int(found[2]))
    folder = posixpath.join(posixpath.dirname(file), "")  # tables are in this folder or below
    found = _IN_TABLE.fullmatch(text)
    if found is None or not text.startswith(folder) or (not folder and _COMBINATION.match(text)):
        return MatrixRow(text)
    return RowLine(found[1], int(found[2]))
