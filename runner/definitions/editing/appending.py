"""Append one bulletin to the list of a file: bytes and fields come in, the new bytes go out.

All existing characters stay unchanged. The positions of the parser give the place; the new text is read again to
verify that only this entry was added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from runner.definitions.editing.writing import entry
from runner.definitions.fields import MERGED
from runner.definitions.reading.document import Document, Value
from runner.definitions.reading.reader import read

KEY = "bulletins"
_NOTHING = ("", "~", "null", "Null", "NULL")
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_BOM = "\ufeff"
_HOLDS_BULLETINS = re.compile(rb"^\xef?\xbb?\xbf?[ \t]*bulletins[ \t]*:", re.MULTILINE)
_BY_HAND = "Write the entry by hand, or choose another file."


class CannotAppend(ValueError):
    """No entry can be added to a file without other changes; `help` is the advice for the user."""

    def __init__(self, message: str, help: str = _BY_HAND) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class _List:
    """The place of the list: the indentation of its dashes, where it begins and ends, whether it is in brackets."""

    indent: int
    start: int
    end: int
    is_flow: bool


def holds_bulletins(data: bytes) -> bool:
    """Whether a file seems to contain bulletins. A quick guess, only for lists of files to choose from."""
    return _HOLDS_BULLETINS.search(data) is not None


def new_file(fields: Mapping[str, Any], *, schema: str = "") -> str:
    """Return the text of a file with one bulletin. `schema` is the path or URL that its first line gives editors."""
    first = f"# yaml-language-server: $schema={schema}\n\n" if schema else ""
    return f"{first}{KEY}:\n{entry(fields)}"


def without_inherited(fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without those that the defaults of the file set to the same value."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        inherited = defaults.get(name)
        if name in MERGED and isinstance(value, Mapping) and isinstance(inherited, Mapping):
            own = {key: each for key, each in value.items() if not _same(each, inherited, key)}
            if own:
                kept[name] = own
        elif not _same(value, defaults, name):
            kept[name] = value
    return kept


def _same(value: Any, others: Mapping[str, Any], name: str) -> bool:
    return name in others and type(others[name]) is type(value) and bool(others[name] == value)


def appended(data: bytes, file: str, fields: Mapping[str, Any]) -> bytes:
    """Return the file with the fields as the last entry of its bulletins.

    Raises CannotAppend if the file can't be read, or if the entry can't be added without other changes.
    """
    document, problems = read(data, file)
    errors = [problem for problem in problems if problem.is_error]
    if document is None or errors or not isinstance(document.value, dict) or KEY not in document.value:
        found = errors[0].message if errors else "it has no list of bulletins"
        raise CannotAppend(f"nothing can be added to {file}: {found}", "Fix the file first, or choose another one.")
    before = document.value[KEY]
    expected = {**document.value, KEY: [*(before or ()), dict(fields)]}
    bom = _BOM if data.startswith(_BOM.encode()) else ""
    for text in _candidates(document, fields):
        new = (bom + text).encode()
        if _reads_as(new, file, expected):
            return new
    raise CannotAppend(f"no entry can be added at the end of {file} without other changes")


def _reads_as(data: bytes, file: str, expected: Value) -> bool:
    document, problems = read(data, file)
    is_read = document is not None and not any(problem.is_error for problem in problems)
    return is_read and document is not None and _alike(document.value, expected)


def _alike(one: Value, other: Value) -> bool:
    """Whether two values and their types are equal: true is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other) or (one != one and other != other)  # NaN does not equal itself


