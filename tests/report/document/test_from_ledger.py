"""What the ledger recorded of a run, as a report: valid, and a firing in it once, whatever became of its claims."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from plan import NOW, make_firing

from runner.definitions.schema.schemas import schema
from runner.ledger.values import Attempt, FiringRow, RunRow
from runner.plan.history import State
from runner.report.document.from_ledger import recorded_document

RUN = RunRow("01JDX0000000000000000000AA", "fire", NOW, None, NOW + timedelta(seconds=30), None, False, "builder",
             "0.1.0", None, None)  # fmt: skip
FIRING = make_firing("a", at=NOW)
ROW = FiringRow(
    id="1",
    key=FIRING.key,
    state=State.FIRED,
    run=RUN.id,
    who="asha",
    host="builder",
    pid=1,
    claimed_at=NOW,
    settled_at=NOW,
    lease_until=NOW,
    exit_code=None,
    process="",
    swept_by=None,
    due_at=NOW,
    file="bulletins.d/a.yaml",
    line=4,
    payload=FIRING.body.decode(),
    fingerprint=FIRING.fingerprint,
    reason=None,
    http_status=200,
    error=None,
    bulletins_sent=1,
)


def document_of(*rows: FiringRow, attempts: dict[str, list[Attempt]] | None = None) -> dict[str, Any]:
    document = recorded_document(RUN, rows, attempts or {}, ledger="01JDX")
    Draft202012Validator(schema("report")).validate(document)
    return document


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (State.FIRED, "fired"),
        (State.FAILED, "failed"),
        (State.IN_DOUBT, "in_doubt"),
        (State.CLAIMED, "in_doubt"),
        (State.EXPIRED, "expired"),
        (State.RELEASED, "skipped"),
    ],
)
def test_every_state_has_its_outcome(state: State, outcome: str) -> None:
    document = document_of(replace(ROW, state=state))
    (result,) = document["results"]
    assert result["outcome"] == outcome
    assert document["summary"][outcome] == 1


def test_a_run_that_ended_without_a_word_has_no_exit_code() -> None:
    run = document_of(ROW)["run"]
    assert (run["exit_code"], run["finished_at"]) == (None, "2026-12-01T13:00:30Z")


def test_a_claim_given_back_because_the_grace_ran_out_is_one_expiry() -> None:
    attempt = Attempt(1, NOW, 20.0, "no", 429, "{}", None)
    given_back = replace(ROW, state=State.RELEASED, reason="its grace period ended before it could be sent")
    expired = replace(ROW, id="2", state=State.EXPIRED, claimed_at=NOW + timedelta(seconds=1))
    (result,) = document_of(expired, given_back, attempts={"1": [attempt]})["results"]

    assert (result["outcome"], result["action"], result["tries"]) == ("expired", "expired", 1)
    assert (result["reason"], result["reason_code"]) == (given_back.reason, "recorded-earlier")


@pytest.mark.parametrize(("sent", "warnings"), [(1, 0), (0, 1), (None, 1)])
def test_a_success_that_reached_nobody_is_warned_of_as_in_the_run(sent: int | None, warnings: int) -> None:
    attempts = {"1": [Attempt(1, NOW, 20.0, "yes", 200, "{}", None)]}
    (result,) = document_of(replace(ROW, bulletins_sent=sent), attempts=attempts)["results"]
    assert len(result["warnings"]) == warnings


@pytest.mark.parametrize(("seconds", "warnings"), [(-7201, 1), (-7200, 0), (120, 0), (121, 1)])
def test_a_when_far_from_the_time_of_sending_is_warned_of_as_in_the_run(seconds: int, warnings: int) -> None:
    payload = json.dumps({**json.loads(ROW.payload), "when": int(NOW.timestamp()) + seconds})
    attempts = {"1": [Attempt(1, NOW, 20.0, "no", 400, "{}", None)]}
    row = replace(ROW, state=State.FAILED, payload=payload)
    (result,) = document_of(row, attempts=attempts)["results"]
    assert len(result["warnings"]) == warnings


def test_times_that_expired_at_once_are_in_the_order_in_which_they_were_due() -> None:
    keys = [FIRING.key._replace(occurrence=f"r1@{day}") for day in range(3)]
    rows = [
        replace(ROW, id=id_, key=key, state=State.EXPIRED, due_at=NOW - timedelta(days=9 - day))
        for id_, (day, key) in zip("cab", enumerate(keys), strict=True)
    ]
    fired = replace(ROW, id="z", claimed_at=NOW - timedelta(seconds=1))
    results = document_of(rows[2], rows[0], fired, rows[1])["results"]
    assert [each["occurrence"] for each in results] == ["r1", "r1@0", "r1@1", "r1@2"]
