"""JUnit: valid by Jenkins' schema and by Ant's, and what is read from it is what was found."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from plan import NOW

from report.documents import (
    hostile_plan,
    hostile_problems,
    hostile_report,
    make_attempt,
    make_plan,
    make_planned,
    make_problem,
    make_problems,
    make_report,
    make_result,
)
from report.hostile import HOSTILE
from runner.definitions.model import Definitions
from runner.plan.decide import Action
from runner.report.junit import plan_junit, problems_junit, report_junit
from runner.report.safe_text import printable
from runner.report.text.problems import problem_line

OFFICIAL = Path(__file__).parent / "official"
SCHEMA = etree.XMLSchema(etree.parse(OFFICIAL / "junit-10.xsd"))


def suite_of(text: str) -> Any:
    """The only suite of a document that is valid and whose counts add up."""
    root = etree.fromstring(text.encode())
    SCHEMA.assertValid(root)
    (suite,) = root
    cases = suite.findall("testcase")
    ends = Counter(end(case)[0] for case in cases)
    assert int(suite.get("tests")) == len(cases)
    assert int(suite.get("failures")) == ends["failure"]
    assert int(suite.get("errors")) == ends["error"]
    assert int(suite.get("skipped")) == ends["skipped"]
    assert Decimal(suite.get("time")) == sum(Decimal(case.get("time")) for case in cases)
    return suite


def end(case: Any) -> tuple[str, str | None, str | None]:
    """How a case ended, its type and its message."""
    if len(case) == 0:
        return "passed", None, None
    (said,) = case
    return said.tag, said.get("type"), said.get("message")


def readable(text: str) -> str:
    """The text as XML can hold it, on one line."""
    return printable(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def test_a_file_fails_with_all_of_its_problems() -> None:
    first, second = make_problem(), make_problem(line=12)
    suite = suite_of(problems_junit(make_problems(first, second), NOW, "0.1.0"))

    good, bad = suite.findall("testcase")
    assert (good.get("name"), end(good)[0]) == ("bulletins.d/accounts.yaml", "passed")
    assert (bad.get("name"), *end(bad)) == ("bulletins.d/x.yaml", "failure", first.code.value, "2 problems")
    assert bad[0].text.split("\n") == [problem_line(first), problem_line(second)]
    assert suite.get("timestamp") == "2026-12-01T13:00:00"


def test_a_problem_alone_is_named() -> None:
    problem = make_problem()
    (*_, case) = suite_of(problems_junit(make_problems(problem), NOW, "0.1.0")).findall("testcase")

    assert end(case) == ("failure", "property-not-string", problem.message)


def test_a_file_that_the_set_does_not_hold_fails_all_the_same() -> None:
    definitions = Definitions({}, {}, (), (), (make_problem(),))

    assert suite_of(problems_junit(definitions, NOW, "0.1.0")).get("failures") == "1"


def test_a_plan_passes_what_would_be_sent_and_fails_what_is_blocked() -> None:
    suite = suite_of(plan_junit(make_plan(*(make_planned(action.value, action.value) for action in Action))))

    assert {case.get("name"): end(case)[0] for case in suite.findall("testcase")} == {
        "fire": "passed",
        "retry": "passed",
        "in_doubt": "failure",
        "duplicate": "failure",
        "expired": "failure",
        "wait": "skipped",
        "done": "skipped",
        "changed": "skipped",
        "claimed": "skipped",
        "disabled": "skipped",
    }
    waiting = next(case for case in suite.findall("testcase") if case.get("name") == "wait")
    assert end(waiting) == ("skipped", "wait", "due 2026-12-01T13:00:00Z, in 1h")


def test_an_edit_after_sending_is_reported_field_by_field() -> None:
    changes = [{"field": "name", "old": "Episode 11", "new": None}]
    (case,) = suite_of(plan_junit(make_plan(make_planned(action="changed", changes=changes)))).findall("testcase")

    assert case[0].text.split("\n")[-1] == "name: Episode 11 → nothing"


def test_a_report_has_an_end_for_every_outcome() -> None:
    outcomes = ("fired", "failed", "in_doubt", "expired", "skipped", "would_fire", None)
    suite = suite_of(report_junit(make_report(*(make_result(str(outcome), outcome) for outcome in outcomes))))

    assert [(case.get("classname"), case.get("name"), end(case)[0]) for case in suite.findall("testcase")] == [
        ("india", "fired", "passed"),
        ("india", "failed", "failure"),
        ("india", "in_doubt", "error"),
        ("india", "expired", "failure"),
        ("india", "skipped", "skipped"),
        ("india", "would_fire", "passed"),
        ("india", "None", "skipped"),
    ]
    assert suite.get("hostname") == "builder"
    assert {each.get("name"): each.get("value") for each in suite.find("properties")}["run"] == make_report()["run"][
        "id"
    ]


def test_a_failure_shows_where_what_and_each_request() -> None:
    attempts = [
        make_attempt(http_status=429, verdict="no", answer="slow down"),
        make_attempt(2, http_status=None, verdict="no", answer=None, error="refused", latency_ms=3.6),
    ]
    result = make_result(outcome="failed", occurrence="r2", attempts=attempts, latency_ms=3.6)
    (case,) = suite_of(report_junit(make_report(result))).findall("testcase")

    assert (case.get("name"), case.get("time")) == ("sa-re-ga-ma-12 r2", "0.004")
    assert case[0].text.split("\n") == [
        "bulletins.d/a.yaml:4",
        "business event: Program Released",
        "name: Episode 12",
        "due: 2026-12-01T13:00:00Z",
        "request 1, 2026-12-01T13:00:00.250Z, 212 ms: HTTP 429: slow down",
        "request 2, 2026-12-01T13:00:00.250Z, 4 ms: no answer: refused",
    ]


def test_times_add_up_to_the_millisecond() -> None:
    results = [
        make_result(f"b{number}", latency_ms=latency) for number, latency in enumerate((0.5, 1.5, 70_000.4, None))
    ]
    suite = suite_of(report_junit(make_report(*results)))

    assert [case.get("time") for case in suite.findall("testcase")] == ["0.000", "0.002", "70.000", "0.000"]
    assert suite.get("time") == "70.002"


def test_warnings_of_what_was_sent_are_in_the_output() -> None:
    suite = suite_of(report_junit(make_report(make_result(warnings=["0 bulletins were sent"]))))

    assert suite.find("system-out").text == "sa-re-ga-ma-12 in india: warning: 0 bulletins were sent"


def test_a_host_without_a_name_is_localhost() -> None:
    assert suite_of(report_junit(make_report(host=" "))).get("hostname") == "localhost"


def assert_problems_are_read_back(definitions: Definitions) -> None:
    cases = suite_of(problems_junit(definitions, NOW, "0.1.0")).findall("testcase")

    assert [case.get("name") for case in cases] == [readable(file) for file in definitions.files]
    for case, file in zip(cases, definitions.files, strict=True):
        problems = [problem for problem in definitions.problems if problem.file == file]
        assert end(case)[2] == readable(problems[0].message)
        assert case[0].text == "\n".join(readable(problem_line(problem)) for problem in problems)


def assert_firings_are_read_back(text: str, firings: list[dict[str, Any]]) -> None:
    cases = suite_of(text).findall("testcase")

    assert len(cases) == len(firings)
    for case, firing in zip(cases, firings, strict=True):
        assert (case.get("classname"), case.get("name")) == (readable(firing["account"]), readable(firing["id"]))
        assert end(case)[2] in (None, readable(firing["reason"]))
        if len(case):
            assert case[0].text.split("\n")[:3] == [
                readable(f"{firing['file']}:{firing['line']}, {firing['row']}"),
                readable(f"business event: {firing['business_event']}"),
                readable(f"name: {firing['name']}"),
            ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_back(text: str) -> None:
    assert_problems_are_read_back(hostile_problems(text))
    plan, report = hostile_plan(text), hostile_report(text)
    assert_firings_are_read_back(plan_junit(plan), plan["firings"])
    assert_firings_are_read_back(report_junit(report), report["results"])


@given(st.text(min_size=1))
def test_any_text_is_read_back(text: str) -> None:
    plan, report = hostile_plan(text), hostile_report(text)
    assert_firings_are_read_back(plan_junit(plan), plan["firings"])
    assert_firings_are_read_back(report_junit(report), report["results"])


@given(st.text(st.characters()))
def test_problems_may_quote_what_is_no_text_at_all(text: str) -> None:
    problem = make_problem(message=text)
    (case,) = suite_of(problems_junit(make_problems(problem, files=[]), NOW, "0.1.0")).findall("testcase")

    assert end(case)[2] == readable(problem.message)


def test_a_case_names_the_row_and_the_place_of_its_template() -> None:
    own = {"row": "bulletins.d/shows.csv:17"}
    for text in (
        plan_junit(make_plan(make_planned(action="wait", **own))),
        report_junit(make_report(make_result(outcome="failed", **own))),
    ):
        (case,) = suite_of(text).findall("testcase")
        assert case[0].text.startswith("bulletins.d/a.yaml:4, bulletins.d/shows.csv:17\n")
