"""SARIF: valid by OASIS' own schema, and what is read from it is what was found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from report.documents import hostile_plan, hostile_problems, hostile_report, make_problem, make_report, make_result
from report.hostile import HOSTILE
from runner.definitions.problem_codes import Severity
from runner.report.annotation_rules import RULES, AnnotationRule
from runner.report.annotations.annotation import Annotation, by_severity
from runner.report.annotations.building import from_plan, from_problems, from_report
from runner.report.annotations.sarif import FINGERPRINT, MAX_RESULTS, SCHEMA, sarif
from runner.report.safe_text import printable

OFFICIAL = json.loads((Path(__file__).parents[1] / "official" / "sarif-schema-2.1.0.json").read_bytes())
VALIDATOR = jsonschema_rs.Draft4Validator(OFFICIAL, validate_formats=True)


def run_of(findings: list[Annotation]) -> dict[str, Any]:
    """The only run of the findings' document, which is valid."""
    document = json.loads(sarif(findings, "0.1.0"))
    VALIDATOR.validate(document)
    assert document["$schema"] == SCHEMA == OFFICIAL["id"]
    (run,) = document["runs"]
    return dict(run)


def read(run: dict[str, Any]) -> list[tuple[object, ...]]:
    """What a reader takes from each result: level, rule, message, file, line and column."""
    rules = run["tool"]["driver"]["rules"]
    found: list[tuple[object, ...]] = []
    for result in run["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        region = place["region"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        where = region["startLine"], region.get("startColumn")
        found.append((result["level"], result["ruleId"], result["message"]["text"], file_at(place), *where))
    return found


def file_at(place: dict[str, Any]) -> str:
    artifact = place["artifactLocation"]
    parts = urlsplit(artifact["uri"])
    assert (parts.netloc, parts.query, parts.fragment) == ("", "", "")
    assert ("uriBaseId" in artifact) == (parts.scheme == "")
    assert artifact.get("uriBaseId") in (None, "%SRCROOT%")
    return os.fsdecode(unquote_to_bytes(parts.path))


def expected(findings: list[Annotation]) -> list[tuple[object, ...]]:
    return [
        (
            each.severity.value,
            each.rule,
            unlinked(each.text) + link(each),
            Path(each.file).as_posix(),
            each.line,
            each.column,
        )
        for each in by_severity(findings)
    ]


def link(finding: Annotation) -> str:
    """The links to the row that a finding is about, and to the other places with the same finding."""
    row = escaped_link(str(finding.row))
    own = [f"row: [{row}](1)"] if finding.row_place else []
    others = [f"[{escaped_link(str(each))}]({number})" for number, each in enumerate(finding.others, 1 + len(own))]
    said = "; ".join([*own, *([f"also: {', '.join(others)}"] if others else [])])
    return f" ({said})" if said else ""


def escaped_link(place: str) -> str:
    return unlinked(printable(place)).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def unlinked(text: str) -> str:
    """The text with a space in each embedded link and each place for an argument."""
    pieces = []
    for place, character in enumerate(text):
        rest = text[place + 1 :]
        index, bracket, _ = rest[:30].partition("}")
        is_place = character == "{" and bracket and index.isascii() and index.isdigit()
        pieces.append(f"{character} " if is_place or (character == "]" and rest.startswith("(")) else character)
    return "".join(pieces)


def fingerprints(findings: list[Annotation]) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in run_of(findings)["results"]]


def test_the_schema_is_a_schema_of_its_draft() -> None:
    Draft4Validator.check_schema(OFFICIAL)
    assert not VALIDATOR.is_valid({"version": "2.1.0"})


def test_a_problem_is_a_result_at_its_place() -> None:
    findings = from_problems([make_problem(file="2026-12/a b%#ü:1.yaml")])
    run = run_of(findings)

    assert read(run) == expected(findings)
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "2026-12/a%20b%25%23%C3%BC%3A1.yaml",
        "uriBaseId": "%SRCROOT%",
    }
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], run["columnKind"]) == ("bulletins", "0.1.0", "unicodeCodePoints")
    (rule,) = driver["rules"]
    assert rule["help"]["text"].endswith('Right:\nproperties: {program_id: "234567"}')


