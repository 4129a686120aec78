"""The example `scheduled.yml`, with a PostgreSQL server as its ledger: what is due goes out, and trouble is seen."""

from __future__ import annotations

import pytest

from github.conftest import Project, bulletins_of
from github.machine import Event, Job

PAST = "schedule: {at: 2020-12-01T18:30:00+05:30}"


def run(project: Project) -> Job:
    event = Event("schedule", project.repository.head)
    return project.machine.run("scheduled", event)["fire"]


@pytest.fixture
def project(project: Project, postgres_url: str) -> Project:
    project.make_ledger(postgres_url)
    return project


def test_what_is_due_is_sent_once_over_runs_on_fresh_machines(project: Project) -> None:
    project.push(new=bulletins_of("one"))
    jobs = [run(project), run(project)]

    assert [job.result for job in jobs] == ["success", "success"], jobs
    assert project.accepted == {"old": 1, "one": 1}
    assert "2 fired" in jobs[0].log
    assert "one" in jobs[0].summary
    page = (project.machine.artifact("bulletins-report") / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")


def test_a_doubt_fails_the_job_at_its_line(project: Project) -> None:
    project.push(new=bulletins_of("one"))
    project.sandbox.add_fault("503-after@one*1")
    job = run(project)

    assert (job.result, job.steps["Fire"], job.steps["Show the report"]) == ("failure", "failure", "success"), job.log
    assert "::error file=bulletins.d/new.yaml,line=3," in job.log
    assert "in doubt" in job.summary


def test_a_missed_release_fails_the_job(project: Project) -> None:
    project.push(new=bulletins_of("past", fields=PAST))
    job = run(project)

    assert job.result == "failure"
    assert "expired" in job.summary
    assert project.accepted == {"old": 1}


def test_a_wrong_merge_is_stopped_by_the_brake(project: Project) -> None:
    project.push(new=bulletins_of(*(f"b-{number}" for number in range(60))))
    job = run(project)

    assert job.result == "failure"
    assert "61" in job.log
    assert "50" in job.log
    assert not project.sandbox.received()
