"""Columns that only count the rows."""

from __future__ import annotations

import pytest

from runner.definitions.row_reference import MatrixRow, RowLine
from runner.definitions.tables.row_numbers import counting_column
from runner.definitions.tables.rows import Rows


def rows(*cells: str, column: str = "no") -> Rows:
    return Rows((column,), [({column: cell}, RowLine("t.csv", at)) for at, cell in enumerate(cells, start=2)])


@pytest.mark.parametrize("cells", ["1 2", "3 4 5", "1 2 4", "1 3 2", "1 2 x", "x 1 2", "1 1 1", "0 0 0"])
def test_a_column_that_does_not(cells: str) -> None:
    assert counting_column(rows(*cells.split()), ["no"]) is None


@pytest.mark.parametrize("column", ["episode", "Episode", "ep", "week", "match_no", "season", "day"])
def test_numbers_of_the_content_may_count(column: str) -> None:
    assert counting_column(rows("1", "2", "3", column=column), [column]) is None


def test_only_columns_of_the_id_and_rows_with_an_order() -> None:
    assert counting_column(rows("1", "2", "3"), ["show"]) is None
    combinations = [({"no": cell}, MatrixRow(f"no={cell}")) for cell in "123"]
    assert counting_column(Rows(("no",), combinations), ["no"]) is None
