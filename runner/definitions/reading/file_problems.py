"""Describe why the text of a file can't be read as YAML. Problems go out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from runner.definitions.problem import MAX_PROBLEMS, Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.blanks import ODD_BLANKS
from runner.definitions.reading.document import Document, Value, end_position, source_line, source_lines
from runner.definitions.reading.syntax_causes import blank_cause, in_quotes, likely_cause

_ODD_NAME = re.compile(rf"^-*[{ODD_BLANKS}]|[{ODD_BLANKS}]$")
_ODD_VALUE = re.compile(rf"-[{ODD_BLANKS}]|[\w-]+:[{ODD_BLANKS}]")
_BRACES = re.compile(r"\{\{.*?\}\}[^,{}\[\]]*")
_BLOCK_FIELD = re.compile(r" *(?:- +)*[^{}\[\]]*: +")
# A character beyond U+FFFF as JSON writes it, or one half alone.
_HALVES = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\ud[89a-f][0-9a-f]{2}", re.IGNORECASE)
# A phrase of the parser, what it means for an author, and what to write. The first that fits is used; the mistakes
# whose place can be found have better messages, in syntax_causes.py.
_MISTAKES = (
    (
        "mapping values are not allowed",
        "a colon is not allowed here",
        "Put a text that contains a colon in quotes, and begin all fields of an entry in the same column.",
    ),
    (
        "expected key",
        "no field name was found where one is expected",
        "Begin all fields of an entry in the same column, and close each quote and bracket above.",
    ),
    (
        "expected ',' or ']'",
        "a list in brackets has no comma or no closing ] here",
        "Write a comma between two items, and a ] after the last one.",
    ),
    (
        "expected ',' or '}'",
        "the fields in braces have no comma or no closing } here",
        "Write a comma between two fields, and a } after the last one.",
    ),
    (
        "node content",
        "a value is missing here",
        "Write the value, or remove a comma or bracket that is left over.",
    ),
    (
        "did not find expected '-' indicator",
        "an item of the list does not begin with a dash",
        "Begin each item with a dash, and indent all dashes equally.",
    ),
    (
        "can't start any token",
        "a value begins with a character that is not allowed there",
        "Put a text that begins with @, %, ` or another special character in quotes.",
    ),
    ("could not find expected ':'", "a field name has no colon", "Write a colon and a space after each field name."),
    (
        "unexpected end of stream",
        "the text in quotes that begins here is never closed",
        "Write the same quote at the end of the text.",
    ),
    (
        "unexpected document indicator",
        "a line with --- or ... is inside a text in quotes",
        "Close the quote of the text above.",
    ),
    (
        "unknown escape character",
        r"a \ in double quotes is followed by a character that it can't be combined with",
        r"Write \\ for a backslash, or put the text in single quotes: '…'.",
    ),
    (
        "hexdecimal number",
        r"a \x, \u or \U in double quotes is not followed by enough digits",
        r"Write the character itself, or \\ for a backslash.",
    ),
    (
        "invalid Unicode character escape",
        "the number after the backslash is not that of a character",
        "Write the character itself.",
    ),
    (
        "sequence entries are not allowed",
        "a dash is not allowed here",
        "Begin each item of a list on a line of its own, or put a text that begins with a dash in quotes.",
    ),
    (
        "mapping keys are not allowed",
        "a question mark is not allowed here",
        "Put a text that begins with ? in quotes.",
    ),
    (
        "comment or line break",
        "a | or > is followed by a text on the same line",
        "Begin the text on the next line, indented; or put a text that begins with | or > in quotes.",
    ),
    (
        "alphabetic or numeric character",
        "a text begins with * or &, which have a meaning in YAML",
        "Put a text that begins with * or & in quotes.",
    ),
    ("tab character", "there is a tab where a space is needed", "Indent with spaces, never with tabs."),
    (
        "found unexpected ':'",
        "a text in braces or brackets contains a colon",
        "Put a text that contains a colon in quotes.",
    ),
    (
        "expected <block end>",
        "no field name was found where one is expected",
        "Begin all fields of an entry in the same column, and close each quote and bracket above.",
    ),
    ("escape sequence of", r"a \x, \u or \U in double quotes has too few digits", "Write the character itself."),
    ("tag", "a text begins with !, which has a meaning in YAML", "Put a text that begins with ! in quotes."),
)
_OTHER_MISTAKE = (
    "the line can't be read as YAML",
    "Put the text of each field in quotes, and compare the indentation.",
)


def syntax_problem(text: str, file: str, error: yaml.MarkedYAMLError) -> Problem:
    """Return the problem of a file that is not YAML, at the place of the mistake, in words for its author."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    last = end_position(text.rstrip())
    line, column = min((line, column), last)  # the parser may report a place after the last line
    what = str(error.problem or error.context or "")
    if (escape := surrogate_escape(text, line)) is not None and "escape" in what:
        line, column, message, hint = escape
        return Problem(file, line, column, Code.YAML_SYNTAX, message, hint, source_line(text, line))
    begun = error.context_mark
    if (cause := likely_cause(text, line, min(begun.line + 1, line) if begun else line)) is not None:
        return Problem(
            file, cause.line, cause.column, Code.YAML_SYNTAX, cause.message, cause.help, source_line(text, cause.line)
        )
    if begun and "unexpected end of stream" in what:
        line, column = begun.line + 1, begun.column + 1
    message, hint = next((said for phrase, *said in _MISTAKES if phrase in what), _OTHER_MISTAKE)
    source = source_line(text, line)
    if "{{" in source:
        hint = braces_hint(source)
    return Problem(file, line, column, Code.YAML_SYNTAX, message, hint, source)


