from __future__ import annotations

from dataclasses import replace

from runner.definitions.problem import MAX_PROBLEMS, Finding, Problem, by_row, further_rows
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import RowLine

FINDING = Finding(Code.PROPERTY_VALUE, "x.yaml", ("bulletins", 3, "properties", "language"), "'Hindy' is not allowed")


def in_rows(finding: Finding, *lines: int) -> list[Finding]:
    return [replace(finding, row=RowLine("shows.csv", line)) for line in lines]


def test_rows_with_the_same_problem_are_one_finding_that_names_them() -> None:
    (found,) = by_row(in_rows(FINDING, 3, 5, 9))
    assert found.message == "'Hindy' is not allowed, in shows.csv:3, shows.csv:5 and shows.csv:9"
    assert found.rows is not None
    assert [each.row for each in found.rows.instances] == [RowLine("shows.csv", line) for line in (3, 5, 9)]


def test_rows_with_different_texts_of_one_problem_are_one_finding() -> None:
    many = [in_rows(replace(FINDING, message=f"'m{line}' is not allowed"), line)[0] for line in range(2, 202)]
    (found,) = by_row(many)
    assert found.message == "'m2' is not allowed, in shows.csv:2 and 199 more rows"
    assert found.rows is not None
    problem = Problem("x.yaml", 1, 1, found.code, found.message, rows=found.rows)
    further = ["in shows.csv:3: 'm3' is not allowed", "in shows.csv:4: 'm4' is not allowed"]
    assert [text for _, text in further_rows(problem)] == further
    assert len(further_rows(problem, whole=True)) == 199


def test_a_different_fault_of_the_same_code_is_among_the_first_rows() -> None:
    many = [in_rows(replace(FINDING, message=f"'m{line}' is not allowed"), line)[0] for line in range(2, 202)]
    many[150] = in_rows(replace(FINDING, message="it is blank"), 152)[0]
    (found,) = by_row(many)
    assert found.rows is not None
    assert [str(each.row) for each in found.rows.leading] == ["shows.csv:2", "shows.csv:3", "shows.csv:152"]


def test_what_is_about_no_row_stays_as_it_is() -> None:
    assert list(by_row([FINDING])) == [FINDING]


def test_where_rows_are_left_out_the_count_is_the_least_there_are() -> None:
    left_out = Finding(Code.TOO_MANY_PROBLEMS, "x.yaml", ("bulletins", 3), "2,000 more rows have problems")
    other = replace(FINDING, path=("bulletins", 4, "properties", "language"))
    alone = replace(FINDING, message="alone")
    findings = [*in_rows(FINDING, 3, 5), *in_rows(alone, 4), *in_rows(other, 6, 7), left_out]
    (_, mixed, of_other) = by_row(findings)
    assert mixed.message.endswith(", in shows.csv:3 and at least 2 more rows")
    assert of_other.message.endswith(", in shows.csv:6 and shows.csv:7")


def test_of_more_than_is_ever_counted_the_count_is_the_least_there_is() -> None:
    many = (in_rows(replace(FINDING, message=f"m{number}"), 2)[0] for number in range(200 * MAX_PROBLEMS))
    (found,) = by_row(many)
    assert found.message == f"m0, in shows.csv:2 and at least {100 * MAX_PROBLEMS - 1:,} more rows"
    assert found.rows is not None
    assert len(found.rows.instances) == MAX_PROBLEMS
