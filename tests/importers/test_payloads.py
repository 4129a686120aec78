from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import dumped, payload, shown, text
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.importers import payloads
from runner.importers.draft import Draft
from runner.importers.json_text import Marks, marks_of
from runner.importers.payloads import payloads_in
from runner.importers.text import Piece

ONE, TWO = payload(name="One"), payload(name="Two", when=1796130000)


def found_in(content: str, given_: Mapping[str, str] | None = None) -> tuple[list[Draft], list[Problem]]:
    whole = text(content)
    found = list(payloads_in(Piece(whole, whole.text), given_ or {}))
    drafts = [each for each in found if isinstance(each, Draft)]
    return drafts, [each for each in found if isinstance(each, Problem)]


@pytest.mark.parametrize(
    "content",
    [
        f"{dumped(ONE)}\n{dumped(TWO)}\n",
        f"\n [{dumped(ONE)} , {dumped(TWO)}]\n",
        f'{{"d": [{dumped(ONE)},{dumped(TWO)}]}}',
        f'{{ "d" :[ {dumped(ONE)} ] }}\n[{dumped(TWO)}, ][]'.replace(", ]", "]"),
    ],
)
def test_payloads_are_found_in_every_form(content: str) -> None:
    drafts, problems = found_in(content)
    assert shown(problems) == []
    assert [draft.payload for draft in drafts] == [ONE, TWO]
    assert [draft.fields.get("when") for draft in drafts] == [None, 1796130000]


def test_what_a_payload_leaves_out_is_filled_in_and_what_it_says_stays() -> None:
    short = {name: value for name, value in ONE.items() if name != "c-by"}
    drafts, _ = found_in(dumped(short), {"c-by": "a@example.com", "business_event": "Other"})
    assert drafts[0].payload == {**ONE, "c-by": "a@example.com"}


@pytest.mark.parametrize(
    ("change", "place", "message", "help_"),
    [
        ({"name": None}, "name", "name is null; it is a text", 'Write "name"'),
        ({"business_event": ["x"]}, "business_event", "business_event is a list", 'Write "business_event"'),
        ({"properties": "x"}, "properties", "properties is a text; it is an object", 'Write "properties"'),
        ({"properties": {"a": 1.50}}, '"a": 1.5', "properties.a is a number; the API takes", 'Write "1.5".'),
        ({"properties": {"a": True}}, '"a": true', "properties.a is true", 'Write "true".'),
        ({"properties": {"a": None}}, '"a": null', "properties.a is null", "Leave the property out"),
        ({"properties": {"a": {}}}, '"a": {}', "properties.a is an object", "Write a text"),
        ({"properties": {"a": "\x07"}}, '"a": "\\u0007"', "U+0007", "Remove it."),
        ({"properties": {"a": "\ud800"}}, '"a": ', "U+D800", "Remove it."),
        ({"when": "1796130000"}, "when", "when is the text '1796130000'", "Write 1796130000, without quotes."),
        ({"when": "2026-12-01T18:30:00+05:30"}, "when", "when is the text", "Write 1796130000, without quotes."),
        ({"when": 1796130000.0}, "when", "when is a number; the API takes", "seconds like 1796130000"),
        ({"when": True}, "when", "when is true", 'Write "when": "now"'),
        ({"when": 1796130000000}, "when", "milliseconds", "Write 1796130000."),
        ({"when": "soon"}, "when", "'soon' is not a date with a time", "Write it like"),
        ({"when": 10**400}, "when", "is not a time in UNIX seconds", "Write"),
    ],
)
def test_what_definitions_cannot_say_exactly_is_refused(
    change: dict[str, Any], place: str, message: str, help_: str
) -> None:
    content = dumped({**ONE, **change}).replace("\ud800", "\\ud800")
    drafts, problems = found_in(content)
    assert drafts == []
    assert len(problems) == 1
    key = place if place.startswith('"') else f'"{place}": '
    value = content.index(key) + (5 if place.startswith('"') else len(key))
    assert problems[0].column == value + 1
    assert message in problems[0].message
    assert help_ in problems[0].help


def test_unknown_and_missing_fields_are_all_reported() -> None:
    drafts, problems = found_in('{"name": "x", "c_by": "a@example.com", "properties": {}}')
    example = '"business_event": "Program Released"'
    assert drafts == []
    assert shown(problems) == [
        "1:15 the API has no field 'c_by'; Did you mean c-by?",
        f"1:1 business_event is missing, which the API requires; Add {example}, or give --event NAME.",
        '1:1 c-by is missing, which the API requires; Add "c-by": "releases@example.com", or give --c-by ADDRESS.',
        '1:1 when is missing, which the API requires; Add "when": "now".',
    ]


def test_a_field_that_is_there_is_not_what_was_meant() -> None:
    _, problems = found_in(dumped(payload(business_event_name="x")))
    assert "Did you mean" not in problems[0].help


@pytest.mark.parametrize("content", [dumped({"payloads": [ONE, TWO]}), dumped({"count": 2, "payloads": [ONE, TWO]})])
def test_a_list_under_a_key_is_one_problem(content: str) -> None:
    drafts, problems = found_in(content)
    assert drafts == []
    column = content.index('"payloads"') + 1
    said = "'payloads' contains a list, but a payload is one object; Give the list itself."
    assert shown(problems) == [f"1:{column} {said}"]


def test_a_payload_with_many_problems_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []

    def counted(text: str, offset: int) -> Marks:
        walked.append(offset)
        return marks_of(text, offset)

    monkeypatch.setattr(payloads, "marks_of", counted)
    _, problems = found_in(dumped(payload(properties={f"p{number}": number for number in range(100)})))
    assert (len(problems), walked) == (100, [0])


def test_each_broken_line_of_json_lines_is_reported_and_the_others_are_read() -> None:
    drafts, problems = found_in(f'{dumped(ONE)}\n{{"business_event":true"}}\n{dumped(TWO)}\n{{"a"\n')
    assert [draft.payload for draft in drafts] == [ONE, TWO]
    assert [problem.line for problem in problems] == [2, 5]


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        ("", "1:1", "there is no payload here"),
        ("[1]", "1:2", "this is a number, but a payload is an object"),
        ('"x"', "1:1", "this is a text, but"),
        ('{"d": []} x', "1:11", "a text has no quotes here"),
        ("[{} {}]", "1:5", "a comma or the closing bracket of the list is missing"),
        ('{"d": [], "e": 1}', "1:9", "the closing brace after d is missing"),
        ("[", "1:2", "ends too soon"),
    ],
)
def test_what_is_no_payload_is_reported(content: str, where: str, message: str) -> None:
    _, problems = found_in(content)
    assert any(line.startswith(where) and message in line for line in shown(problems)), shown(problems)


def test_a_repeated_key_has_its_own_code() -> None:
    _, problems = found_in('{"name": "a", "name": "b"}')
    assert [(each.code, each.column) for each in problems] == [(Code.YAML_DUPLICATE_KEY, 15)]


@given(st.lists(st.sampled_from(['{"d": [', "[", "]", "}", "{", ",", "\n", "\n{", '"a":', "1", " ", dumped(ONE)])))
def test_no_text_is_too_odd(pieces: list[str]) -> None:
    drafts, problems = found_in("".join(pieces))
    assert all(draft.payload == ONE for draft in drafts)
    assert drafts or problems or set("".join(pieces)) <= set('[]{}",:d \n')
