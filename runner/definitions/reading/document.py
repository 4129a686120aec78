"""A file's plain values with the position of each key and value.

The reader makes one `Document` for each file. Messages ask it for the line and column of a path.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from runner.definitions.problem import MAX_SOURCE, Path

Value = Any  # None | bool | int | float | str | list[Value] | dict[str, Value]
_Children = dict[str | int, tuple[int, int]]  # key or number -> index of the key's mark, of the value's mark

_LINE_END = re.compile("\r\n|\n|\r")
_WRITTEN = re.compile(r"(?:[&!]\S*[ \t]+)*(?![*&!|>'\"])([^\s,\[\]{}#]*)")


@dataclass(frozen=True, slots=True)
class Document:
    """The plain values of a file, and the position of every key and value.

    `marks` holds `line << 32 | column` (from 0) of each node in document order: for a mapping its own mark, then the
    marks of each key and value; for a sequence its own mark, then the marks of its items. An alias has its own mark,
    then those of the nodes inside its anchor. `ends` maps the index of a mapping or sequence to the index after its
    last mark, except for nodes that an alias repeats.
    """

    file: str
    value: Value
    marks: array[int]
    text: str
    ends: dict[int, int]
    _tables: dict[int, _Children] = field(default_factory=dict, repr=False)

    def position(self, path: Path, *, at_key: bool = False) -> tuple[int, int]:
        """Return line and column, from 1, of the value (or key) at `path`, or of its nearest existing parent."""
        value, index = self.value, 0
        for depth, step in enumerate(path, start=1):
            place = self._children(value, index).get(step)
            if place is None:
                break
            index = place[0] if at_key and depth == len(path) else place[1]
            value = value[step]
        return self.mark(index)

    def entries(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield line and column, from 1, of each item or value in the collection under the top-level `key`."""
        place = self._children(self.value, 0)[key]
        for _, index in self._children(self.value[key], place[1]).values():
            yield self.mark(index)

    def _children(self, value: Value, index: int) -> _Children:
        """Return the indexes of the marks of the children of the node at `index`."""
        if index in self._tables:
            return self._tables[index]
        table: _Children = {}
        cursor = index + 1
        if isinstance(value, dict):
            for key, child in value.items():
                table[key] = (cursor, cursor + 1)
                cursor = self._end(child, cursor + 1)
        elif isinstance(value, list):
            for number, child in enumerate(value):
                table[number] = (cursor, cursor)
                cursor = self._end(child, cursor)
        self._tables[index] = table
        return table

    def _end(self, value: Value, index: int) -> int:
        if not isinstance(value, (dict, list)):
            return index + 1
        return self.ends.get(index) or index + _node_count(value)

    def mark(self, index: int) -> tuple[int, int]:
        """Return line and column, from 1, of the node whose mark has this index."""
        packed = self.marks[index]
        return (packed >> 32) + 1, (packed & 0xFFFFFFFF) + 1

    def written(self, path: Path) -> str:
        """Return the unquoted scalar at `path` as it is written in the file, e.g. `007` if the value is 7.

        Empty for anything other than an unquoted scalar, such as an alias.
        """
        line, column = self.position(path)
        match = _WRITTEN.match(source_lines(self.text)[line - 1], column - 1)
        return match[1] if match else ""


def source_line(text: str, line: int) -> str:
    """Return a line of `text`, counted from 1, without its line end; empty if missing or too long to show."""
    lines = source_lines(text)
    return lines[line - 1] if line <= len(lines) and len(lines[line - 1]) <= MAX_SOURCE else ""


@lru_cache(maxsize=1)
def source_lines(text: str) -> list[str]:
    """Return the lines of `text` as the YAML parser counts them."""
    return _LINE_END.split(text)


def end_position(text: str) -> tuple[int, int]:
    """Return line and column, from 1, of the position directly after `text`."""
    lines = _LINE_END.split(text)
    return len(lines), len(lines[-1]) + 1


def _node_count(value: Value) -> int:
    if type(value) is dict:
        count = 1 + len(value)
        for child in value.values():
            count += _node_count(child) if type(child) in (dict, list) else 1
        return count
    if type(value) is list:
        return 1 + sum(map(_node_count, value))
    return 1
