"""Every registered format makes the texts that it is registered for; the JSON of problems."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from plan import NOW

from report.documents import make_plan, make_planned, make_report, make_result
from report.text.test_problems import PROBLEM
from runner.alike_group import fold
from runner.definitions.model import Definitions
from runner.definitions.problem import OfRow
from runner.definitions.row_reference import RowLine
from runner.report.formats import PLAN_FORMATS, PROBLEM_FORMATS, RUN_FORMATS, plan_in, problems_in, run_in


@pytest.mark.parametrize("name", [name for name in PROBLEM_FORMATS if name != "text"])
def test_a_format_of_problems_shows_them(name: str) -> None:
    text = problems_in(name, Definitions({}, {}, (), ("bulletins.d/x.yaml",), (PROBLEM,)), now=NOW)
    assert text.endswith("\n")
    assert "234567" in text


@pytest.mark.parametrize("name", [name for name in PLAN_FORMATS if name != "text"])
def test_a_format_of_plans_shows_one(name: str) -> None:
    text = plan_in(name, make_plan(make_planned("sale-1", "duplicate")))
    assert text.endswith("\n")
    assert "sale-1" in text


@pytest.mark.parametrize("name", [name for name in RUN_FORMATS if name != "text"])
def test_a_format_of_runs_shows_one(name: str) -> None:
    text = run_in(name, make_report(make_result("sale-1", "failed")))
    assert text.endswith("\n")
    assert "sale-1" in text


def test_the_json_holds_every_problem() -> None:
    document = json.loads(problems_in("json", Definitions({}, {}, (), ("bulletins.d/x.yaml",), (PROBLEM,)), now=NOW))

    assert document["valid"] is False
    (problem,) = document["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("property-not-string", 9, 19)


def test_the_json_names_the_row_of_a_problem_that_has_one() -> None:
    rows = [OfRow(RowLine("bulletins.d/shows.csv", line), f"{line} is wrong") for line in range(17, 27)]
    of_rows = replace(PROBLEM, rows=fold(rows, common=type)[0])
    document = json.loads(
        problems_in("json", Definitions({}, {}, (), ("bulletins.d/x.yaml",), (PROBLEM, of_rows)), now=NOW)
    )

    plain, folded = document["problems"]
    assert "row" not in plain
    assert (folded["row"], folded["row_count"]) == ("bulletins.d/shows.csv:17", 10)
    assert [each["row"] for each in folded["rows"]] == [f"bulletins.d/shows.csv:{line}" for line in (17, 18, 19)]
