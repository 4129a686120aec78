"""The plan's document: valid by its schema, stable where nothing moved, and read back as it was reviewed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from plan import HOUR, NOW, make_bulletin, make_entry, make_firing, make_firings
from refusals import refused

from runner.definitions.model import Account, Place
from runner.definitions.row_reference import RowLine
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.plan.decide import Action, Plan, Step, decide
from runner.plan.history import History, State
from runner.reason import Reason, ReasonCode
from runner.report.document.plan import PlanFacts, plan_document, plan_file_text, plan_hash, reviewed_plan, until_of

VALIDATOR = Draft202012Validator(schema("plan"))
INDIA = Account("india", "https://in1.api.clevertap.com", "ID", Place("a.yaml", 1, 1, "india"), "PASS", region="in1")
FACTS = PlanFacts("0.1.0", "bulletins.d", {"india": INDIA}, "01JDX", {"id": ["*"]}, "0" * 40, False)


def plan_at(now: Any = NOW) -> Plan:
    sent, *rest = make_firings(
        make_bulletin("sent", properties={"program_id": "2"}),
        make_bulletin("now", name="\x1b[31mNow", at=NOW - HOUR / 2),
        make_bulletin("later", name="later", at=NOW + HOUR),
    )
    definition = {**sent.definition, "properties": {"program_id": "1"}}
    entry = make_entry(sent, State.FIRED, fingerprint="sha256:other", definition=definition)
    return decide([sent, *rest], History({sent.key: entry}), now)


def test_the_document_is_valid_and_holds_every_step() -> None:
    document = json.loads(json.dumps(plan_document(plan_at(), FACTS)))

    VALIDATOR.validate(document)
    assert document["summary"] | {"selected": 3, "fire": 1, "wait": 1, "changed": 1} == document["summary"]
    firings = {firing["id"]: firing for firing in document["firings"]}
    assert firings["now"]["payload"]["name"] == "\x1b[31mNow"
    assert firings["sent"]["changes"] == [{"field": "properties.program_id", "old": "1", "new": "2"}]
    assert document["accounts"]["india"]["timezone"] == "Asia/Kolkata"


def test_a_firing_of_a_row_names_it_and_another_does_not() -> None:
    row = RowLine("bulletins.d/shows.csv", 17)
    steps = make_firings(make_bulletin("a"), make_bulletin("b", place=Place("bulletins.d/a.yaml", 4, 5, 0, row)))
    document = json.loads(json.dumps(plan_document(decide(steps, History({}), NOW), FACTS)))

    VALIDATOR.validate(document)
    assert [firing.get("row") for firing in document["firings"]] == [None, str(row)]
    assert reviewed_plan(plan_file_text(document)).to_send


def test_the_schema_is_valid_itself() -> None:
    Draft202012Validator.check_schema(schema("plan"))


def test_the_hash_is_of_what_would_be_done_and_not_of_when_it_was_asked() -> None:
    first = plan_document(plan_at(), FACTS)
    later = plan_document(plan_at(NOW + timedelta(minutes=1)), replace(FACTS, version="9", git_dirty=True))

    assert first["hash"] == later["hash"]
    assert first["firings"] != later["firings"]  # the reasons contain the time


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, ledger="01JDY"),
        replace(FACTS, path="other.d"),
        replace(FACTS, selection={}),
        replace(FACTS, accounts={"india": replace(INDIA, base_url="https://sg1.api.clevertap.com")}),
    ],
)
def test_the_hash_changes_with_what_matters(facts: PlanFacts) -> None:
    assert plan_document(plan_at(), facts)["hash"] != plan_document(plan_at(), FACTS)["hash"]


def test_the_hash_changes_with_a_firing_and_its_state() -> None:
    document = plan_document(plan_at(), FACTS)
    assert plan_document(plan_at(NOW + HOUR), FACTS)["hash"] != document["hash"]
    edited = json.loads(plan_file_text(document))
    edited["firings"][1]["payload"]["name"] = "other"
    assert plan_hash(edited) != document["hash"]


def test_up_to_when_a_plan_shows_what_comes_is_in_it_and_what_that_leaves_out() -> None:
    document = plan_document(plan_at(), replace(FACTS, until=NOW + HOUR, later=3))
    Draft202012Validator(schema("plan")).validate(json.loads(plan_file_text(document)))
    assert until_of(document) == "2026-12-01T14:00:00Z"
    assert document["selection"]["until"] == [until_of(document)]
    assert document["summary"]["later"] == 3
    assert (
        reviewed_plan(plan_file_text(document)).to_send
        == reviewed_plan(plan_file_text(plan_document(plan_at(), FACTS))).to_send
    )
    usual = plan_document(plan_at(), FACTS)
    assert (until_of(usual), "later" in usual["summary"]) == (None, False)


def test_what_expired_and_no_run_has_reported_is_counted_where_a_ledger_knows() -> None:
    late = Reason(ReasonCode.GRACE_ENDED, "too late")
    steps = [Step(make_firing(name, at=NOW), Action.EXPIRED, late, needs_report=name == "a") for name in "ab"]
    document = plan_document(Plan(NOW, tuple(steps)), FACTS)
    Draft202012Validator(schema("plan")).validate(json.loads(plan_file_text(document)))
    assert (document["summary"]["expired"], document["summary"]["newly_expired"]) == (2, 1)
    assert "newly_expired" not in plan_document(Plan(NOW, tuple(steps)), replace(FACTS, ledger=None))["summary"]


def test_equal_plans_are_written_to_equal_bytes() -> None:
    facts = replace(FACTS, selection={"tag": ["a"], "id": ["*"]})
    swapped = replace(FACTS, selection={"id": ["*"], "tag": ["a"]})
    assert plan_file_text(plan_document(plan_at(), facts)) == plan_file_text(plan_document(plan_at(), swapped))


def test_a_written_plan_is_read_back() -> None:
    plan = plan_at()
    read = reviewed_plan(plan_file_text(plan_document(plan, FACTS)))

    (step,) = plan.to_send
    (reviewed,) = read.to_send
    assert (reviewed.key, reviewed.fingerprint) == (step.firing.key, step.firing.fingerprint)
    assert (reviewed.due_at, reviewed.expires_at) == (step.firing.occurrence.due_at, step.firing.occurrence.expires_at)
    assert (read.path, read.ledger, set(read.destinations)) == ("bulletins.d", "01JDX", {"india"})


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda document: document["firings"][0].update(id="other"), ErrorCode.PLAN_EDITED),
        (lambda document: document["firings"].pop(), ErrorCode.PLAN_EDITED),
        (lambda document: document["firings"][0].update(name="other"), ErrorCode.PLAN_EDITED),
        (lambda document: document["firings"][0].update(allow_duplicate=True), ErrorCode.PLAN_EDITED),
        (lambda document: document["summary"].update(fire=0), ErrorCode.PLAN_EDITED),
        (lambda document: document.update(ledger="01JDY"), ErrorCode.PLAN_EDITED),
        (lambda document: document.update(schema_version=2), ErrorCode.PLAN_VERSION),
        (lambda document: document.pop("hash"), ErrorCode.NOT_A_PLAN),
        (lambda document: document.update(more=1), ErrorCode.NOT_A_PLAN),
    ],
)
def test_an_edited_plan_is_refused(edit: Any, code: ErrorCode) -> None:
    document = json.loads(plan_file_text(plan_document(plan_at(), FACTS)))
    edit(document)
    with refused(code):
        reviewed_plan(plan_file_text(document))


def test_a_day_that_does_not_exist_is_refused() -> None:
    document = json.loads(plan_file_text(plan_document(plan_at(), FACTS)))
    for firing in document["firings"]:
        firing["due_at"] = "2026-02-31T00:00:00Z"
    with refused(ErrorCode.NOT_A_PLAN):
        reviewed_plan(plan_file_text({**document, "hash": plan_hash(document)}))


@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document["firings"][0]["payload"].update(name="harmless"),
        lambda document: document["accounts"].clear(),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_though_its_hash_fits(edit: Any) -> None:
    document = json.loads(plan_file_text(plan_document(plan_at(), FACTS)))
    document["firings"] = [each for each in document["firings"] if each["action"] == "fire"]
    edit(document)
    with refused(ErrorCode.NOT_A_PLAN):
        reviewed_plan(plan_file_text({**document, "hash": plan_hash(document)}))


def test_a_repeated_key_is_refused() -> None:
    text = plan_file_text(plan_document(plan_at(), FACTS))
    with refused(ErrorCode.NOT_A_PLAN):
        reviewed_plan(text.replace('"firings": [', '"firings": [], "firings": [', 1))


@given(st.binary() | st.text() | st.recursive(st.none() | st.text(), lambda inner: st.lists(inner)).map(json.dumps))
def test_no_other_file_is_taken_for_a_plan(text: str | bytes) -> None:
    with refused(ErrorCode.NOT_A_PLAN):
        reviewed_plan(text)
