"""How much work a JSON Schema is, with all that its references lead to: a few lines can stand for billions. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MAX_PARTS = 10_000  # that are looked at for one value
_MAX_DEPTH = 150  # of references that lead to references
_META_SCHEMAS = "https://json-schema.org/"
_REFERENCES = ("$ref", "$dynamicRef")
_PLAIN_DATA = ("enum", "const", "examples", "default")


def is_too_much(schema: Any) -> bool:
    """Whether a value would be held to more than `MAX_PARTS` parts of the schema, or to no end of them.

    So is one with an `$id` inside, by which its references would lead another way.
    """
    parts = list(_mappings(schema))
    if not any(name in part for part in parts for name in _REFERENCES):
        return False
    if any(isinstance(part.get("$id"), str) for part in parts[1:]):
        return True
    try:
        return _Parts(schema).under(schema, 0) > MAX_PARTS
    except _TooMuch:
        return True


class _TooMuch(Exception):
    """A chain of references that is too long, or a ring of them with side ways."""


class _Parts:
    """Counts the parts of one schema. Alive for it."""

    def __init__(self, schema: Any) -> None:
        self._root = schema
        self._anchors = {
            part[name]: part
            for part in _mappings(schema)
            for name in ("$anchor", "$dynamicAnchor")
            if isinstance(part.get(name), str)
        }
        self._counts: dict[int, int | None] = {}  # by identity; None while it is being counted
        self._rings = 0

    def under(self, part: Any, depth: int) -> int:
        if not isinstance(part, (dict, list)):
            return 0
        if depth > _MAX_DEPTH:
            raise _TooMuch
        if id(part) in self._counts:
            return self._again(part)
        self._counts[id(part)] = None
        count = 1 + sum(self.under(child, depth + 1) for child in self._children(part))
        self._counts[id(part)] = count
        return count

    def _again(self, part: Any) -> int:
        count = self._counts[id(part)]
        if count is None:  # it leads to itself: once is cut off by who validates, several ways around multiply
            self._rings += 1
            if self._rings > 1:
                raise _TooMuch
        return count or 0

    def _children(self, part: Any) -> Iterator[Any]:
        if isinstance(part, list):
            yield from part
            return
        for key, value in part.items():
            if key in _REFERENCES and isinstance(value, str):
                yield self._target(value)
            elif key not in _PLAIN_DATA:
                yield value

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
                part = part[int(name)] if name.isdecimal() and int(name) < len(part) else None
            else:
                part = part.get(name) if isinstance(part, Mapping) else None
        return part


def _mappings(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        yield schema
    children = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    for child in children:
        yield from _mappings(child)
