"""One more bulletin at the end of a file's list: text in, text out, and every character that was there stays.

The place is found by the parser's own marks; whether it was the right one is seen by reading the new text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from runner.definitions.editing.writing import entry
from runner.definitions.model import MERGED
from runner.definitions.reading.document import Document, Value
from runner.definitions.reading.reader import read

KEY = "bulletins"
_NOTHING = ("", "~", "null", "Null", "NULL")
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_BOM = "\ufeff"
_HOLDS_BULLETINS = re.compile(rb"^\xef?\xbb?\xbf?[ \t]*bulletins[ \t]*:", re.MULTILINE)
_BY_HAND = "Write the entry by hand, or choose another file."


class CannotAppend(ValueError):
    """A file to which nothing can be added so that all the rest stays; `help` says what to do."""

    def __init__(self, message: str, help: str = _BY_HAND) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class _List:
    """Where the list stands: the indentation of its dashes, where its last item ends, whether it is in brackets."""

    indent: int
    start: int
    end: int
    is_flow: bool


def holds_bulletins(data: bytes) -> bool:
    """Whether a file looks as if it held bulletins: quick, and only for lists of files to choose from."""
    return _HOLDS_BULLETINS.search(data) is not None


def new_file(fields: Mapping[str, Any], *, schema: str = "") -> str:
    """A whole file with one bulletin; `schema` is what its first line names for editors."""
    first = f"# yaml-language-server: $schema={schema}\n\n" if schema else ""
    return f"{first}{KEY}:\n{entry(fields)}"


def without_inherited(fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The fields less what the defaults of the file give with the same value."""
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
    """The file with the fields as the last entry of its bulletins.

    Raises CannotAppend where it can't be read, or where the entry can't be put there with everything else as it is.
    """
    document, problems = read(data, file)
    if document is None or problems or not isinstance(document.value, dict) or KEY not in document.value:
        found = problems[0].message if problems else "it holds no bulletins"
        raise CannotAppend(f"{file} can't be added to: {found}", "Mend it first, or choose another file.")
    before = document.value[KEY]
    expected = {**document.value, KEY: [*(before or ()), dict(fields)]}
    bom = _BOM if data.startswith(_BOM.encode()) else ""
    for text in _candidates(document, fields):
        new = (bom + text).encode()
        if _reads_as(new, file, expected):
            return new
    raise CannotAppend(f"no entry can be put behind the last one in {file} with everything else as it is")


def _reads_as(data: bytes, file: str, expected: Value) -> bool:
    document, problems = read(data, file)
    return document is not None and not problems and _alike(document.value, expected)


def _alike(one: Value, other: Value) -> bool:
    """Whether two values are the same, types included: true is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other) or (one != one and other != other)  # not-a-number is not itself


def _candidates(document: Document, fields: Mapping[str, Any]) -> Iterator[str]:
    """Texts with the entry in place, the most pleasing first."""
    text, value = document.text, document.value[KEY]
    found = _list(text)
    if found is None or not (value is None or isinstance(value, list)):
        raise CannotAppend(f"the bulletins of {document.file} are no list of their own")
    if value and found.is_flow:
        message = f"the bulletins of {document.file} stand in brackets: nothing is added there"
        raise CannotAppend(message, "Write each on lines of its own, from a dash, or choose another file.")
    if not value:
        yield from _begun(text, found, fields)
        return
    ends = [_with_comments(text, found), _line_after(text, found.end)]
    for end in dict.fromkeys(ends):
        yield _inserted(text, end, fields, found)


def _begun(text: str, found: _List, fields: Mapping[str, Any]) -> Iterator[str]:
    """The empty list, in brackets, null or not written at all, made a list of lines."""
    if text[found.start : found.end].strip("[] \t") not in _NOTHING:
        raise CannotAppend("the empty list of bulletins holds comments: nothing is added there")
    head = text[: found.start].rstrip(" \t") if found.start != found.end else text[: found.start]
    rest = text[found.end :]
    begun = head + rest
    yield _inserted(begun, _line_after(begun, len(head)), fields, found)


def _inserted(text: str, end: int, fields: Mapping[str, Any], found: _List) -> str:
    """The text with the entry at `end`, where a line begins, or at its very end."""
    line_end = _line_end(text, end)
    before, after = text[:end], text[end:]
    if before and not _LINE_ENDS.fullmatch(before[-1]):
        before += line_end
    gap = line_end if _wants_gap(text, found, end) else ""
    written = entry(fields, indent=found.indent).replace("\n", line_end)
    return before + gap + written + after


def _line_end(text: str, position: int) -> str:
    """How the line before the position ends, or the first one of the text."""
    ends = _LINE_ENDS.findall(text, 0, position) or _LINE_ENDS.findall(text)
    return str(ends[-1]) if ends else "\n"


def _wants_gap(text: str, found: _List, end: int) -> bool:
    """Whether a blank line goes before the entry: where one stands before the last item, or a commented one above."""
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
    """Where the line begins that follows the last item and the comments that belong to it, by their indentation."""
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
    """Where the line begins that follows the one which holds the position; the position itself where one begins."""
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
    """Where the bulletins of a file stand; None where they are no list that is written there."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    event: Any = next(each for each in events if isinstance(each, yaml.NodeEvent))
    if event.flow_style:
        raise CannotAppend("the file is written in brackets: nothing is added there")
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
    # With an anchor, the mark is the anchor's; where the dash stands is the end of it, or one further.
    dash = offsets.of(value.end_mark)
    dash -= offsets.text[dash : dash + 1] != "-"
    return _List(offsets.column(dash), start, offsets.of(last.end_mark), is_flow=False)


def _skip(value: Any, events: Iterator[Any]) -> Any:
    """Reads the rest of a node; the last of its events that has an extent, which says where its text ends."""
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
    """Whether the end of a collection is a bracket: the end of a block is nothing, and stands where the next begins."""
    return bool(end.start_mark.index != end.end_mark.index)


class _Offsets:
    """Where marks stand in a text: its lines are counted once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_ENDS.finditer(text))]

    def of(self, mark: Any) -> int:
        """The position of a mark."""
        if mark.line >= len(self._starts):
            return len(self.text)
        start: int = self._starts[mark.line]
        return min(start + int(mark.column), len(self.text))

    def column(self, position: int) -> int:
        """The column of a position."""
        before = _LINE_ENDS.split(self.text[:position])
        return len(before[-1])
