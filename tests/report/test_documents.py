"""The documents that tests are made with are such as the program writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from report.documents import (
    hostile_plan,
    hostile_report,
    make_bulletin_change,
    make_changes,
    make_plan,
    make_planned,
    make_report,
    make_result,
    make_shared_change,
)
from report.hostile import HOSTILE
from runner.definitions.schema.schemas import schema
from runner.fire.outcome import Outcome
from runner.plan.decide import Action

PLANS = [
    make_plan(),
    make_plan(*(make_planned(action=action.value) for action in Action)),
    make_plan(
        make_planned(),
        changes=make_changes(
            [make_bulletin_change(kind) for kind in ("added", "changed", "renamed", "removed")],
            [make_shared_change()],
            [make_shared_change("added", "Program Released", fields=[])],
        ),
    ),
    *map(hostile_plan, HOSTILE.values()),
]
REPORTS = [
    make_report(),
    make_report(*(make_result(outcome=outcome) for outcome in [*map(str, Outcome), None])),
    *map(hostile_report, HOSTILE.values()),
]


@pytest.mark.parametrize("document", PLANS)
def test_plans_are_valid(document: dict[str, Any]) -> None:
    Draft202012Validator(schema("plan")).validate(json.loads(json.dumps(document)))


@pytest.mark.parametrize("document", REPORTS)
def test_reports_are_valid(document: dict[str, Any]) -> None:
    Draft202012Validator(schema("report")).validate(json.loads(json.dumps(document)))
