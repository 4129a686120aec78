"""Refuse JSON Schemas of the catalog whose references multiply: a few lines can mean billions of checks. Pure.

Only the parts that apply to a text are counted, since every property is a text. Parts for lists and mappings may
refer to themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MAX_PARTS = 10_000  # parts of a schema that apply to one text, references included
MAX_REFERENCES = 10_000  # in one schema, since each takes time to read
_MAX_DEPTH = 150  # references that lead to further references
_META_SCHEMAS = "https://json-schema.org/"
_REFERENCES = ("$ref", "$dynamicRef")
_APPLIED = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")  # keywords whose subschemas apply to the same text


def fault(schema: Any) -> str | None:
    """Return why the references of a schema are refused; None if they are allowed, or if it has none."""
    parts = list(_mappings(schema))
    references = sum(isinstance(part.get(name), str) for part in parts for name in _REFERENCES)
    if not references:
        return None
    if any(isinstance(part.get("$id"), str) for part in parts[1:]):
        return "a part of it has an $id, which changes the targets of its references"
    try:
        if references > MAX_REFERENCES or _Parts(schema, parts).under(schema, 0) > MAX_PARTS:
            return "its references lead to too many parts"
    except _TooMuch as error:
        return str(error)
    return None


class _TooMuch(Exception):
    """The references form a chain that is too long, or several cycles; the message says which."""


class _Parts:
    """Counts the parts of one schema."""

    def __init__(self, schema: Any, parts: list[Mapping[str, Any]]) -> None:
        self._root = schema
        self._anchors = {
            part[name]: part
            for part in parts
            for name in ("$anchor", "$dynamicAnchor")
            if isinstance(part.get(name), str)
        }
        self._counts: dict[int, int | None] = {}  # by identity; None while it is being counted
        self._rings = 0

    def under(self, part: Any, depth: int) -> int:
        if not isinstance(part, Mapping):
            return 0
        if depth > _MAX_DEPTH:
            raise _TooMuch("its references lead to too many parts")
        if id(part) in self._counts:
            return self._again(part)
        self._counts[id(part)] = None
        count = 1 + sum(self.under(child, depth + 1) for child in self._applied(part))
        self._counts[id(part)] = count
        return count

    def _again(self, part: Any) -> int:
        count = self._counts[id(part)]
        if count is None:  # a cycle: the validator stops at one, but several cycles multiply
            self._rings += 1
            if self._rings > 1:
                raise _TooMuch("its references lead back to themselves in several ways")
        return count or 0

    def _applied(self, part: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the parts that also apply to each text to which this part applies."""
        for key in _REFERENCES:
            if isinstance(part.get(key), str):
                yield self._target(part[key])
        for key in _APPLIED:
            value = part.get(key)
            yield from value if isinstance(value, list) else (value,)

    def _target(self, reference: str) -> Any:
        """Return the target of a reference, or None. Every address means this schema, since none is fetched."""
        address, _, fragment = reference.partition("#")
        if address.startswith(_META_SCHEMAS):
            return None
        if fragment and not fragment.startswith("/"):
            return self._anchors.get(fragment)
        part = self._root
        for step in fragment.split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(part, list):
                number = int(name) if name.isdecimal() and len(name) < 10 else len(part)
                part = part[number] if number < len(part) else None
            else:
                part = part.get(name) if isinstance(part, Mapping) else None
        return part


def _mappings(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        yield schema
    children = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    for child in children:
        yield from _mappings(child)
