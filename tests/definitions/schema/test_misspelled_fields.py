"""A field under a wrong name is one problem, which names the right one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from definitions.building.test_incomplete_entry import ACCOUNTS, ENTRY, ROWS, problems, reported
from runner.definitions.load import load_sources
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source


@pytest.mark.parametrize("defaults", [{}, {"tags": ["x"]}])
@pytest.mark.parametrize(
    ("wrong", "meant"), [("nmae", "name"), ("idd", "id"), ("cby", "c-by"), ("bussiness_event", "business_event")]
)
def test_a_field_that_is_misspelt_is_not_missed(wrong: str, meant: str, defaults: dict[str, Any]) -> None:
    entry = {wrong if name == meant else name: value for name, value in ENTRY.items()}
    (problem,) = problems(entry, **defaults)
    assert (problem.code, problem.help) == (Code.UNKNOWN_FIELD, f"Did you mean {meant}?")


def test_a_misspelled_field_does_not_hide_missing_fields() -> None:
    entry = {"idd": "a", "nmae": "N", "c-by": "a@example.com", "business_event": "E"}
    assert reported(entry) == ["missing-field the", "unknown-field idd", "unknown-field nmae"]


def test_one_of_several_fields_that_is_misspelt_is_not_missed() -> None:
    assert reported({**ENTRY, **ROWS, "for_each": {"row": [{"n": 1}]}}) == ["unknown-field for_each.row"]
    assert reported({**ENTRY, **ROWS, "for_each": {"exclude": []}}) == ["one-of-fields for_each"]


@pytest.mark.parametrize("field", ["foreach", "for-each", "for_eech", "For_Each"])
def test_what_for_each_is_misspelt_as_is_reported(field: str) -> None:
    (problem,) = problems({**ENTRY, "id": "a-{{ row.n }}", field: ROWS["for_each"]})
    assert (problem.code, problem.help) == (Code.UNKNOWN_FIELD, "Did you mean for_each?")


@pytest.mark.parametrize(("meant", "wrong"), [("region", "regin"), ("passcode_env", "passcode_evn")])
def test_a_field_of_an_account_that_is_misspelt_is_not_missed(meant: str, wrong: str) -> None:
    account = {wrong if name == meant else name: value for name, value in ACCOUNTS["india"].items()}
    text = json.dumps({"accounts": {"india": account}})
    (problem,) = load_sources([Source("accounts.yaml", text.encode)]).problems
    assert (problem.code, problem.help) == (Code.UNKNOWN_FIELD, f"Did you mean {meant}?")


def test_fields_that_are_not_indented_belong_to_the_empty_group_above() -> None:
    entry = {name: value for name, value in ENTRY.items() if name != "properties"}
    found = problems({**entry, "properties": None, "program_id": "1", "language": "Hindi"})
    assert [problem.code for problem in found] == [Code.WRONG_TYPE, Code.UNKNOWN_FIELD, Code.UNKNOWN_FIELD]
    assert all("belongs to properties" in problem.help for problem in found[1:])
    (problem,) = problems({**ENTRY, "program_id": "1"})
    assert (problem.code, "belongs" in problem.help) == (Code.UNKNOWN_FIELD, False)
