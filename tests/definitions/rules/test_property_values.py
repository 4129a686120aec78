"""What is said of a property's value that the catalog refuses: it belongs to the keyword that failed."""

from __future__ import annotations

from typing import Any

import pytest

from runner.definitions.rules.property_values import hint
from runner.definitions.schema.schemas import fast_validator, is_valid


def said(schema: Any, value: str) -> str:
    validator = fast_validator(schema)
    assert not is_valid(validator, value)
    return hint(schema, value, validator)


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"enum": ["Hindi", "Tamil"]}, "Hindy", "Did you mean Hindi?"),
        ({"enum": ["Hindi", "Tamil"]}, "Odia", "Allowed: Hindi or Tamil."),
        ({"enum": [1, None]}, "x", "Allowed: 1 or None."),
        ({"enum": []}, "x", "Allowed: nothing."),
        ({"const": "film"}, "x", "Write film."),
        ({"const": 1}, "x", "The catalog says: 1 was expected."),
        ({"pattern": "^[0-9]+$"}, "x", "Write digits only."),
        ({"minLength": 3}, "x", "It has 1 character; at least 3 are needed."),
        ({"minLength": 3}, "", "It has 0 characters; at least 3 are needed."),
        ({"maxLength": 3}, "xxxx", "Cut 1 character: at most 3 are allowed."),
        ({"maxLength": 3.0}, "🎵🎵🎵🎵🎵", "Cut 2 characters: at most 3 are allowed."),
        ({"maxBytes": 3}, "ळळ", "Cut 3 bytes of UTF-8: at most 3 are allowed."),
        ({"format": "date"}, "x", "Write it in the format date."),
        (
            {"type": "integer"},
            "5",
            "Change the type in the catalog to string, since CleverTap takes only text.",
        ),
        (False, "x", "No value is allowed: remove the property."),
        ({"not": {"const": "x"}}, "x", 'The catalog says: {"const":"x"} is not allowed for "x".'),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"maxLength": 1}}}, "xx", "Cut 1 character: at most 1 are allowed."),
        ({"allOf": [{"pattern": "x"}, {"minLength": 3}]}, "x", "It has 1 character; at least 3 are needed."),
    ],
    ids=str,
)
def test_each_keyword_has_its_own_words(schema: Any, value: str, words: str) -> None:
    assert said(schema, value) == words


@pytest.mark.parametrize("schema", [{"minimum": 3}, {"minItems": 2}, {"required": ["a"]}, {"multipleOf": 2}], ids=str)
def test_what_is_said_of_numbers_and_lists_refuses_no_text(schema: Any) -> None:
    assert is_valid(fast_validator(schema), "1")


SEVERAL = {"pattern": "^[0-9]+$", "minLength": 2, "maxLength": 4}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("12345", "Cut 1 character: at most 4 are allowed."),
        ("1", "It has 1 character; at least 2 are needed."),
        ("abc", "Write digits only."),
    ],
)
def test_of_several_keywords_the_one_that_failed_speaks(value: str, words: str) -> None:
    assert said(SEVERAL, value) == words


def test_where_several_failed_each_speaks() -> None:
    words = said(SEVERAL, "abcde")
    assert "Cut 1 character: at most 4 are allowed." in words
    assert "Write digits only." in words


def test_a_list_of_values_says_all_there_is() -> None:
    assert said({"enum": ["Hindi"], "maxLength": 5, "pattern": "^H"}, "Bengali") == "Allowed: Hindi."


def test_many_schemas_that_failed_say_no_more_than_three_things() -> None:
    schema = {"allOf": [{"pattern": f"^{letter}$"} for letter in "abcdef"]}
    assert said(schema, "x").count("Compare it with the pattern in the catalog") == 3


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(said({"not": {"minLength": 2}}, "x" * 5000)) < 300