def test_the_row_of_a_problem_is_a_related_location_that_the_message_links_to() -> None:
    row = "bulletins.d/2026 [a]/shows.csv:17"
    run = run_of(from_problems([make_problem(row=row), make_problem(row="language=Hindi"), make_problem()]))

    of_table, of_matrix, plain_one = run["results"]
    assert of_table["message"]["text"].endswith(r" (row: [bulletins.d/2026 \[a\]/shows.csv:17](1))")
    (related,) = of_table["relatedLocations"]
    assert related["id"] == 1
    assert file_at(related["physicalLocation"]) == "bulletins.d/2026 [a]/shows.csv"
    assert related["physicalLocation"]["region"] == {"startLine": 17}
    assert of_table["locations"] == of_matrix["locations"] == plain_one["locations"]
    assert "relatedLocations" not in of_matrix
    assert of_matrix["message"] == plain_one["message"]


def test_nothing_found_is_a_run_without_results() -> None:
    run = run_of([])

    assert run["results"] == []
    assert "invocations" not in run


def test_a_file_elsewhere_is_named_whole() -> None:
    run = run_of([Annotation(Severity.ERROR, AnnotationRule.FAILED, "x", "/srv/a b.yaml", 1)])

    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///srv/a%20b.yaml"
    }


def test_a_file_whose_name_is_no_text_keeps_its_bytes() -> None:
    run = run_of([Annotation(Severity.ERROR, AnnotationRule.FAILED, "x", os.fsdecode(b"bulletins.d/\xff.yaml"), 1)])

    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bulletins.d/%FF.yaml"


def test_fingerprints_stay_while_lines_shift() -> None:
    problems = [make_problem(), make_problem(line=12), make_problem(file="y.yaml"), make_problem(source="other: 1")]
    shifted = [make_problem(line=30, column=23, source=f"    {make_problem().source}"), *problems[1:]]
    before = fingerprints(from_problems(problems))

    assert len(set(before)) == 4
    assert fingerprints(from_problems(shifted)) == before


def test_fingerprints_of_firings_are_of_bulletin_and_accounts() -> None:
    first, second = (make_result(f"b{why}", "failed", reason=f"it is {why}") for why in ("blank", "late"))
    moved = [first | {"line": 40, "reason": "HTTP 404"}, second]

    before = fingerprints(from_report(make_report(first, second)))
    assert len(set(before)) == 2
    assert fingerprints(from_report(make_report(*moved))) == before


def test_more_than_github_takes_is_cut_to_what_matters_most_and_said() -> None:
    findings = [Annotation(Severity.WARNING, AnnotationRule.SKIPPED, "w", "x", 1)] * MAX_RESULTS
    findings += [Annotation(Severity.ERROR, AnnotationRule.FAILED, "e", "x", 1)] * 2
    run = run_of(findings)

    levels = [result["level"] for result in run["results"]]
    assert (len(levels), levels.count("error")) == (25_000, 2)
    (invocation,) = run["invocations"]
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("25,002 findings; this file holds the 25,000 most severe")


def test_all_rules_together_are_valid() -> None:
    run = run_of([Annotation(Severity.NOTE, rule, "x", "x", 1) for rule in RULES])

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["shortDescription"]["text"]) < 1024  # as long as GitHub shows
        assert len(rule["fullDescription"]["text"]) < 1024


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[click](https://example.com)", "[click] (https://example.com)"),
        ("[a\\](1) [[b]](1)", "[a\\] (1) [[b]] (1)"),
        ("{0} {x} {{1}} {", "{ 0} {x} {{ 1}} {"),
    ],
)
def test_text_is_no_link_and_no_place_for_an_argument(text: str, message: str) -> None:
    (result,) = run_of([Annotation(Severity.ERROR, AnnotationRule.FAILED, text, "x", 1)])["results"]

    assert result["message"]["text"] == message


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_back(text: str) -> None:
    for findings in (
        from_problems(hostile_problems(text).problems),
        from_plan(hostile_plan(text)),
        from_report(hostile_report(text)),
    ):
        assert read(run_of(findings)) == expected(findings)


@given(st.text(), st.text(min_size=1), st.text(), st.sampled_from(Severity), st.none() | st.integers(1, 999))
def test_any_text_is_read_back(message: str, file: str, fix: str, level: Severity, column: int | None) -> None:
    findings = [Annotation(level, AnnotationRule.IN_DOUBT, message, file, 7, column, fix)] * 2

    assert read(run_of(findings)) == expected(findings)
    assert len(set(fingerprints(findings))) == 2
