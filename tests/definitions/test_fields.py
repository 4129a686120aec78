"""The table of a bulletin's fields, the class and the JSON Schema agree."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from runner.definitions.fields import BY_NAME, FIELDS, PAYLOAD, SCHEDULE_COLUMNS, Field, Form, Sent, payload_of
from runner.definitions.model import Bulletin, Place
from runner.definitions.schema.schemas import published

SCHEMA = published("bulletins")["$defs"]
TYPES: dict[Form, Any] = {
    Form.TEXT: "string",
    Form.WORD: "string",
    Form.WORDS: "array",
    Form.FLAG: "boolean",
    Form.NUMBER: "integer",
    Form.TIME: ["string", "integer"],
    Form.MAPPING: "object",
}
REQUIRED = {field.name: "x" for field in FIELDS if field.is_required}


def schema_of(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["bulletin"]["properties"][field.name]
    return SCHEMA[field.name] if "$ref" in found else found


def test_an_entry_has_the_fields_of_the_table_and_no_others() -> None:
    names = [field.name for field in FIELDS]
    assert set(SCHEMA["bulletin"]["properties"]) == set(names)
    assert set(SCHEMA["template"]["properties"]) == {"for_each", *names}
    assert len(set(names)) == len(names)


def test_defaults_may_set_the_fields_that_the_table_allows_there() -> None:
    assert set(SCHEMA["defaults"]["properties"]) == {field.name for field in FIELDS if field.is_in_defaults}


def test_the_required_fields_are_those_of_the_table() -> None:
    required = {*SCHEMA["bulletin"]["required"], *SCHEMA["complete"]["required"]}
    assert required == {field.name for field in FIELDS if field.is_required}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_type_and_the_default_are_those_of_the_schema(field: Field) -> None:
    schema = schema_of(field)
    assert schema["type"] == TYPES[field.form]
    if not field.is_required and field.default not in ((), None):
        assert schema["default"] == field.default
    else:
        assert "default" not in schema


def test_a_bulletin_has_the_fields_of_the_table_with_the_same_defaults() -> None:
    known = {each.name: each.default for each in dataclasses.fields(Bulletin)}
    attributes = {field.attribute for field in FIELDS}
    assert set(known) == attributes | {"place", "inherited", "as_before"}
    for field in FIELDS:
        # The account of a set with only one account is filled in when the set is complete, so a bulletin names it.
        is_given = field.is_required or field.name == "accounts"
        assert known[field.attribute] == (dataclasses.MISSING if is_given else field.default)


def test_what_is_sent_is_what_the_api_takes() -> None:
    bulletin = Bulletin("a", "E", "N", {"p": "v"}, "a@example.com", ("india",), Place("x.yaml", 1, 1, 0))
    sent = {"business_event": "E", "name": "N", "properties": {"p": "v"}, "c-by": "a@example.com", "when": "now"}
    assert bulletin.payload() == sent
    assert Bulletin.of_payload(sent, "a", "india", bulletin.place) == bulletin
    assert all(field.example is not None for field in PAYLOAD)


def test_no_field_changes_the_payload_of_a_bulletin_that_does_not_set_it() -> None:
    assert set(payload_of(REQUIRED | {"properties": {}})) == {"business_event", "name", "properties", "c-by", "when"}
    later = [field for field in PAYLOAD if field.sent is Sent.IF_SET]
    assert all(not field.is_required for field in later)


def test_each_column_of_a_table_means_one_field() -> None:
    headers = [header for field in FIELDS for header in (field.attribute, *field.columns)]
    assert len({*headers, *SCHEDULE_COLUMNS}) == len(headers) + len(SCHEDULE_COLUMNS)
    assert "for_each" not in BY_NAME
