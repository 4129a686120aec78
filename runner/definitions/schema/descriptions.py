"""Describe a path and a value of a document as messages show them."""

from __future__ import annotations

from typing import Any

from runner.definitions.problem import Path, dotted
from runner.definitions.schema import credential_fields
from runner.definitions.suggest import quoted

_KINDS = {
    type(None): "empty",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
}


def describe_path(path: Path) -> str:
    """Return a path as messages show it: relative to its bulletin, or complete elsewhere."""
    if path[:1] == ("bulletins",) and len(path) > 1:
        return dotted(path[2:]) or "the bulletin"
    return dotted(path) or "the file"


def describe_value(value: Any, path: Path) -> str:
    """Return a value as messages quote it, such as `the number 234567`; only its type if it may be a secret."""
    if not credential_fields.is_quotable(path, value):
        return _KINDS.get(type(value), "a group of fields")
    match value:
        case None:
            return "empty"
        case bool():
            return f"{str(value).lower()} without quotes"
        case int():
            return f"the number {value}" if abs(value) < 10**40 else "a very long number"
        case float():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "a list"
        case _:
            return "a group of fields"
