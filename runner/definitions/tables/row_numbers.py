"""Recognise ids that are made from a column that only counts the rows, so that an inserted row would shift them. Pure.

In: the rows of a `for_each`, and the columns of its id. Out: the column, or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner.definitions.row_reference import RowLine
from runner.definitions.tables.rows import Rows

_FEWEST = 3  # rows: two that are numbered 1 and 2 prove nothing
# Numbers that belong to what a row is about, although they often go up by one.
_OF_CONTENT = re.compile(
    r"episode|epi?\b|part|season|chapter|volume|week|day|date|month|year|hour|round|match|game|level|stage|step|lesson"
    r"|edition|issue|heat|leg|lap|set|track|disc|channel|slot",
    re.IGNORECASE,
)


def counting_column(rows: Rows, columns: Iterable[str]) -> str | None:
    """Return the first of the columns that only counts the rows: 1, 2, 3, … or 0, 1, 2, …, also as 001, 002, 003."""
    if len(rows.rows) < _FEWEST or not isinstance(rows.rows[0][1], RowLine):  # a matrix has no order of rows
        return None
    return next((each for each in columns if is_counting(each, (cells.get(each, "") for cells, _ in rows.rows))), None)


def is_counting(column: str, cells: Iterable[str]) -> bool:
    """Whether the cells of a column, from the first row on, only count the rows."""
    if _OF_CONTENT.search(column):
        return False
    start = count = 0
    for count, cell in enumerate(cells):
        text = cell.strip()
        if count == 0:
            if not text or text.lstrip("0") not in ("", "1"):
                return False
            start = int(text)
        elif text.lstrip("0") != str(start + count):
            return False
    return count + 1 >= _FEWEST