def braces_hint(source: str) -> str:
    """Return how to write the text of a line that begins with {{ and has no quotes."""
    field = _BLOCK_FIELD.match(source)
    found = _BRACES.search(source)
    text = source[field.end() :] if field and source.startswith("{{", field.end()) else found[0] if found else ""
    written = in_quotes(text.split(" #")[0].strip()) or '"{{ row.show }}"'
    return f"Put a text that begins with {{{{ in quotes: {written}."


def surrogate_escape(text: str, line: int) -> tuple[int, int, str, str] | None:
    """Return the place, message and fix of the first character that a line writes as two escapes, as JSON does."""
    shown = source_line(text, line)
    if (found := _HALVES.search(shown)) is None:
        return None
    message = f"{found[0]} is half of a character, as JSON writes it; YAML has no such halves"
    hint = "Write the character itself."
    if found[1]:
        character = chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)
        message = f"{found[0]} is one character in two halves, as JSON writes it; YAML has no such halves"
        hint = f"Write the character itself, {character}, or \\U{ord(character):08X}."
    return line, found.start() + 1, message, hint


def blank_problems(document: Document) -> list[Problem]:
    """Return the problems of blanks that YAML has read as letters of a field name, or of a text without quotes."""
    text, found = document.text, dict[int, Problem]()
    for path, at_key in _texts(document.value, ()):
        line, column = document.position(path, at_key=at_key)
        source = source_line(text, line)
        if source[column - 1 : column] in ("'", '"') or line in found:
            continue
        if source and (blank := blank_cause(source_lines(text), line)) is not None:
            found[line] = Problem(
                document.file, line, blank.column, Code.YAML_SYNTAX, blank.message, blank.help, source
            )
        if len(found) == MAX_PROBLEMS:
            break
    return list(found.values())


def _texts(value: Value, path: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the paths of the names and texts that begin or end with an odd blank, or with it after a dash or colon."""
    if isinstance(value, dict):
        for key, child in value.items():
            if _ODD_NAME.search(key):
                yield (*path, key), True
            yield from _texts(child, (*path, key))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _texts(child, (*path, number))
    elif isinstance(value, str) and _ODD_VALUE.match(value):
        yield path, False
