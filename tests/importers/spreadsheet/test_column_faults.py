from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import table_in
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.importers.spreadsheet.column_faults import folded, with_names
from runner.importers.spreadsheet.sheet import Sheet

TABLE = table_in("name,a,b\n" + "".join(f"x{number},{number},\n" for number in range(12)))
ROWS = TABLE.rows


def problem(row: int, number: int | None, message: str = "wrong", code: Code = Code.BAD_FORMAT) -> Problem:
    return TABLE.sheet.problem(ROWS[row], number, code, message, "Fix it.")


def found_in(*problems: Problem) -> list[tuple[int, int, str]]:
    return [(each.line, each.column, each.message) for each in folded(problems, TABLE.sheet, TABLE.header_row)]


def test_alike_problems_of_a_column_are_one_at_its_header() -> None:
    assert found_in(*(problem(row, 1) for row in range(12))) == [(1, 6, "wrong, in 12 rows: lines 2, 3, 4 and 9 more")]


def test_a_single_problem_stays_at_its_cell() -> None:
    assert found_in(problem(3, 1)) == [(5, 4, "wrong")]


def test_values_of_the_first_rows_are_shown_where_they_differ() -> None:
    found = found_in(*(problem(row, 1, f"'{row}' is wrong") for row in range(5)))
    assert found == [(1, 6, "'0' is wrong, in 5 rows: lines 2 ('0'), 3 ('1'), 4 ('2') and 2 more")]


def test_problems_of_whole_rows_are_one_at_the_first_row() -> None:
    assert found_in(*(problem(row, None) for row in (1, 2))) == [(3, 1, "wrong, in 2 rows: lines 3, 4")]


def test_other_columns_codes_and_faults_stay_apart() -> None:
    found = found_in(
        problem(0, 1), problem(1, 1), problem(0, 2), problem(0, 1, "worse"), problem(0, 1, code=Code.BLANK)
    )
    assert len(found) == 4


def test_a_row_counts_once() -> None:
    assert found_in(problem(0, 1, "1 is wrong"), problem(0, 1, "2 is wrong")) == [(2, 4, "1 is wrong")]


def test_where_not_all_rows_were_checked_the_count_is_the_least() -> None:
    limit = replace(problem(2, 1), code=Code.TOO_MANY_PROBLEMS)
    found = found_in(problem(0, 1), problem(1, 1), limit)
    assert found == [(1, 6, "wrong, in at least 2 rows: lines 2, 3")]


@pytest.mark.parametrize(("number", "name"), [(0, "A2: "), (25, "Z2: "), (26, "AA2: "), (701, "ZZ2: "), (None, "")])
def test_a_cell_of_a_workbook_has_the_name_that_people_see(number: int | None, name: str) -> None:
    sheet = Sheet("a.xlsx", ROWS, lambda line, column: (line, column + 1, ""), lines_are="row")
    (found,) = with_names([sheet.problem(ROWS[0], number, Code.BLANK, "wrong", "")], sheet)
    assert found.message == f"{name}wrong"


@given(st.lists(st.tuples(st.integers(0, 11), st.sampled_from([None, 0, 1, 2]), st.sampled_from(["a", "b 1", "b 2"]))))
def test_no_fault_is_lost(cells: list[tuple[int, int | None, str]]) -> None:
    found = found_in(*(problem(*each) for each in cells))
    kinds = {(number, message[0]) for _, number, message in cells}
    assert len(found) == len(kinds)


def test_advice_for_one_value_names_the_value() -> None:
    """`Write yes` for one cell is wrong for the others."""
    problems = [replace(problem(row, 1, f"'{row}' is wrong"), help=f"Write {row + 1}.") for row in range(3)]
    assert [each.help for each in folded(problems, TABLE.sheet, TABLE.header_row)] == ["For '0': Write 1."]


def test_numbers_with_decimals_are_instances_of_one_fault() -> None:
    found = found_in(problem(0, 1, "the number 500 is wrong"), problem(1, 1, "the number 499.5 is wrong"))
    assert [message.partition(",")[0] for _, _, message in found] == ["the number 500 is wrong"]
