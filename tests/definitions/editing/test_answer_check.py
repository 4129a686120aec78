"""One answer tried alone says what the check of the whole set would say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.definitions.editing.answer_check import check_answer
from runner.definitions.load import load_sources
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source

ACCOUNT = {"region": "in1", "account_id_env": "A", "passcode_env": "B"}
EVENTS = {
    "Program Released": {
        "required": ["program_id"],
        "properties": {"program_id": {"pattern": "^[0-9]+$"}, "title": {}},
    },
    "Flash Sale": None,
}
SET = load_sources(
    [
        Source("accounts.yaml", json.dumps({"accounts": {"india": ACCOUNT, "europe": ACCOUNT}}).encode),
        Source("events.yaml", json.dumps({"business_events": EVENTS}).encode),
    ]
)


@pytest.mark.parametrize(
    ("path", "fields", "code"),
    [
        (("id",), {"id": "A"}, Code.BAD_FORMAT),
        (("name",), {"name": " "}, Code.BLANK),
        (("name",), {"name": "a\x1bb"}, Code.YAML_CONTROL_CHARACTER),
        (("c-by",), {"c-by": "a"}, Code.BAD_FORMAT),
        (("business_event",), {"business_event": "Program Relased"}, Code.UNKNOWN_EVENT),
        (("accounts",), {"accounts": ["inda"]}, Code.UNKNOWN_ACCOUNT),
        (("properties", "title"), {"properties": {"title": "x" * 513}}, Code.TOO_MANY_BYTES),
        (("properties", "x"), {"business_event": "Program Released", "properties": {"x": "1"}}, Code.PROPERTY_UNKNOWN),
        (
            ("properties", "program_id"),
            {"business_event": "Program Released", "properties": {"title": "a", "program_id": "x"}},
            Code.PROPERTY_VALUE,
        ),
        (("schedule",), {"schedule": {"at": "2036-12-01T18:30:00"}}, Code.BAD_TIME),
        (("schedule", "grace"), {"schedule": {"at": "2036-12-01T18:30:00Z", "grace": "x"}}, Code.BAD_DURATION),
        (("schedule",), {"schedule": {"cron": "x", "timezone": "UTC"}}, Code.BAD_CRON),
        (("tags",), {"tags": ["#"]}, Code.BAD_FORMAT),
    ],
)
def test_what_is_wrong_is_said(path: tuple[str, ...], fields: dict[str, Any], code: Code) -> None:
    found = check_answer(path, fields, SET)
    assert found is not None
    assert found.code is code
    assert found.message


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (("id",), {"id": "a", "name": " "}),
        (("properties", "title"), {"business_event": "Program Released", "properties": {"title": "a"}}),
        (("properties", "x"), {"business_event": "Flash Sale", "properties": {"x": " {}[]: #"}}),
        (("accounts",), {"accounts": ["india", "europe"]}),
        (("schedule",), {"schedule": {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata"}}),
    ],
)
def test_what_else_is_wrong_or_missing_is_not(path: tuple[str, ...], fields: dict[str, Any]) -> None:
    assert check_answer(path, fields, SET) is None


def test_without_a_catalog_every_event_is_taken() -> None:
    assert check_answer(("business_event",), {"business_event": "Any"}, load_sources([])) is None
