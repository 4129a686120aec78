"""How much work a JSON Schema is for one text, with all its references lead to: a few lines can stand for billions.

Pure. Only what applies to a text counts, for no property is anything else: what a schema says of lists and mappings may
refer to itself as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MAX_PARTS = 10_000  # that one text is held to
MAX_REFERENCES = 10_000  # in one schema: each takes its time to be read
_MAX_DEPTH = 150  # of references that lead to references
_META_SCHEMAS = "https://json-schema.org/"
_REFERENCES = ("$ref", "$dynamicRef")
_APPLIED = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")  # to the same text


def fault(schema: Any) -> str | None:
    """Why a schema with references cannot be used; None where it can, or where there are none."""
    parts = list(_mappings(schema))
    references = sum(isinstance(part.get(name), str) for part in parts for name in _REFERENCES)
    if not references:
        return None
    if any(isinstance(part.get("$id"), str) for part in parts[1:]):
        return "it has an $id inside, by which its references lead another way"
    try:
        if references > MAX_REFERENCES or _Parts(schema, parts).under(schema, 0) > MAX_PARTS:
            return "its references lead to too much"
    except _TooMuch as error:
        return str(error)
    return None


class _TooMuch(Exception):
    """A chain of references that is too long, or a ring of them with side ways; says which."""


class _Parts:
    """Counts the parts of one schema. Alive for it."""

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
            raise _TooMuch("its references lead to too much")
        if id(part) in self._counts:
            return self._again(part)
        self._counts[id(part)] = None
        count = 1 + sum(self.under(child, depth + 1) for child in self._applied(part))
        self._counts[id(part)] = count
        return count

    def _again(self, part: Any) -> int:
        count = self._counts[id(part)]
        if count is None:  # it leads to itself: once is cut off by who validates, several ways around multiply
            self._rings += 1
            if self._rings > 1:
                raise _TooMuch("its references lead to themselves")
        return count or 0

    def _applied(self, part: Mapping[str, Any]) -> Iterator[Any]:
        """What a text is held to as well that is held to this part."""
        for key in _REFERENCES:
            if isinstance(part.get(key), str):
                yield self._target(part[key])
        for key in _APPLIED:
            value = part.get(key)
            yield from value if isinstance(value, list) else (value,)

    def _target(self, reference: str) -> Any:
        """What a reference leads to; None for nowhere. By any address it is this schema: no other is ever fetched."""
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
