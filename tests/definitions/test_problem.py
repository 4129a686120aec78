from __future__ import annotations

from dataclasses import replace

from runner.definitions.problem import MAX_PROBLEMS, Finding, by_row
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import RowLine

FINDING = Finding(Code.PROPERTY_VALUE, "x.yaml", ("bulletins", 3, "properties", "language"), "'Hindy' is not allowed")


def in_rows(finding: Finding, *lines: int) -> list[Finding]:
    return [replace(finding, row=RowLine("shows.csv", line)) for line in lines]


def test_what_is_wrong_alike_in_many_rows_is_one_finding_that_knows_the_first() -> None:
    assert list(by_row(in_rows(FINDING, 3, 5, 9))) == [
        replace(FINDING, message="'Hindy' is not allowed, in shows.csv:3 and 2 more rows", row=RowLine("shows.csv", 3))
    ]


def test_what_is_about_no_row_stays_as_it_is() -> None:
    assert list(by_row([FINDING])) == [FINDING]


def test_where_rows_are_left_out_the_count_is_the_least_there_are() -> None:
    left_out = Finding(Code.TOO_MANY_PROBLEMS, "x.yaml", ("bulletins", 3), "2,000 more rows have problems")
    other = replace(FINDING, path=("bulletins", 4, "properties", "language"))
    alone = replace(FINDING, message="alone")
    findings = [*in_rows(FINDING, 3, 5), *in_rows(alone, 4), *in_rows(other, 6, 7), left_out]
    said = [finding.message.partition(", in ")[2] for finding in by_row(findings)]
    assert said == ["", "shows.csv:3 and at least 1 more row", "shows.csv:4", "shows.csv:6 and 1 more row"]


def test_of_more_than_is_ever_shown_the_counts_are_the_least_there_are() -> None:
    many = [in_rows(replace(FINDING, message=f"m{number}"), 2)[0] for number in range(20 * MAX_PROBLEMS)]
    found = list(by_row([*in_rows(FINDING, 3, 5), *many]))
    assert len(found) < len(many)
    assert found[0].message.endswith(" and at least 1 more row")
