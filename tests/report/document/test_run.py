"""The one document is valid by its schema, whatever a run came to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from plan import NOW, make_bulletin, make_firings

import runner
from runner.definitions.model import Place
from runner.definitions.row_reference import RowLine
from runner.definitions.schema.schemas import schema
from runner.fire.outcome import Outcome
from runner.fire.result import Result, RunResult
from runner.plan.decide import Action, Step
from runner.plan.reasons import due
from runner.reason import Reason, ReasonCode
from runner.report.document.entry_fields import timestamp
from runner.report.document.run import RunFacts, report_document
from runner.report.safe_text import printable
from runner.report.text.run import outcome_line, summary_lines

VALIDATOR = Draft202012Validator(schema("report"))
FIRING, *_ = make_firings(make_bulletin("a", at=NOW))


def facts(**fields: Any) -> RunFacts:
    defaults: dict[str, Any] = {
        "id": "01JDX0000000000000000000AA",
        "command": "fire",
        "dry_run": False,
        "started_at": NOW,
        "finished_at": NOW,
        "interrupted": False,
        "exit_code": 0,
        "version": runner.__version__,
        "ledger": None,
        "host": "here",
    }
    return RunFacts(**{**defaults, **fields})


reasons = st.builds(Reason, st.sampled_from(ReasonCode), st.text())
results = st.builds(
    Result,
    step=st.builds(Step, firing=st.just(FIRING), action=st.sampled_from(Action), reason=reasons),
    outcome=st.none() | st.sampled_from(Outcome),
    reason=st.none() | reasons,
    http_status=st.none() | st.integers(100, 599),
    error=st.none() | st.text(),
    bulletins_sent=st.none() | st.integers(0, 10**7),
    tries=st.integers(0, 5),
    started_at=st.none() | st.just(NOW),
    latency_ms=st.none() | st.floats(0, 120_000),
    warnings=st.lists(st.text(), max_size=2).map(tuple),
)


@given(st.lists(results, max_size=8), st.booleans(), st.booleans())
def test_the_document_is_valid_and_adds_up_whatever_happened(
    found: list[Result], dry_run: bool, interrupted: bool
) -> None:
    document = report_document(facts(dry_run=dry_run, interrupted=interrupted), found)

    VALIDATOR.validate(json.loads(json.dumps(document)))
    assert document["summary"]["selected"] == len(found)
    for outcome in Outcome:
        assert document["summary"][outcome.value] == sum(result.outcome is outcome for result in found)
    assert document["summary"]["bulletins_sent"] == sum(result.bulletins_sent or 0 for result in found)


@given(st.lists(results, max_size=4))
def test_lines_for_people_hold_nothing_that_a_terminal_obeys(found: list[Result]) -> None:
    document = report_document(facts(), found)
    lines = [outcome_line(entry) for entry in document["results"] if entry["outcome"]]

    for line in [*lines, *summary_lines(document)]:
        assert line == printable(line)


@pytest.mark.parametrize(
    ("outcomes", "fields", "code"),
    [
        ([None], {}, 0),
        (["fired", "skipped"], {}, 0),
        (["fired", "failed"], {}, 1),
        (["expired"], {}, 1),
        (["failed", "in_doubt"], {}, 4),
        (["skipped"], {"fault": "the disk is full"}, 5),
        (["skipped"], {"fault": "the disk is full", "sent": True}, 1),
        (["failed"], {"fault": "the disk is full"}, 5),
        (["fired"], {"fault": "the disk is full"}, 1),
        (["in_doubt"], {"fault": "the disk is full", "sent": True}, 4),
        (["in_doubt", "failed"], {"signal": 2}, 130),
        (["fired"], {"signal": 15}, 143),
        (["fired"], {"signal": 1, "sent": True}, 129),
    ],
)
def test_exit_codes_have_their_precedence(outcomes: list[str | None], fields: dict[str, Any], code: int) -> None:
    step = Step(FIRING, Action.FIRE, due(None))
    found = tuple(Result(step, Outcome(outcome) if outcome else None) for outcome in outcomes)

    assert RunResult(found, **fields).exit_code == code


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 12, 1, 13, 0, tzinfo=UTC), "2026-12-01T13:00:00Z"),
        (datetime(2026, 12, 1, 13, 0, 0, 123456, tzinfo=UTC), "2026-12-01T13:00:00.123Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(at: datetime, text: str) -> None:
    assert timestamp(at) == text


def test_the_schema_is_valid_and_its_enums_are_those_of_the_code() -> None:
    Draft202012Validator.check_schema(schema("report"))
    properties = schema("report")["$defs"]["result"]["properties"]

    assert set(properties["action"]["enum"]) == {action.value for action in Action}
    assert set(properties["outcome"]["enum"]) == {outcome.value for outcome in Outcome} | {None}


def test_a_result_of_a_row_names_it() -> None:
    row = RowLine("bulletins.d/shows.csv", 17)
    (firing,) = make_firings(make_bulletin("a", place=Place("bulletins.d/a.yaml", 4, 5, 0, row)))
    document = report_document(facts(), [Result(Step(firing, Action.CHANGED, due(None)), None)])

    VALIDATOR.validate(json.loads(json.dumps(document)))
    assert [result["row"] for result in document["results"]] == [str(row)]
