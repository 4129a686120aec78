"""What is said of a property's value that the catalog refuses: it belongs to the keyword that failed."""

from __future__ import annotations

from typing import Any

import pytest

from runner.definitions.rules.pattern_words import in_words
from runner.definitions.rules.property_values import addition, hint
from runner.definitions.schema.schemas import fast_validator, is_valid

ASK = "Ask those who wrote the catalog what is allowed, and to add an example to it."


def said(schema: Any, value: str) -> str:
    validator = fast_validator(schema)
    assert not is_valid(validator, value)
    return hint(schema, value, validator)


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"enum": ["Hindi", "Tamil"]}, "Hindy", "Did you mean Hindi?"),
        ({"enum": ["Hindi", "Tamil"]}, "Odia", "Allowed: Hindi or Tamil."),
        ({"enum": [1, None]}, "x", "Allowed: nothing."),
        ({"enum": []}, "x", "Allowed: nothing."),
        ({"const": "film"}, "x", "Write film."),
        ({"const": 1}, "x", ASK),
        ({"pattern": "^[0-9]+$"}, "x", "Write only digits."),
        ({"minLength": 3}, "x", "It has 1 character; at least 3 are needed."),
        ({"minLength": 3}, "", "It has 0 characters; at least 3 are needed."),
        ({"maxLength": 3}, "xxxx", "Cut 1 character: at most 3 are allowed."),
        ({"maxLength": 3.0}, "🎵🎵🎵🎵🎵", "Cut 2 characters: at most 3 are allowed."),
        ({"maxBytes": 3}, "ळळ", "Cut 3 bytes of UTF-8: at most 3 are allowed."),
        ({"format": "date"}, "x", "Write a date, like 2026-12-01."),
        (
            {"type": "integer"},
            "5",
            "Change the type in the catalog to string, since CleverTap takes only text.",
        ),
        ({"pattern": "^(?:SG|KB)[0-9]+$"}, "x", ASK),
        ({"pattern": "^(?:SG|KB)[0-9]+$", "examples": ["SG12"]}, "x", "Write it like SG12."),
        (
            {"pattern": "^[A-Z]{2}[0-9]{1,4}$", "description": "The show's code"},
            "x",
            """Write 2 capital letters, then 1 to 4 digits. The catalog describes it: "The show's code".""",
        ),
        ({"format": "regex"}, "(", ASK),
        (False, "x", "No value is allowed: remove the property."),
        ({"not": {"const": "x"}}, "x", ASK),
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
        ("abc", "Write only digits."),
    ],
)
def test_of_several_keywords_the_one_that_failed_speaks(value: str, words: str) -> None:
    assert said(SEVERAL, value) == words


def test_where_several_failed_each_speaks() -> None:
    words = said(SEVERAL, "abcde")
    assert "Cut 1 character: at most 4 are allowed." in words
    assert "Write only digits." in words


def test_a_list_of_values_says_all_there_is() -> None:
    assert said({"enum": ["Hindi"], "maxLength": 5, "pattern": "^H"}, "Bengali") == "Allowed: Hindi."


def test_many_schemas_that_failed_say_no_more_than_three_things() -> None:
    schema = {"allOf": [{"pattern": f"^{letter}$"} for letter in "abcdef"]}
    assert said(schema, "x") == "Write the text a. Write the text b. Write the text c."


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("^[0-9]{6}$", "6 digits"),
        (r"^\d{1,4}$", "1 to 4 digits"),
        ("^[0-9]{2,}$", "at least 2 digits"),
        ("^SG[0-9]+$", "the text SG, then digits"),
        ("^[A-Z]{2}-[a-z]+$", "2 capital letters, then the text -, then small letters"),
        ("^[a-z0-9-]+$", "only small letters, digits or hyphens"),
        ("^[A-Z]?$", "1 capital letter, or nothing"),
        ("[0-9]+", ""),
        ("^(?:a|b)$", ""),
        ("^[^0-9]+$", ""),
        ("^a+$", ""),
    ],
)
def test_a_simple_pattern_is_said_in_words(pattern: str, words: str) -> None:
    assert in_words(pattern) == words


def test_a_long_value_is_not_repeated_whole() -> None:
    assert len(said({"not": {"minLength": 2}}, "x" * 5000)) < 300


@pytest.mark.parametrize(
    ("properties", "help_"),
    [
        ({"language": {"enum": ["Hindi", "Tamil"]}}, "Add language with the value Hindi or Tamil."),
        ({"language": {"examples": ["Hindi"]}}, 'Add language with its value, like language: "Hindi".'),
        ({"language": {"enum": [1]}}, "Add language."),
        ({"language": True}, "Add language."),
        (None, "Add language."),
    ],
)
def test_a_missing_property_is_added_as_the_catalog_describes_it(properties: Any, help_: str) -> None:
    assert addition("language", properties) == help_
