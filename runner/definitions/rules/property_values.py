"""Advise what to write for a property value that the catalog refuses: one hint for each rule that failed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runner.definitions.schema.byte_limit import utf8_bytes
from runner.definitions.suggest import counted, did_you_mean, listed

if TYPE_CHECKING:
    import jsonschema_rs

_MOST_LOOKED_THROUGH = 1000  # values of an enum that are compared for a hint; thousands of rows may be wrong
_MOST_HINTS = 3
_DIGITS = ("^[0-9]+$", "^[0-9]*$", r"^\d+$")


def hint(schema: Any, value: str, validator: jsonschema_rs.Validator) -> str:
    """Return what to write instead of a refused value. `validator` is `schema`, compiled."""
    hints: dict[str, None] = {}
    for error in validator.iter_errors(value):
        path = list(error.schema_path)
        limit = _at(schema, path)
        if path[-1:] == ["enum"] and isinstance(limit, list):
            return _of_enum(value, limit)  # complete by itself
        hints[_of_keyword(path[-1] if path else None, limit, value) or f"The catalog says: {error.message[:200]}."] = (
            None
        )
        if len(hints) == _MOST_HINTS:
            break
    return " ".join(hints)


def _at(schema: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            schema = schema[step]
        except (KeyError, IndexError, TypeError):
            return None  # the path follows a reference
    return schema


def _of_enum(value: str, allowed: list[Any]) -> str:
    near = did_you_mean(value, map(str, allowed)) if len(allowed) <= _MOST_LOOKED_THROUGH else ""
    return near or f"Allowed: {listed(map(str, allowed[:_MOST_LOOKED_THROUGH]), 'or') or 'nothing'}."


def _of_keyword(keyword: str | int | None, limit: Any, value: str) -> str | None:
    match keyword, limit:
        case None, False:
            return "No value is allowed: remove the property."
        case "const", str():
            return f"Write {limit}."
        case "pattern", str():
            if limit in _DIGITS:
                return "Write digits only."
            return f"Compare it with the pattern in the catalog: '{limit}'."
        case "minLength", int() | float():
            return f"It has {counted(len(value), 'character')}; at least {limit:g} are needed."
        case "maxLength", int() | float():
            return f"Cut {counted(len(value) - int(limit), 'character')}: at most {limit:g} are allowed."
        case "maxBytes", int():
            over = utf8_bytes(value) - limit
            return f"Cut {counted(over, 'byte')} of UTF-8: at most {limit} are allowed."
        case "format", str():
            return f"Write it in the format {limit}."
        case "type", _:
            return "Change the type in the catalog to string, since CleverTap takes only text."
        case _:
            return None
