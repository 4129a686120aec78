"""Workflow commands: the runner reads back what was found, and nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.documents import (
    hostile_plan,
    hostile_problems,
    hostile_report,
    make_bulletin_change,
    make_changes,
    make_plan,
    make_planned,
    make_problem,
)
from report.hostile import HOSTILE
from report.workflow_commands import Command, read
from runner.definitions.problem_codes import Severity
from runner.report.annotation_rules import RULES, AnnotationRule
from runner.report.annotations.annotation import Annotation, by_severity
from runner.report.annotations.building import from_plan, from_problems, from_report
from runner.report.annotations.github import github_commands
from runner.report.safe_text import printable

NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def expected(finding: Annotation) -> Command:
    place = finding.row_place or finding
    properties = {
        "file": printable(place.file),
        "line": str(place.line),
        "title": f"{finding.rule}: {RULES[finding.rule].summary}",
    }
    if place.column is not None:
        properties["col"] = str(place.column)
    places = filter(None, (finding.file, finding.line, finding.column))
    template = f" (template: {printable(':'.join(map(str, places)))})" if finding.row_place else ""
    return Command(NAMES[finding.severity], properties, finding.text + template)


def assert_read_back(findings: list[Annotation]) -> None:
    *commands, last = read(github_commands(findings))

    assert commands == [expected(finding) for finding in by_severity(findings)]
    assert isinstance(last, str)
    assert last.startswith("bulletins: ")


def test_a_problem_is_an_annotation_as_the_toolkit_writes_it() -> None:
    assert github_commands(from_problems([make_problem(file="a,b:c%.yaml", message="50% off: a, b", help="")])) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=9,col=19,"
        "title=property-not-string%3A the value of a property is not a text::50%25 off: a, b\n"
        "bulletins: 1 error"
    )


def test_a_problem_of_a_row_is_placed_at_the_row_and_names_the_template() -> None:
    problem = make_problem(message="x, in bulletins.d/shows.csv:17", help="", row="bulletins.d/shows.csv:17")
    command, _ = read(github_commands(from_problems([problem])))

    assert isinstance(command, Command)
    assert (command.properties["file"], command.properties["line"]) == ("bulletins.d/shows.csv", "17")
    assert "col" not in command.properties
    assert command.data == "x, in bulletins.d/shows.csv:17 (template: bulletins.d/x.yaml:9:19)"


def test_a_problem_of_a_combination_is_placed_at_its_template() -> None:
    command, _ = read(github_commands(from_problems([make_problem(row="language=Hindi slot=morning")])))

    assert isinstance(command, Command)
    assert (command.properties["file"], command.properties["line"]) == ("bulletins.d/x.yaml", "9")
    assert "template" not in command.data


def test_a_plan_step_of_a_row_is_placed_at_the_row() -> None:
    row = {"file": "bulletins.d/a.yaml", "row": "bulletins.d/shows.csv:17"}
    changes = make_changes([make_bulletin_change("renamed", **row)])
    commands = read(github_commands(from_plan(make_plan(make_planned(**row), changes=changes))))[:-1]

    places = {(each.properties["file"], each.properties["line"]) for each in commands if isinstance(each, Command)}
    assert (len(commands), places) == (2, {("bulletins.d/shows.csv", "17")})


def test_nothing_found_is_said() -> None:
    assert github_commands([]) == "bulletins: nothing found"


def test_errors_come_first_and_what_github_leaves_out_is_said() -> None:
    findings = [Annotation(Severity.WARNING, AnnotationRule.SKIPPED, f"w{number}", "x", 1) for number in range(11)]
    findings.append(Annotation(Severity.ERROR, AnnotationRule.FAILED, "e", "x", 1))
    *commands, last = read(github_commands(findings))

    assert [command.data for command in commands if isinstance(command, Command)][:2] == ["e", "w0"]
    assert len(commands) == 12
    assert last == (
        "bulletins: 1 error, 11 warnings; GitHub shows 10 of each level at the code, and this log shows all"
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_within_its_own_command(text: str) -> None:
    assert_read_back(from_problems(hostile_problems(text).problems))
    assert_read_back(from_plan(hostile_plan(text)))
    assert_read_back(from_report(hostile_report(text)))


@given(st.text(), st.text(min_size=1), st.text(), st.sampled_from(Severity), st.none() | st.integers(1, 999))
def test_any_text_is_read_back(message: str, file: str, fix: str, level: Severity, column: int | None) -> None:
    finding = Annotation(level, AnnotationRule.IN_DOUBT, message, file, 7, column, fix)

    assert_read_back([finding, finding])
    assert_read_back(from_problems([make_problem(file=file, message=message, help=fix)]))
