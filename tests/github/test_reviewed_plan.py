"""The example `reviewed-plan.yml`: exactly what was approved goes out, or nothing."""

from __future__ import annotations

import pytest

from github.conftest import Project, bulletins_of

PLAN, FIRE = "plan", "fire"


@pytest.fixture
def project(project: Project) -> Project:
    project.make_ledger()
    return project


def test_what_was_approved_is_sent_once_and_only_with_credentials(project: Project) -> None:
    event = project.push(new=bulletins_of("one"))
    secrets = project.machine.secrets
    project.machine.secrets = {"BULLETINS_LEDGER": secrets["BULLETINS_LEDGER"]}
    planned = {PLAN: project.machine.run_job("reviewed-plan", PLAN, event)}
    assert planned[PLAN].outputs == {"sends": "true"}
    assert "one" in planned[PLAN].summary

    fired = project.machine.run_job("reviewed-plan", FIRE, event, planned)
    assert fired.result == "failure"
    assert "CLEVERTAP_INDIA_" in fired.log
    assert not project.sandbox.received()

    project.machine.secrets = secrets
    fired = project.machine.run_job("reviewed-plan", FIRE, event, planned)
    assert fired.result == "success", fired.log
    assert project.accepted == {"old": 1, "one": 1}
    assert "one" in fired.summary
    assert (project.machine.artifact("bulletins-report") / "report.html").exists()

    fired = project.machine.run_job("reviewed-plan", FIRE, event, planned)
    assert fired.result == "failure"
    assert "the reviewed plan no longer applies" in fired.log
    assert project.accepted == {"old": 1, "one": 1}


def test_a_plan_that_sends_nothing_asks_nobody(project: Project) -> None:
    event = project.push(old=bulletins_of("old", fields="enabled: false"))
    jobs = project.machine.run("reviewed-plan", event)

    assert {name: job.result for name, job in jobs.items()} == {PLAN: "success", FIRE: "skipped"}


def test_problems_end_it_at_the_plan(project: Project) -> None:
    event = project.push(new=bulletins_of("one").replace('"one"', "1"))
    planned = project.machine.run_job("reviewed-plan", PLAN, event)

    assert planned.result == "failure"
    assert "property-not-string" in planned.summary
