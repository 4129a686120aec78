"""The example `fire-on-merge.yml`: what a push brought goes out once, whatever pushes come, and is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from github.conftest import Project, bulletins_of, push_event
from github.machine import Event, Job, workflow

LATER = "schedule: {at: 2036-12-01T18:30:00+05:30}"


def run(project: Project, event: Event) -> Job:
    return project.machine.run("fire-on-merge", event)["fire"]


def report(project: Project) -> dict[str, Any]:
    folder = project.machine.artifact("bulletins-report")
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def project(project: Project) -> Project:
    project.make_ledger()
    return project


def test_what_was_merged_is_sent_once_and_nothing_else(project: Project) -> None:
    event = project.push(new=bulletins_of("one", "two"), later=bulletins_of("later", fields=LATER))
    job = run(project, event)

    assert job.result == "success", job.log
    assert project.accepted == {"one": 1, "two": 1}
    assert report(project)["summary"] | {"fired": 2, "not_due": 1, "selected": 3} == report(project)["summary"]
    assert job.summary.count("one") >= 2  # in the plan, and in the report
    assert run(project, event).result == "success"
    assert project.accepted == {"one": 1, "two": 1}


def test_a_new_branch_means_all_that_is_due(project: Project) -> None:
    event = project.push(new=bulletins_of("one"))
    job = run(project, push_event("0" * 40, event.sha))

    assert job.result == "success", job.log
    assert project.accepted == {"old": 1, "one": 1}


def test_a_push_that_only_removes_sends_nothing_and_is_no_error(project: Project) -> None:
    project.push(new=bulletins_of("one"))
    job = run(project, project.push(old=None))

    assert (job.result, job.steps["Fire"]) == ("success", "skipped")
    assert "nothing to send" in job.summary
    assert not project.sandbox.received()


def test_runs_of_two_pushes_in_the_wrong_order_send_all_of_both(project: Project) -> None:
    assert "github.sha" in workflow("fire-on-merge")["concurrency"]["group"]  # so that GitHub drops neither
    first = project.push(one=bulletins_of("one"))
    second = project.push(two=bulletins_of("two"))

    assert [run(project, event).result for event in (second, first)] == ["success", "success"]
    assert project.accepted == {"one": 1, "two": 1}


def test_a_forced_push_over_what_was_there_is_an_error_and_sends_nothing(project: Project) -> None:
    project.push(one=bulletins_of("one"))
    lost = project.repository.head
    project.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    event = project.push(two=bulletins_of("two"))
    project.machine.origin.joinpath("packed-refs").unlink(missing_ok=True)
    job = run(project, push_event(lost, event.sha))

    assert job.result == "failure"
    assert "git knows no commit" in job.log
    assert not project.sandbox.received()


def test_problems_fail_the_job_before_anything_is_sent(project: Project) -> None:
    job = run(project, project.push(new=bulletins_of("one").replace('"one"', "1")))

    assert job.result == "failure"
    assert "bulletins.d/new.yaml" in job.summary
    assert "property-not-string" in job.summary
    assert not project.sandbox.received()


def test_what_went_wrong_fails_the_job_and_is_reported(project: Project) -> None:
    project.sandbox.add_fault("404@two*1")
    project.sandbox.add_fault("503@three*1")
    job = run(project, project.push(new=bulletins_of("one", "two", "three")))

    assert job.result == "failure"
    outcomes = {result["id"]: result["outcome"] for result in report(project)["results"]}
    assert outcomes == {"one": "fired", "two": "failed", "three": "in_doubt"}
    assert "in doubt" in job.summary


def test_without_a_ledger_or_its_secret_nothing_is_sent(project: Project) -> None:
    event = project.push(new=bulletins_of("one"))
    project.machine.secrets = {**project.machine.secrets, "BULLETINS_LEDGER": ""}
    job = run(project, event)

    assert job.result == "failure"
    assert "bulletins ledger init" in job.log
    assert not project.sandbox.received()
