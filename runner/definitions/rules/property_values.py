"""Advise what to write for a property value that the catalog refuses: one hint for each rule that failed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runner.definitions.rules.pattern_words import in_words
from runner.definitions.schema.byte_limit import utf8_bytes
from runner.definitions.suggest import counted, did_you_mean, listed, quoted

if TYPE_CHECKING:
    import jsonschema_rs

_MOST_LOOKED_THROUGH = 1000  # values of an enum that are compared for a hint; thousands of rows may be wrong
_MOST_HINTS = 3
_MOST_LISTED = 12
_LOOK = "Ask those who wrote the catalog what is allowed, and to add an example to it."
_FORMATS = {
    "date": "a date, like 2026-12-01",
    "time": "a time with its offset from UTC, like 18:30:00+05:30",
    "date-time": "a date and time, like 2026-12-01T18:30:00+05:30",
    "email": "an e-mail address, like releases@example.com",
    "uri": "a web address, like https://example.com/show",
    "hostname": "the name of a server, like example.com",
    "uuid": "a UUID, like 123e4567-e89b-12d3-a456-426614174000",
}


def hint(schema: Any, value: str, validator: jsonschema_rs.Validator) -> str:
    """Return what to write instead of a refused value. `validator` is `schema`, compiled."""
    hints: dict[str, None] = {}
    said = _said_by_catalog(schema)
    for error in validator.iter_errors(value):
        path = list(error.schema_path)
        limit = _at(schema, path)
        if path[-1:] == ["enum"] and isinstance(limit, list):
            return _of_enum(value, limit)  # complete by itself
        hints[_of_keyword(path[-1] if path else None, limit, value) or said or _LOOK] = None
        if len(hints) == _MOST_HINTS:
            break
    return " ".join(hints if not said else {**hints, said: None})


def addition(name: str, properties: Mapping[str, Any] | None) -> str:
    """Return how to add a missing property, with the values or the example of the catalog."""
    schema = (properties or {}).get(name)
    said = schema if isinstance(schema, Mapping) else {}
    allowed, examples = said.get("enum"), said.get("examples")
    if (
        isinstance(allowed, list)
        and 0 < len(allowed) <= _MOST_LISTED
        and all(isinstance(each, str) for each in allowed)
    ):
        return f"Add {name} with the value {listed(allowed, 'or')}."
    if isinstance(examples, list) and examples and isinstance(examples[0], str):
        return f'Add {name} with its value, like {name}: "{examples[0]}".'
    return f"Add {name}."


def _said_by_catalog(schema: Any) -> str:
    """Return the catalog's example and description of a property, for people who can't read patterns."""
    if not isinstance(schema, Mapping):
        return ""
    examples, description = schema.get("examples"), schema.get("description")
    text = (
        next((f"Write it like {each}." for each in examples if isinstance(each, str)), "")
        if isinstance(examples, list)
        else ""
    )
    if isinstance(description, str) and description.strip():
        text += f" The catalog describes it: {quoted(description.strip())}."
    return text.strip()


def _at(schema: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return None  # the path follows a reference
    return schema


def _of_enum(value: str, allowed: list[Any]) -> str:
    texts = [each for each in allowed if isinstance(each, str)]  # a property is a text: it equals nothing else
    near = did_you_mean(value, texts) if len(texts) <= _MOST_LOOKED_THROUGH else ""
    return near or f"Allowed: {listed(texts[:_MOST_LOOKED_THROUGH], 'or') or 'nothing'}."


def _of_keyword(keyword: str | int | None, limit: Any, value: str) -> str | None:
    match keyword, limit:
        case None, False:
            return "No value is allowed: remove the property."
        case "const", str():
            return f"Write {limit}."
        case "pattern", str():
            words = in_words(limit)
            return f"Write {words}." if words else None
        case "minLength", int() | float():
            return f"It has {counted(len(value), 'character')}; at least {limit:g} are needed."
        case "maxLength", int() | float():
            return f"Cut {counted(len(value) - int(limit), 'character')}: at most {limit:g} are allowed."
        case "maxBytes", int():
            over = utf8_bytes(value) - limit
            return f"Cut {counted(over, 'byte')} of UTF-8: at most {limit} are allowed."
        case "format", str():
            return f"Write {_FORMATS[limit]}." if limit in _FORMATS else None
        case "type", _:
            return "Change the type in the catalog to string, since CleverTap takes only text."
        case _:
            return None
