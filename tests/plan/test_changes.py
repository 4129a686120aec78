from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plan import NOW, knowing, make_entry, make_firing
from runner.plan.changes import Change, changes
from runner.plan.decide import Action, decide
from runner.plan.history import State
from runner.reason import ReasonCode


def diff(before: dict[str, Any], after: dict[str, Any]) -> set[Change]:
    """The changes of a firing that was sent and then edited so."""
    sent, edited = make_firing(**before), make_firing(**after)
    entry = make_entry(sent, State.FIRED, definition=sent.definition)
    (step,) = decide([edited], knowing(entry), NOW).steps
    assert step.action is Action.CHANGED
    return set(step.changes)


def test_an_edit_of_what_was_sent_sends_nothing_and_says_how_to() -> None:
    sent, edited = make_firing(name="old"), make_firing(name="new")
    entry = make_entry(sent, State.FIRED, definition=sent.definition)
    (step,) = decide([edited], knowing(entry), NOW).steps
    assert (step.action, step.reason.code) == (Action.CHANGED, ReasonCode.EDITED_AFTER_SENDING)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"name": "old"}, {"name": "new"}, Change("name", "old", "new")),
        ({"business_event": "A"}, {"business_event": "B"}, Change("business_event", "A", "B")),
        ({"c_by": "a@example.com"}, {"c_by": "b@example.com"}, Change("c-by", "a@example.com", "b@example.com")),
        ({"when": "now"}, {"when": 1796130000}, Change("when", "now", "1796130000")),
        ({"properties": {"x": "1"}}, {"properties": {"x": "2"}}, Change("properties.x", "1", "2")),
        ({"properties": {}}, {"properties": {"x": "2"}}, Change("properties.x", None, "2")),
        ({"properties": {"x": "1"}}, {"properties": {}}, Change("properties.x", "1", None)),
        ({"properties": {"x": ""}}, {"properties": {}}, Change("properties.x", "", None)),
        ({"at": NOW}, {}, Change("schedule.at", "2026-12-01T13:00:00Z", None)),
        ({}, {"at": NOW}, Change("schedule.at", None, "2026-12-01T13:00:00Z")),
        (
            {"at": NOW},
            {"at": NOW + timedelta(seconds=1)},
            Change("schedule.at", "2026-12-01T13:00:00Z", "2026-12-01T13:00:01Z"),
        ),
    ],
)
def test_each_field_has_its_diff(before: dict[str, Any], after: dict[str, Any], change: Change) -> None:
    assert diff(before, after) == {change}


def test_a_renamed_property_goes_and_comes() -> None:
    assert diff({"properties": {"a": "1", "b": "2"}}, {"properties": {"c": "1", "b": "2"}}) == {
        Change("properties.a", "1", None),
        Change("properties.c", None, "1"),
    }


def test_several_edits_are_all_reported() -> None:
    found = diff({"name": "old", "at": NOW}, {"name": "new", "when": 1796130000})
    assert {change.field for change in found} == {"name", "schedule.at", "when"}


def test_a_change_is_reported_even_where_the_old_definition_is_unknown() -> None:
    firing = make_firing()
    entry = make_entry(firing, State.FIRED, fingerprint="sha256:other")
    (step,) = decide([firing], knowing(entry), NOW).steps
    assert step.action is Action.CHANGED
    assert Change("name", None, "Episode 12") in step.changes


def test_equal_definitions_have_no_changes() -> None:
    firing = make_firing(at=NOW)
    assert list(changes(firing.definition, firing.definition)) == []


def test_a_value_from_the_defaults_is_marked_on_the_side_where_it_is_left() -> None:
    old = {"a": "1", "b": "1", "c": None, "properties": {"x": "1"}}
    new = {"a": "2", "b": "2", "c": "2", "properties": {}}
    found = list(changes(old, new, {"a", "properties.x"}, {"b", "c"}))
    assert found == [
        Change("a", "1", "2"),
        Change("b", "1", "2", inherited=True),
        Change("properties.x", "1", None, inherited=True),
        Change("c", None, "2", inherited=True),
    ]


def test_lists_and_booleans_are_reported_as_definitions_write_them() -> None:
    old = {"tags": [], "enabled": True}
    new = {"tags": ["a", "b"], "enabled": False}
    assert list(changes(old, new)) == [Change("enabled", "true", "false"), Change("tags", None, "a, b")]
