"""Scan lines of YAML for what its authors get wrong: quotes, brackets, comments and colons in texts.

In: the lines of one entry. Out: anomalies with their places, in the order of the text. A scan is no parser: it is used
only after the parser has refused the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_FIELD_LINE = re.compile(r" *(?:- +)*[A-Za-z_\"'][\w\"' -]*:(?: |$)")
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*(?: +#.*| *)$")
_RESERVED = "@`%&*!|>"
_AFTER_QUOTE = re.compile(r" *(?:$|[,\]}]| #|:(?: |$))")
_AFTER_SEPARATOR = re.compile(r"[^,{}\[\]]+$")
_LONGEST_SHOWN = 60
_INDENT = re.compile(r" *(?:- +)*")


class Kind(Enum):
    """The kind of an anomaly."""

    OPEN_QUOTE = auto()
    QUOTE_ENDS_EARLY = auto()
    COMMENT_IN_BRACES = auto()
    COLON_IN_TEXT = auto()
    TEMPLATE_WITHOUT_QUOTES = auto()
    RESERVED_START = auto()
    OPEN_BRACKET = auto()


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that the parser may have stumbled over. Line and column count from 1.

    `character` is the quote, bracket or reserved character; `text` is the text that should be in quotes, or
    the last value after an open bracket.
    """

    kind: Kind
    line: int
    column: int
    character: str = ""
    text: str = ""


def scan(lines: list[str], first: int) -> list[Anomaly]:
    """Return the anomalies of the lines, of which the first has the number `first`."""
    return _Scan(lines, first).run()