def _candidates(document: Document, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield possible texts with the new entry, the best readable first."""
    text, value = document.text, document.value[KEY]
    found = _list(text)
    if found is None or not (value is None or isinstance(value, list)):
        raise CannotAppend(f"the bulletins of {document.file} are not written as a list")
    if value and found.is_flow:
        message = f"the bulletins of {document.file} are written in brackets, where nothing can be added"
        raise CannotAppend(message, "Begin each bulletin with a dash on its own line, or choose another file.")
    if not value:
        yield from _begun(text, found, fields)
        return
    ends = [_with_comments(text, found), _line_after(text, found.end)]
    for end in dict.fromkeys(ends):
        yield _inserted(text, end, fields, found)


def _begun(text: str, found: _List, fields: Mapping[str, Any]) -> Iterator[str]:
    """Turn an empty list (brackets, null or nothing) into a list with lines, and add the entry."""
    if text[found.start : found.end].strip("[] \t") not in _NOTHING:
        raise CannotAppend("the empty list of bulletins contains comments, so nothing can be added there")
    head = text[: found.start].rstrip(" \t") if found.start != found.end else text[: found.start]
    rest = text[found.end :]
    begun = head + rest
    yield _inserted(begun, _line_after(begun, len(head)), fields, found)


def _inserted(text: str, end: int, fields: Mapping[str, Any], found: _List) -> str:
    """Return the text with the entry inserted at `end`, the start of a line or the end of the text."""
    line_end = _line_end(text, end)
    before, after = text[:end], text[end:]
    if before and not _LINE_ENDS.fullmatch(before[-1]):
        before += line_end
    gap = line_end if _wants_gap(text, found, end) else ""
    written = entry(fields, indent=found.indent).replace("\n", line_end)
    return before + gap + written + after


def _line_end(text: str, position: int) -> str:
    """Return the line end before the position, or the first one of the text."""
    ends = _LINE_ENDS.findall(text, 0, position) or _LINE_ENDS.findall(text)
    return str(ends[-1]) if ends else "\n"


def _wants_gap(text: str, found: _List, end: int) -> bool:
    """Whether to put a blank line before the entry: if the last item has one, or a comment follows it."""
    lines = _LINE_ENDS.split(text[:end])
    if lines and not lines[-1]:
        lines.pop()
    if not lines or not lines[-1].strip():
        return False
    if lines[-1].startswith(" " * found.indent + "#") and end > _line_after(text, found.end):
        return True
    dashes = [number for number, line in enumerate(lines) if line[: found.indent + 1] == " " * found.indent + "-"]
    if len(dashes) < 2:
        return False
    above = dashes[-1] - 1
    while lines[above].lstrip().startswith("#") and above > dashes[-2]:
        above -= 1
    return not lines[above].strip()


def _with_comments(text: str, found: _List) -> int:
    """Return the start of the line after the last item and the indented comments that belong to it."""
    least = found.indent or 1
    end = position = _line_after(text, found.end)
    while position < len(text):
        following = _next_line(text, position)
        line = text[position:following]
        words = line.strip()
        if words and not (words.startswith("#") and len(line) - len(line.lstrip(" ")) >= least):
            break
        position = following
        if words:
            end = position
    return end


def _line_after(text: str, position: int) -> int:
    """Return the start of the next line, or the position itself if a line begins there."""
    begins = (
        position == 0
        or text[position - 1] == "\n"
        or (text[position - 1] == "\r" and text[position : position + 1] != "\n")
    )
    return position if begins else _next_line(text, position)


def _next_line(text: str, position: int) -> int:
    found = _LINE_ENDS.search(text, position)
    return found.end() if found else len(text)


def _list(text: str) -> _List | None:
    """Find the list of bulletins of a file; None if it is not written there as a list."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    event: Any = next(each for each in events if isinstance(each, yaml.NodeEvent))
    if event.flow_style:
        raise CannotAppend("the file is written in brackets, where nothing can be added")
    column = event.start_mark.column
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            return None
        value = next(events)
        if key.value == KEY:
            return _extent(_Offsets(text), value, events, column)
        _skip(value, events)
    return None


def _extent(offsets: _Offsets, value: Any, events: Iterator[Any], column: int) -> _List | None:
    if isinstance(value, yaml.ScalarEvent):
        start, end = offsets.of(value.start_mark), offsets.of(value.end_mark)
        return _List(column + 2, start, end, is_flow=True) if value.value in _NOTHING and not value.style else None
    if not isinstance(value, yaml.SequenceStartEvent):
        return None
    last = _skip(value, events)
    start = offsets.of(value.start_mark)
    if value.flow_style:
        return _List(column + 2, start, offsets.of(last.end_mark), is_flow=True)
    # If the list has an anchor, the mark is that of the anchor. The dash is at its end, or one position before.
    dash = offsets.of(value.end_mark)
    dash -= offsets.text[dash : dash + 1] != "-"
    return _List(offsets.column(dash), start, offsets.of(last.end_mark), is_flow=False)


def _skip(value: Any, events: Iterator[Any]) -> Any:
    """Read the rest of a node. Returns its last event with a text, whose end is the end of the node."""
    last, event, depth = value, value, 0
    while True:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if not isinstance(event, yaml.CollectionEndEvent) or _has_extent(event):
            last = event
        if depth == 0:
            return last
        event = next(events)


def _has_extent(end: Any) -> bool:
    """Whether a collection ends with a bracket. The end of a block has no text and lies at the next node."""
    return bool(end.start_mark.index != end.end_mark.index)


class _Offsets:
    """Converts marks to positions in a text. The line starts are computed once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_ENDS.finditer(text))]

    def of(self, mark: Any) -> int:
        """Return the position of a mark."""
        if mark.line >= len(self._starts):
            return len(self.text)
        start: int = self._starts[mark.line]
        return min(start + int(mark.column), len(self.text))

    def column(self, position: int) -> int:
        """Return the column of a position."""
        before = _LINE_ENDS.split(self.text[:position])
        return len(before[-1])
