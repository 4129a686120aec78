"""The example `pull-request.yml`: what a reviewer sees, with no secret and no right to write."""

from __future__ import annotations

import json

from github.conftest import Project, bulletins_of
from github.machine import EXAMPLES

BAD = bulletins_of("new").replace('"new"', "234567")


def test_the_text_of_the_comment_says_what_merging_sends(project: Project) -> None:
    job = project.machine.run("pull-request", project.pull_request(new=bulletins_of("tonight")))["check"]

    assert job.result == "success", job.log
    text = (project.machine.artifact("bulletins-comment") / "comment.md").read_text(encoding="utf-8")
    assert "Merging this sends 1 bulletin as soon as fire runs (1 in india)" in text
    assert "tonight" in text
    assert "| `old`" not in text
    assert job.summary == text
    page = (project.machine.artifact("bulletins-calendar") / "calendar.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert not project.sandbox.received()


def test_a_problem_fails_the_job_at_its_line_and_is_in_the_comment(project: Project) -> None:
    job = project.machine.run("pull-request", project.pull_request(new=BAD))["check"]

    assert job.result == "failure"
    assert "::error file=bulletins.d/new.yaml,line=3,col=" in job.log
    assert (job.steps["Validate"], job.steps["Draw the release calendar"]) == ("failure", "skipped")
    text = (project.machine.artifact("bulletins-comment") / "comment.md").read_text(encoding="utf-8")
    assert "property-not-string" in text
    assert "bulletins.d/new.yaml" in text
    assert job.summary == text


def test_a_pull_request_from_a_fork_needs_no_secret_and_writes_no_results_of_code_scanning(project: Project) -> None:
    assert "secrets." not in (EXAMPLES / "pull-request.yml").read_text(encoding="utf-8")
    project.machine.variables = {"BULLETINS_CODE_SCANNING": "true"}
    event = project.pull_request(new=BAD)

    assert project.machine.run_job("pull-request", "code-scanning", event).result == "skipped"


def test_code_scanning_gets_the_problems_where_it_is_wanted(project: Project) -> None:
    event = project.pull_request(new=BAD)
    event.github["event"]["pull_request"]["head"]["repo"]["full_name"] = "shows/releases"
    assert project.machine.run_job("pull-request", "code-scanning", event).result == "skipped"

    project.machine.variables = {"BULLETINS_CODE_SCANNING": "true"}
    job = project.machine.run_job("pull-request", "code-scanning", event)
    assert job.result == "success", job.log
    document = json.loads((project.machine.artifact("sarif") / "bulletins.sarif").read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in document["runs"][0]["results"]] == ["property-not-string"]