class _Scan:
    """The state of a scan: the open brackets, and the anomalies found so far."""

    def __init__(self, lines: list[str], first: int) -> None:
        self.lines = lines
        self.first = first
        self.open: list[tuple[str, int, int]] = []  # bracket, line and column
        self.found: list[Anomaly] = []

    def run(self) -> list[Anomaly]:
        number = 0
        while number < len(self.lines):
            number = self._line(number)
        if self.open:
            is_last = not any(_FIELD_LINE.match(line) for line in self.lines[self.open[0][1] + 1 :])
            self._open_bracket(len(self.lines) if is_last else 0)
        return self.found

    def _line(self, number: int) -> int:
        """Scan one line. Returns the number of the next line to scan."""
        line = self.lines[number]
        if not line.strip() or line.lstrip().startswith("#"):
            return number + 1
        if self.open and _FIELD_LINE.match(line) and not line.rstrip().endswith((",", "}", "]")):
            self._open_bracket(number)
        start = 0 if self.open else len(_INDENT.match(line)[0])  # type: ignore[index]
        return self._values(number, line, start)

    def _open_bracket(self, stop: int) -> None:
        """Add the first open bracket; its values end before the line `stop`, or anywhere if that is 0."""
        bracket, line, column = self.open[0]
        inside = [text for each in self.lines[line:stop] if (text := _without_comment(f" {each}").strip())]
        end = _AFTER_SEPARATOR.search(inside[-1]) if inside else None
        text = end[0].strip() if end and len(end[0]) <= _LONGEST_SHOWN else ""
        self._add(Kind.OPEN_BRACKET, line, column, bracket, text)
        self.open.clear()

    def _values(self, number: int, line: str, at: int) -> int:
        """Scan the names and values of a line, each beginning at a token. Returns the number of the next line."""
        is_value = bool(self.open) and not self._in_braces()
        while at < len(line):
            character = line[at]
            if character == " ":
                at += 1
            elif character == ",":
                is_value, at = not self._in_braces(), at + 1
            elif character in "\"'":
                end = _closing(line, at)
                if end is None:
                    return self._open_quote(number, line, at)
                if not _AFTER_QUOTE.match(line, end + 1):
                    whole = line.rstrip() if not self.open and line.rstrip().endswith(character) else ""
                    self._add(Kind.QUOTE_ENDS_EARLY, number, end, character, whole[at + 1 : -1])
                    return number + 1
                at = end + 1
            elif character == "#" and (at == 0 or line[at - 1] == " "):
                break
            elif line.startswith("{{", at) and (is_value or self.open):
                self._add(Kind.TEMPLATE_WITHOUT_QUOTES, number, at, text=_without_comment(line[at:].strip()))
                return number + 1
            elif character in "{[":
                self.open.append((character, number, at))
                is_value, at = character == "[", at + 1
            elif character in "}]":
                del self.open[-1:]
                at += 1
            elif character == ":":
                is_value, at = True, at + 1
            elif is_value and not self.open and _BLOCK_TEXT.match(line, at):
                return self._after_block_text(number)
            else:
                at = self._plain(number, line, at, is_value=is_value)
        return number + 1

    def _plain(self, number: int, line: str, at: int, *, is_value: bool) -> int:
        """Scan a text without quotes, or the name of a field. Returns the index after it."""
        if line[at] in _RESERVED and (is_value or self.open) and not self._is_allowed_start(line, at):
            self._add(Kind.RESERVED_START, number, at, line[at], _without_comment(line[at:].strip()))
            return len(line)
        stop = re.compile(r" #|: |:$|[,\[\]{}]" if self.open else r" #|: |:$").search(line, at)
        if stop is None:
            return len(line)
        if stop[0] == " #":
            if self.open and ("}" in line[stop.start() :] or "]" in line[stop.start() :]):
                closing = "}" if self.open[-1][0] == "{" else "]"
                text = line[at:].rstrip().rstrip("}] ")
                self._add(Kind.COMMENT_IN_BRACES, number, stop.start() + 1, closing, text)
                self.open.clear()
            return len(line)
        if stop[0].startswith(":") and is_value and (not self.open or self._in_braces()):
            text = re.split("[,}]", line[at:])[0] if self.open else _without_comment(line[at:])
            self._add(Kind.COLON_IN_TEXT, number, stop.start(), text=text.strip())
            return len(line)
        return stop.start() + (0 if stop[0][0] in ":,[]{}" else 1)

    def _in_braces(self) -> bool:
        return bool(self.open) and self.open[-1][0] == "{"

    def _is_allowed_start(self, line: str, at: int) -> bool:
        # An anchor, an alias or a tag, which other messages explain.
        return line[at] in "&*!" and re.compile(r"[&*!][\w!-]*(?=[ ,\]}]|$)").match(line, at) is not None

    def _open_quote(self, number: int, line: str, at: int) -> int:
        """Handle a quote that its line does not close. A text may take several lines, none of them a field."""
        quote = line[at]
        for later in range(number + 1, len(self.lines)):
            following = self.lines[later]
            if _FIELD_LINE.match(following):
                break
            if (end := _closing(f"{quote}{following}", 0)) is not None and _AFTER_QUOTE.match(following, end):
                return later + 1
        rest = "" if self.open else _without_comment(line[at + 1 :])
        self._add(Kind.OPEN_QUOTE, number, at, quote, rest)
        return len(self.lines)

    def _after_block_text(self, number: int) -> int:
        """Return the number of the first line after a text that | or > begins."""
        line = self.lines[number]
        indent = len(line) - len(line.lstrip())
        for later in range(number + 1, len(self.lines)):
            following = self.lines[later]
            if following.strip() and len(following) - len(following.lstrip()) <= indent:
                return later
        return len(self.lines)

    def _add(self, kind: Kind, number: int, index: int, character: str = "", text: str = "") -> None:
        self.found.append(Anomaly(kind, self.first + number, index + 1, character, text))


def _closing(line: str, at: int) -> int | None:
    """Return the index of the quote that closes the one at `at`; None if it is not on this line."""
    pattern = r'"(?:[^"\\]|\\.)*"' if line[at] == '"' else r"'(?:[^']|'')*'"
    found = re.compile(pattern).match(line, at)
    return found.end() - 1 if found else None


def _without_comment(text: str) -> str:
    return text.split(" #")[0].rstrip()
