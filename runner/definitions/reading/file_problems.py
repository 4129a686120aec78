"""Describe why a whole file can't be read: its encoding, an invisible character, or its YAML. Problems go out."""

from __future__ import annotations

import re

import yaml

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import end_position, source_line

BRACES_HINT = 'Put a text that begins with {{ in quotes: "{{ row.show }}".'
_CLOSE = "Close the bracket or the quote, and put a comma between two items."
# A phrase of the parser, what it means for an author, and what to write.
_MISTAKES = (
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "Put a text with ': ' in it in quotes, and indent all fields of an entry equally.",
    ),
    (
        "did not find expected key",
        "no field name was found where one is expected",
        "Check the indentation, and look for a quote or bracket above that is not closed.",
    ),
    ("did not find expected ',' or ']'", "a list in brackets has no comma or no closing ] here", _CLOSE),
    ("did not find expected ',' or '}'", "a mapping in braces has no comma or no closing } here", _CLOSE),
    (
        "did not find expected node content",
        "a value is missing here",
        "Write the value, or remove a comma or bracket that is left over.",
    ),
    (
        "did not find expected '-' indicator",
        "an item of the list does not begin with a dash",
        "Begin each item with a dash, and indent all dashes equally.",
    ),
    (
        "cannot start any token",
        "a value begins with a character that is not allowed there",
        "Put a text that begins with @, %, ` or another special character in quotes.",
    ),
    (
        "could not find expected ':'",
        "a field name has no colon",
        "Write a colon and a space after each field name.",
    ),
)


def encoding_problem(data: bytes, file: str, error: UnicodeDecodeError) -> Problem:
    """Return the problem of a file that is not UTF-8."""
    line, column = end_position(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
    line_start = max(data.rfind(b"\n", 0, error.start), data.rfind(b"\r", 0, error.start)) + 1
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        message = "the file is UTF-16; definitions must be UTF-8"
    else:
        message = f"the byte 0x{data[error.start]:02X} is not UTF-8"
    source = source_line(data[line_start : line_start + 2000].decode("utf-8", "replace"), 1)
    return Problem(file, line, column, Code.YAML_ENCODING, message, "Save the file as UTF-8.", source)


def control_character(text: str, file: str, found: re.Match[str]) -> Problem:
    """Return the problem of a character that a reviewer can't see."""
    line, column = end_position(text[: found.start()])
    message = f"there is an invisible control character here, U+{ord(found.group()):04X}"
    return Problem(file, line, column, Code.YAML_CONTROL_CHARACTER, message, "Remove it.", source_line(text, line))


def syntax_problem(text: str, file: str, error: yaml.MarkedYAMLError) -> Problem:
    """Return the problem of a file that is not YAML, in words for its author."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    last = end_position(text.rstrip())
    line, column = min((line, column), last)  # the parser may report a place after the last line
    what = str(error.problem or error.context or "the file is not valid YAML")
    message = f"{what} ({error.context})" if error.context and error.problem else what
    message, hint = next((said for phrase, *said in _MISTAKES if phrase in what), (message, ""))
    source = source_line(text, line)
    if "{{" in source:
        hint = BRACES_HINT
    if "\t" in source[: len(source) - len(source.lstrip())]:
        message, hint = "the line is indented with a tab", "Indent with spaces, never with tabs."
    return Problem(file, line, column, Code.YAML_SYNTAX, message, hint, source)
