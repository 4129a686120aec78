"""Find the mistake behind an error of the YAML parser: quotes, commas, colons, blanks and indentation.

The parser reports the place where it could not go on, often lines below the mistake. In: the text of the file, and the
lines that the parser names. Out: the mistake with its own place, or None. Pure functions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.definitions.reading.blanks import ANY_BLANK, structural_blank
from runner.definitions.reading.document import source_lines
from runner.definitions.reading.line_scan import Anomaly, Kind, scan
from runner.definitions.suggest import listed

_MOST_LINES = 400  # looked through above the line of the error
_ENTRY = re.compile(r"(?:\S| {0,4}- )")
_FIELD = re.compile(r"(?P<lead> *(?:- +)*)(?P<key>[A-Za-z_\"'][^:#{}\[\],]*):(?: +(?P<value>\S.*?))? *$")
_NO_BLANK = re.compile(r"(?P<lead> *(?:- +)*)(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s/:].*?) *$")
_NO_COLON = re.compile(r" *(?:- +)*(?P<key>[A-Za-z_][\w-]{,60}) *$")
_LONGEST_SHOWN = 100
_TYPOGRAPHIC = "“”„‟‘’‚«»"


@dataclass(frozen=True, slots=True)
class Cause:
    """A mistake of the author: its place (line and column from 1), what is wrong, and what to write instead."""

    line: int
    column: int
    message: str
    help: str


def likely_cause(text: str, line: int, context: int) -> Cause | None:
    """Return the mistake behind a parser's error in `line`, or None if none is recognized.

    `context` is the line where the mapping, list, name or quoted text begins that the parser was reading.
    """
    lines = source_lines(text)
    line = min(line, len(lines))
    shown = lines[line - 1]
    if "\t" in shown[: len(shown) - len(shown.lstrip())]:
        first = _first_line(lines, line)
        return Cause(line, 1, "the line is indented with a tab", _type_spaces(lines, line, first))
    first = _first_line(lines, min(context, line))
    for number in range(line, max(first - 2, 0), -1):
        if (found := blank_cause(lines, number)) is not None:
            return found
    anomalies = scan(lines[first - 1 : line], first)
    if anomalies:
        return _of_anomaly(anomalies[0], lines)
    return _of_line(lines, context, first) or _of_line(lines, line, first)


def blank_cause(lines: list[str], line: int) -> Cause | None:
    """Return the first blank of `line` that is no space where YAML needs one; None if there is none."""
    shown = lines[line - 1]
    if (found := structural_blank(shown)) is None:
        return None
    is_indentation = found.column <= len(shown) - len(shown.lstrip(ANY_BLANK))
    help_ = _type_spaces(lines, line, _first_line(lines, line)) if is_indentation else found.help
    return Cause(line, found.column, found.message, help_)


def _first_line(lines: list[str], line: int) -> int:
    """Return the line where the entry begins that contains `line`."""
    for number in range(line, max(line - _MOST_LINES, 1), -1):
        if _ENTRY.match(lines[number - 1]):
            return number
    return max(line - _MOST_LINES, 1)


def _of_anomaly(found: Anomaly, lines: list[str]) -> Cause:
    quote, where = found.character, (found.line, found.column)
    match found.kind:
        case Kind.OPEN_QUOTE:
            message = f"the quote {quote} that opens here is not closed on its line"
            return Cause(*where, message, f"Write a {quote} at the end of the text{_like(found.text)}.")
        case Kind.QUOTE_ENDS_EARLY:
            message = f"the text in quotes ends at this {quote}, but the line goes on"
            other = "'" if quote == '"' else '"'
            help_ = f"Put the whole text in {other}{_like(found.text)}, or remove the {quote} here."
            return Cause(*where, message, help_)
        case Kind.COMMENT_IN_BRACES:
            message = f"a # after a space begins a comment, so the closing {quote} behind it is not read"
            return Cause(*where, message, f"Put a text that contains # in quotes{_like(found.text)}.")
        case Kind.COLON_IN_TEXT:
            message = "the text contains a colon and a space, which end the name of a field"
            return Cause(*where, message, f"Put the text in quotes{_like(found.text)}.")
        case Kind.TEMPLATE_WITHOUT_QUOTES:
            return Cause(*where, "a text that begins with {{ is not in quotes", f"Put it in quotes{_like(found.text)}.")
        case Kind.RESERVED_START:
            message = f"a text can't begin with {quote} unless it is in quotes"
            return Cause(*where, message, f"Put it in quotes{_like(found.text)}.")
        case Kind.OPEN_BRACKET:
            closing = "}" if quote == "{" else "]"
            message = f"the {quote} that opens here has no closing {closing}"
            end = f": {found.text}{closing}" if found.text else "."
            return Cause(*where, message, f"Write a {closing} after its last value{end}")


def _like(text: str) -> str:
    """Return `: "text"` for the end of a help; empty if the text can't simply be put in quotes."""
    return f": {in_quotes(text)}" if in_quotes(text) else ""


