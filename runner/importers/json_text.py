"""Read JSON strictly, with the place of each part. In: text. Out: values, or NotJson with offset and a way to fix it.

The standard library reads the text. The text is read again for the places only if there is a problem.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.definitions.problem import Path
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.importers.text import UNREADABLE

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^ \t\r\n{}\[\],:"]+', re.S)
_WORD_BEFORE = re.compile(r"(true|false|null|[-+.0-9eE]+)[ \t\r\n]*\Z")
_LITERALS = {"True": "true", "False": "false", "None": "null", "undefined": "null"}
_LITERAL = re.compile(rf"(?:{'|'.join(_LITERALS)})\b")
_CURLY = "“”„‟‘’"
_LONGEST_WORD = 40


class NotJson(ValueError):
    """A text is not JSON: its problem and the place."""

    def __init__(self, offset: int, message: str, help: str, code: Code = UNREADABLE) -> None:  # noqa: A002
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.help = help
        self.code = code


class _Odd(ValueError):
    """A text that Python's JSON decoder accepts, although it is not JSON or is misleading."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The place of each value of a JSON text, the place of its key, and the text of each number or word."""

    values: dict[Path, int] = field(default_factory=dict)
    keys: dict[Path, int] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)
    twice: list[tuple[int, str]] = field(default_factory=list)


def after_space(text: str, offset: int) -> int:
    """Return where the white space at `offset` ends."""
    found = _SPACE.match(text, offset)
    return found.end() if found else offset


def value_at(text: str, offset: int) -> tuple[Any, int]:
    """Return the JSON value that begins at `offset`, and where it ends. Raises NotJson."""
    try:
        return _DECODER.raw_decode(text, offset)
    except json.JSONDecodeError as error:
        raise _explained(text, error, offset) from None
    except RecursionError:
        hint = "A payload is one object with its properties: look for brackets that don't belong there."
        raise NotJson(offset, "the values are nested too deep here", hint) from None
    except (_Odd, ValueError):
        raise _oddity(text, offset) from None


def marks_of(text: str, offset: int) -> Marks:
    """Return the places of the parts of the value at `offset`, by their paths. The value must be JSON."""
    marks = Marks()
    open_: list[tuple[Path, bool]] = []  # path and whether it is an object, of what is not yet closed
    path: Path = ()
    awaits_key = False
    for found in _TOKEN.finditer(text, offset):
        token = found.group()
        if token == ":":
            awaits_key = False
        elif token == ",":
            within, is_object = open_[-1]
            path = within if is_object else (*within, int(path[-1]) + 1)
            awaits_key = is_object
        elif token in "}]":
            path, _ = open_.pop()
            awaits_key = False
        elif awaits_key:
            path = (*open_[-1][0], _key(token))
            if path in marks.keys:
                marks.twice.append((found.start(), str(path[-1])))
            marks.keys[path] = found.start()
        else:
            marks.values[path], marks.written[path] = found.start(), token
            if token in "{[":
                open_.append((path, token == "{"))
                awaits_key = token == "{"
                path = path if awaits_key else (*path, 0)
        if not open_:
            break
    return marks


def _key(token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError:  # the error is earlier in the text, so the decoder has not reached this number
        return token


def _pairs(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Odd
    return made


def _constant(_name: str) -> None:
    raise _Odd


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _oddity(text: str, offset: int) -> NotJson:
    """What the hooks refused, found again with its place."""
    marks = marks_of(text, offset)
    for path, written in marks.written.items():
        if written in ("NaN", "Infinity", "-Infinity"):
            return NotJson(marks.values[path], f"{written} is not JSON", "Write the value in double quotes.")
    for at, key in marks.twice:
        message = f"the key {quoted(key)} occurs twice in this object"
        return NotJson(at, message, "Remove one of the two.", Code.YAML_DUPLICATE_KEY)
    return NotJson(offset, "a number has more digits than anything takes", "Write the value in double quotes.")


def _explained(text: str, error: json.JSONDecodeError, start: int) -> NotJson:
    """Explain the decoder's error and how to fix it, without quoting text that could be a secret."""
    at, said = error.pos, error.msg
    if said.startswith("Unterminated string"):
        return NotJson(at, "not JSON: the double quote that opens here is never closed", 'Close the text with ".')
    if said.startswith("Invalid control character"):
        message = "not JSON: a line break or another control character is inside a text"
        return NotJson(at, message, r"Write it as \n, or close the text before it.")
    if said.startswith("Invalid"):
        return NotJson(at, "not JSON: a backslash begins no escape here", r"Write \\ for a backslash itself.")
    at = after_space(text, at)
    if at >= len(text):
        return NotJson(len(text), "not JSON: the text ends too soon", "Close what is open: a bracket or a quote.")
    if text[at] in _CURLY:
        return NotJson(at, "not JSON: this is a curly quote", 'Write a straight one: ".')
    if text[at] == "'":
        return NotJson(at, "not JSON: this is a single quote", "JSON allows only double quotes.")
    found, wanted = _shown(text[at]), _wanted(said)
    if text[at] in "}]" and text[:at].rstrip(" \t\r\n").endswith(","):
        return NotJson(at, f"not JSON: there is a comma before {found}", "Remove the comma.")
    before = _WORD_BEFORE.search(text, max(start, at - _LONGEST_WORD), at)
    if before and text[at] == '"':
        message = f"not JSON: after {before[1]}, {found} was found instead of {wanted}"
        return NotJson(at, message, f'Text needs quotes on both sides: write "{before[1]}".')
    if before and before[1].lstrip("-") == "0" and text[at].isdigit():
        return NotJson(at - 1, "not JSON: a number begins with 0", "Write it in double quotes.")
    if "a value" in wanted and text[at].isalpha():
        word = _LITERAL.match(text, at)
        message = f"not JSON: {word[0] if word else 'a text'} has no quotes here"
        return NotJson(at, message, f"Write {_LITERALS[word[0]] if word else 'it in double quotes'}.")
    hint = "Check the text before it: a quote, a comma or a bracket may be missing."
    if "key" in wanted:
        hint = "Write keys in double quotes; in a shell script, the whole body in single ones."
    return NotJson(at, f"not JSON: {found} was found instead of {wanted}", hint)


def _wanted(said: str) -> str:
    if "property name" in said:
        return "a key in double quotes"
    if "':'" in said:
        return "a colon"
    return "a comma or the closing bracket" if "','" in said else "a value"


def _shown(character: str) -> str:
    return {'"': 'a double quote (")', ",": "a comma", ":": "a colon"}.get(character, quoted(character))
