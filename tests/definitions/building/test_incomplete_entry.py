"""What is reported of entries that can't be built: every mistake at once, and none that is only a consequence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.load import load_sources
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source

ACCOUNTS = {"india": {"region": "in1", "account_id_env": "ID", "passcode_env": "PASSCODE"}}
ENTRY = {"id": "a", "business_event": "E", "name": "N", "properties": {}, "c-by": "a@example.com"}
ROWS = {"for_each": {"rows": [{"n": 1, "at": "tomorrow", "none": ""}]}, "id": "a-{{ row.n }}"}
CRON = {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata"}


def problems(*entries: Any, **defaults: Any) -> list[Problem]:
    file = {"defaults": defaults, "bulletins": entries} if defaults else {"bulletins": entries}
    sources = {"accounts.yaml": {"accounts": ACCOUNTS}, "b.yaml": file}
    return list(
        load_sources(Source(name, json.dumps(value).encode) for name, value in sources.items()).problems,
    )


def reported(entry: Any, **defaults: Any) -> list[str]:
    """The codes of the problems of an entry, with the field that each is about where the message begins with it."""
    return sorted(f"{each.code} {each.message.split()[0].rstrip(':')}" for each in problems(entry, **defaults))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (
            {"name": "N {{ occurrence.nope }}", "schedule": {**CRON, "cron": "99 * * * *", "grace": "30d"}},
            ["bad-cron schedule.cron", "bad-duration schedule.grace", "bad-template 'occurrence.nope'"],
        ),
        (
            {"schedule": {**CRON, "timezone": "Asia/Kolkatta", "starts": "2026-02-30", "catch_up": "sometimes"}},
            ["bad-time schedule.starts", "bad-time schedule.timezone", "not-allowed schedule.catch_up"],
        ),
        (
            {"schedule": {"cron": "x", "starts": "2026-02-30", "ends": "now"}},
            ["bad-cron schedule.cron", "bad-time schedule.ends", "bad-time schedule.starts", "missing-field schedule"],
        ),
        (
            {"schedule": {**CRON, "cron": "x", "starts": "2026-12-02", "ends": "2026-12-01"}},
            ["bad-cron schedule.cron", "bad-time schedule.ends"],
        ),
        (
            {"schedule": {"at": "2026-02-30T09:00:00", "timezone": "Asia/Kolkatta"}},
            ["bad-time schedule.at", "bad-time schedule.timezone"],
        ),
        ({"tags": [1], "when": "tomorrow"}, ["bad-time when", "wrong-type tags[0]"]),
        (
            {"properties": {"a": 1, "b": "{{ occurrence.nope }}"}, "schedule": CRON},
            ["bad-template 'occurrence.nope'", "property-not-string properties.a"],
        ),
        ({"name": "{{ row.n }}", "when": "tomorrow"}, ["bad-template {{", "bad-time when"]),
        ({"business_event": "{{ row.event }}"}, ["bad-template {{"]),
        (
            {"when": "{{ row.at }}", "schedule": {"at": "{{ row.at }}"}},
            ["bad-template {{", "bad-template {{"],
        ),
        ({"tag": ["x"], "when": "tomorrow"}, ["bad-time when", "unknown-field tag"]),
        (
            {**ROWS, "name": "{{ row.x }}", "when": "tomorrow", "schedule": {"at": "{{ row.at }}", "grace": "0h"}},
            ["bad-duration schedule.grace", "bad-template 'row.x'", "bad-time when"],
        ),
        (
            {**ROWS, "tags": [1], "name": "{{ row.x }}"},
            ["bad-template 'row.x'", "wrong-type tags[0]"],
        ),
        ({"for_each": {"csv": "no.csv"}, "when": "tomorrow"}, ["bad-time when", "table-unreadable the"]),
        (
            {**ROWS, "name": "{{ row.none }}", "schedule": {"at": "{{ row.at }}"}, "when": "soon"},
            ["bad-time schedule.at", "bad-time when", "blank name"],
        ),
        ({**ROWS, "name": "{{ row.none | slug }}", "when": "soon"}, ["bad-time when", "row-value an"]),
    ],
)
def test_every_mistake_of_an_entry_is_reported(changed: dict[str, Any], found: list[str]) -> None:
    assert reported({**ENTRY, **changed}) == found


def test_what_an_entry_lacks_hides_nothing() -> None:
    bare = {"id": "a", "when": "tomorrow", "name": "{{ row.n }}", "tags": [1], "properties": {}}
    assert reported(bare, business_event="E") == [
        "bad-template {{",
        "bad-time when",
        "missing-field the",
        "wrong-type tags[0]",
    ]
    assert reported({name: value for name, value in bare.items() if name != "tags"}, business_event="E") == [
        "bad-template {{",
        "bad-time when",
        "missing-field the",
    ]


def test_wrong_defaults_hide_no_mistake_of_an_entry() -> None:
    entry = {**ENTRY, "schedule": {"at": "tomorrow"}}
    assert reported(entry, tags=[1]) == ["bad-time schedule.at", "wrong-type defaults.tags[0]"]
    assert reported(entry, schedule={"catch_up": "x"}) == [
        "bad-time schedule.at",
        "not-allowed defaults.schedule.catch_up",
    ]


@pytest.mark.parametrize(
    ("changed", "defaults", "found"),
    [
        # What is missing may be there misspelt, or be there once the other is mended.
        ({"schedule": {"crom": "x", "timezone": "Asia/Kolkata"}}, {}, ["unknown-field schedule.crom"]),
        ({"schedule": "tomorrow"}, {"schedule": {"cron": "x"}}, ["wrong-type schedule"]),
        ({"schedule": {"at": 5}, "name": "{{ occurrence.date }}"}, {}, ["wrong-type schedule.at"]),
        ({"schedul": {}}, {"schedule": {"cron": "x"}}, ["unknown-field schedul"]),
        ({"schedule": {**CRON, "grace": 5}}, {"schedule": {"grace": "x"}}, ["wrong-type schedule.grace"]),
        ({"foreach": {}, "name": "{{ row.n }}"}, {}, ["unknown-field foreach"]),
        (
            {"foreach": {}, "id": "a-{{ row.n }}", "tags": ["{{ row.n }}", "A B"]},
            {},
            ["bad-format tags[1]", "unknown-field foreach"],
        ),
        ({"foreach": {}, "c-by": "{{ row.n }}@example.com"}, {}, ["unknown-field foreach"]),
        ({"for_each": {}, "name": "{{ row.n }}"}, {}, ["one-of-fields for_each"]),
        ({**ROWS, "id": 5}, {}, ["wrong-type id"]),
        ({**ROWS, "schedule": {"at": "{{ row.at }}", "grace": "{{ row.x }}"}}, {}, ["bad-template 'row.x'"]),
        ({"schedule": {**CRON, "timezone": "x", "starts": "2026-10-25T02:30:00"}}, {}, ["bad-time schedule.timezone"]),
    ],
)
def test_what_is_only_a_consequence_is_not_reported(
    changed: dict[str, Any], defaults: dict[str, Any], found: list[str]
) -> None:
    assert reported({**ENTRY, **changed}, **defaults) == found


@pytest.mark.parametrize("more", [{}, {"nope": 1}])
def test_what_gives_the_rows_is_no_text_that_rows_fill_in(more: dict[str, Any]) -> None:
    assert "bad-format for_each.csv" in reported({**ENTRY, **ROWS, "for_each": {"csv": "{{ row.n }}"}, **more})


@pytest.mark.parametrize("entry", [None, 5, "x", [], {}, {"id": []}, {"id": "a", "schedule": [], "properties": "x"}])
def test_any_value_is_reported_and_read(entry: Any) -> None:
    for defaults in ({}, {"schedule": {"grace": 5}, "properties": {"a": 1}}, {"when": [], "schedule": "x"}):
        assert problems(entry, **defaults)


def test_a_brace_that_is_missing_is_one_mistake() -> None:
    for name in ("{{ row.n", "{{ row.n }"):
        assert [each.code for each in problems({**ENTRY, **ROWS, "name": name})] == [Code.BAD_TEMPLATE]
    assert len(problems({**ENTRY, **ROWS, "name": "row.n }} {{ row.x }}"})) == 2


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 5, "x", "{{ row.n }}", "{{ row.n", [], ["a"], {}, {"a": 1}, {"cron": 5}, {"at": "x"}, {"rows": [{"n": 1}]}]
)
TIMES = st.fixed_dictionaries(
    {},
    optional={
        "at": st.sampled_from(["2026-12-01T18:30:00", "2026-12-01T18:30:00Z", "x", "{{ row.n }}"]),
        "cron": st.sampled_from(["0 9 * * *", "* * * * *", "x", "{{ row.n }}"]),
        "timezone": st.sampled_from(["Asia/Kolkata", "x", "{{ row.n }}"]),
        "grace": st.sampled_from(["2h", "6d", "x", "{{ row.n }}"]),
        "starts": st.sampled_from(["2026-12-01", "2026-02-30", "2026-12-01T10:00:00", "{{ row.n }}"]),
        "ends": st.sampled_from(["2026-12-01", "x", "2026-12-01T12:00:00", "{{ row.n }}"]),
        "catch_up": st.sampled_from(["all", "x"]),
    },
)
FIELDS = {
    "name": st.sampled_from(["N", "{{ row.n }}", "{{ row.x }}", "{{ occurrence.date }}", "{{ occurrence.x }}"]),
    "when": st.sampled_from(["now", "x", "{{ row.n }}"]),
    "schedule": TIMES,
    "for_each": st.just({"rows": [{"n": 1}]}),
    "id": st.just("a-{{ row.n }}"),
}
ENTRIES = st.fixed_dictionaries({}, optional=FIELDS)
ANYTHING = st.dictionaries(st.sampled_from([*ENTRY, "when", "schedule", "for_each", "tags", "accounts", "x"]), VALUES)


@settings(max_examples=examples(60))
@given(st.lists(ANYTHING | VALUES, max_size=3), ANYTHING)
def test_it_takes_whatever_there_is(entries: list[Any], defaults: dict[str, Any]) -> None:
    whole = [{**ENTRY, **entry} if isinstance(entry, dict) else entry for entry in entries]
    found = problems(*entries, *whole, **defaults)
    assert len(found) == len(set(found))


@settings(max_examples=examples(100))
@given(ENTRIES, st.fixed_dictionaries({}, optional={"when": FIELDS["when"], "schedule": TIMES}))
def test_a_mistake_more_is_one_problem_more_at_most(changed: dict[str, Any], defaults: dict[str, Any]) -> None:
    entry = {**ENTRY, **changed}
    wrong = _told(entry, defaults)
    more = _told({**entry, "tags": [1]}, defaults)
    assert more <= {*wrong, (Code.WRONG_TYPE, "tags[0] is the number 1; it takes a text")}


def _told(entry: dict[str, Any], defaults: dict[str, Any]) -> set[tuple[Code, str]]:
    """Codes and messages without the rows, which are not named where none is filled in."""
    return {(problem.code, problem.message.split(", in b.yaml:")[0]) for problem in problems(entry, **defaults)}
