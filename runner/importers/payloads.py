"""Read JSON payloads as drafts: one, a list, several after each other, or the oldest form, `{"d": […]}`.

Nothing is converted. A payload that the API would refuse unchanged, or that no definition can express, is a problem.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runner.definitions.fields import BY_NAME, PAYLOAD, Form, Sent
from runner.definitions.problem import Path, Problem, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.importers.draft import Draft, unwritable_texts
from runner.importers.json_text import Marks, NotJson, after_space, marks_of, value_at
from runner.importers.text import UNREADABLE, Piece

# The fields of a payload, each with what to write where it is missing.
_FIELDS = {field.name: f'"{field.name}": {json.dumps(field.example)}' for field in PAYLOAD}
_OLDEST_FORM = re.compile(r'\{[ \t\r\n]*"d"[ \t\r\n]*:[ \t\r\n]*\[')
_NEXT_LINE = re.compile(r"[\r\n](?=\{)")


@dataclass(frozen=True, slots=True)
class PayloadPlace:
    """The place of a payload: its beginning in a piece of text."""

    piece: Piece
    start: int
    is_row = False

    def problem(self, path: Path, code: Code, message: str, help: str, *, at_key: bool = False) -> Problem:  # noqa: A002
        """Return a problem at the value or the key at `path`, or at the nearest existing part."""
        marks = _marks(self.piece.text, self.start)
        if at_key and path in marks.keys:
            return self.piece.problem(marks.keys[path], code, message, help)
        while path not in marks.values:
            path = path[:-1]
        return self.piece.problem(marks.values[path], code, message, help)

    def written(self, path: Path) -> str:
        """Return the number or the word at `path` as it is written."""
        return _marks(self.piece.text, self.start).written[path]


@lru_cache(maxsize=1)  # a payload may have thousands of problems, one after the other
def _marks(text: str, start: int) -> Marks:
    return marks_of(text, start)


def payloads_in(piece: Piece, given: Mapping[str, str], base_url: str | None = None) -> Iterator[Draft | Problem]:
    """Return the drafts in a piece of JSON, and its problems. `given` fills in fields that a payload lacks."""
    for found in _values_in(piece):
        if isinstance(found, Problem):
            yield found
            continue
        value, start = found
        place = PayloadPlace(piece, start)
        problems = list(_problems(value, place, given))
        if problems:
            yield from problems
            continue
        payload = {**{name: given[name] for name in _FIELDS if name in given}, **value}
        fields = {name: each for name, each in payload.items() if not _is_default(name, each)}
        yield Draft(fields, payload, place, base_url)


def _is_default(name: str, value: Any) -> bool:
    """Whether a definition leaves the field out, since it has its default value."""
    return not BY_NAME[name].is_required and bool(value == BY_NAME[name].default)


def _values_in(piece: Piece) -> Iterator[tuple[Any, int] | Problem]:
    """Return the values in a piece, each with its offset."""
    text, offset = piece.text, after_space(piece.text, 0)
    if offset == len(text):
        yield piece.problem(offset, UNREADABLE, "there is no payload here", "Write one JSON object for each bulletin.")
    while offset < len(text):
        try:
            if found := _OLDEST_FORM.match(text, offset):
                offset = yield from _items(piece, found.end())
                offset = _closed(text, offset, "}")
            elif text[offset] == "[":
                offset = yield from _items(piece, offset + 1)
            else:
                value, end = value_at(text, offset)
                yield value, offset
                offset = end
        except NotJson as error:
            yield piece.problem(error.offset, error.code, error.message, error.help)
            following = _NEXT_LINE.search(text, max(offset, error.offset))
            if following is None or text[offset] != "{" or _OLDEST_FORM.match(text, offset):
                return
            offset = following.end()  # JSON lines: each line is read by itself
        offset = after_space(text, offset)


def _items(piece: Piece, offset: int) -> Generator[tuple[Any, int], None, int]:
    """Yield the items of the list that opens at `offset`; return where the list ends."""
    text = piece.text
    offset = after_space(text, offset)
    if text[offset : offset + 1] == "]":
        return offset + 1
    while True:
        value, end = value_at(text, offset)
        yield value, offset
        offset = after_space(text, end)
        if text[offset : offset + 1] == "]":
            return offset + 1
        offset = after_space(text, _closed(text, offset, ","))


def _closed(text: str, offset: int, wanted: str) -> int:
    offset = after_space(text, offset)
    if text[offset : offset + 1] == wanted:
        return offset + 1
    what = "a comma or the closing bracket of the list" if wanted == "," else "the closing brace after d"
    hint = "Check the text before it, and whether a bracket is left open."
    raise NotJson(offset, f"not JSON: {what} is missing here", hint)


def _problems(value: Any, place: PayloadPlace, given: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(value, dict):
        message = f"this is {_kind(value)}, but a payload is an object"
        yield place.problem((), Code.WRONG_TYPE, message, 'Write {"business_event": …, "name": …, …}.')
        return
    if name := _list_within(value):
        message = f"{quoted(name)} contains a list, but a payload is one object"
        yield place.problem((name,), Code.UNKNOWN_FIELD, message, "Give the list itself.", at_key=True)
        return
    for name in value:
        if name not in _FIELDS:
            hint = (
                did_you_mean(name, [field for field in _FIELDS if field not in value])
                or f"The API takes {listed(_FIELDS)}."
            )
            message = f"the API has no field {quoted(name)}"
            yield place.problem((name,), Code.UNKNOWN_FIELD, message, hint, at_key=True)
    for name, example in _FIELDS.items():
        if name in value:
            yield from _value_problems(name, value[name], place)
        elif name not in given and BY_NAME[name].sent is Sent.ALWAYS:
            message = f"{name} is missing, which the API requires"
            yield place.problem((), Code.MISSING_FIELD, message, f"Add {example}{_options(name)}.")
    yield from unwritable_texts(value, place)


def _list_within(value: Mapping[str, Any]) -> str:
    """Return the key that holds a whole list of payloads; empty if the value is a payload, or meant to be one."""
    if any(name in _FIELDS for name in value):
        return ""
    lists = (name for name, each in value.items() if isinstance(each, list) and each and isinstance(each[0], dict))
    return next(lists, "")


def _options(name: str) -> str:
    return {"business_event": ", or give --event NAME", "c-by": ", or give --c-by ADDRESS"}.get(name, "")


def _value_problems(name: str, value: Any, place: PayloadPlace) -> Iterator[Problem]:
    path: Path = (name,)
    match BY_NAME[name].form, value:
        case Form.TIME, _:
            yield from _when_problems(value, place)
        case Form.MAPPING, dict():
            for key, each in value.items():
                if not isinstance(each, str):
                    yield _no_string((*path, key), each, place)
        case Form.MAPPING, _:
            message = f"{name} is {_kind(value)}; it is an object"
            yield place.problem(path, Code.WRONG_TYPE, message, f"Write {_FIELDS[name]}.")
        case Form.TEXT | Form.WORD, _ if not isinstance(value, str):
            message = f"{name} is {_kind(value)}; it is a text"
            yield place.problem(path, Code.WRONG_TYPE, message, f"Write {_FIELDS[name]}.")


def _no_string(path: Path, value: Any, place: PayloadPlace) -> Problem:
    message = f"{dotted(path)} is {_kind(value)}; the API takes strings only"
    hint = "Write a text in double quotes."
    if value is None:
        hint = "Leave the property out, or write a text in double quotes."
    elif not isinstance(value, (dict, list)):
        hint = f'Write "{place.written(path)[:60]}".'
    return place.problem(path, Code.PROPERTY_NOT_STRING, message, hint)


def _when_problems(value: Any, place: PayloadPlace) -> Iterator[Problem]:
    path: Path = ("when",)
    if value == "now" or (type(value) is int and _is_time(value)):
        return
    if type(value) not in (str, int):
        message = f"when is {_kind(value)}; the API takes now or whole UNIX seconds"
        yield place.problem(path, Code.WRONG_TYPE, message, f"Write {_FIELDS['when']}, or seconds like 1796130000.")
        return
    try:
        seconds = times.event_time(value)
    except times.TimeProblem as error:
        code = Code.WHEN_MILLISECONDS if isinstance(error, times.Milliseconds) else Code.BAD_TIME
        yield place.problem(path, code, f"when: {error.message}", error.help)
    else:
        message = f"when is the text {quoted(value)}; the API takes now or whole UNIX seconds"
        yield place.problem(path, Code.BAD_TIME, message, f"Write {seconds}, without quotes.")


def _is_time(value: int) -> bool:
    try:
        return times.event_time(value) == value
    except times.TimeProblem:
        return False


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