def in_quotes(text: str) -> str:
    """Return the text as its author should write it, in quotes; empty if it is long or has both kinds of quotes."""
    text = text.strip(_TYPOGRAPHIC)
    if not text or len(text) > _LONGEST_SHOWN or ('"' in text and "'" in text) or "\\" in text:
        return ""
    return f"'{text}'" if '"' in text else f'"{text}"'


def _of_line(lines: list[str], line: int, first: int) -> Cause | None:
    """Return what is wrong with the form or the indentation of a line; `first` is the first line of its entry."""
    shown = lines[line - 1]
    if match := _NO_BLANK.fullmatch(shown):
        wanted = f"{match['key']}: {match['value']}"
        help_ = "Write a space after the colon" + (f": {wanted}" if len(wanted) <= _LONGEST_SHOWN else ".")
        return Cause(line, match.end("key") + 1, "there is no space after the colon", help_)
    if match := _NO_COLON.fullmatch(shown):
        help_ = f"Write a colon, a space and the value after it: {match['key']}: …"
        return Cause(line, match.start("key") + 1, "a field name has no colon", help_)
    match = _FIELD.fullmatch(shown)
    return _of_indentation(lines, line, first, match) if match else None


def _of_indentation(lines: list[str], line: int, first: int, field: re.Match[str]) -> Cause | None:
    """Return the fault of a line that does not begin in the column of the fields, or dashes, above it."""
    above = _fields(lines[first - 1 : line - 1])
    begins, has_dash = _begins(field), "-" in field["lead"]
    if not has_dash and above and field["key"] == above[0]["key"] and "-" in above[0]["lead"]:
        help_ = f"Write a dash before it, below the dash of the entry above: - {field['key']}: …"
        return Cause(line, begins + 1, "a new entry begins here without a dash", help_)
    columns = [
        _begins(each) if has_dash else len(each["lead"]) for each in above if "-" in each["lead"] or not has_dash
    ]
    if not columns or begins in columns:
        return None
    wanted = min(reversed(columns), key=lambda column: abs(column - begins))
    what = "dash" if has_dash else "field"
    message = f"the line begins with {_spaces(begins)}, but the {what} above it with {_spaces(wanted)}"
    return Cause(line, begins + 1, message, f"Begin it with {_spaces(wanted)}.")


def _type_spaces(lines: list[str], line: int, first: int) -> str:
    """Return what to type in place of an indentation with other blanks; `first` is the first line of the entry."""
    rest = lines[line - 1].strip(ANY_BLANK)
    has_dash = rest.startswith("- ")
    word = "the dash" if has_dash else (re.match(r"[\w-]{1,40}(?=:)", rest) or ["the first letter"])[0]
    above = _fields(lines[first - 1 : line - 1])
    if above and above[-1]["value"] is None:
        columns = {len(above[-1]["lead"]) + 2}
    else:
        columns = {
            _begins(each) if has_dash else len(each["lead"]) for each in above if "-" in each["lead"] or not has_dash
        }
    wanted = [_spaces(column) for column in sorted(columns - {0})]
    like = ", like the lines above that belong to the same group" if len(wanted) > 1 else ""
    return f"Delete everything before {word}, and type {listed(wanted, 'or') or 'spaces'} with the space bar{like}."


def _fields(lines: list[str]) -> list[re.Match[str]]:
    """Return the lines that each begin a field."""
    return [match for each in lines if (match := _FIELD.fullmatch(each))]


def _begins(field: re.Match[str]) -> int:
    """Return the column of a line's dash or name, from 0."""
    return len(field[0]) - len(field[0].lstrip())


def _spaces(count: int) -> str:
    return "no space" if count == 0 else "1 space" if count == 1 else f"{count} spaces"
