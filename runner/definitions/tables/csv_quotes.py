"""Find the faulty quote in a row of CSV: a quote that is not closed, or text after a closing quote. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN = re.compile(r"[^,\r\n]*+")
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+')  # possessive, so that a file of quotes cannot fill the memory


@dataclass(frozen=True, slots=True)
class QuoteFault:
    """A message with advice, and the position of the quote that opens the cell."""

    position: int
    message: str
    help: str


def quote_fault(text: str, start: int, end: int) -> QuoteFault | None:
    """Return the first fault in the row that begins at `start`, looking at cells that begin before `end`, or None."""
    place, last = start, min(end, len(text))
    while place < last:
        if text[place] != '"':
            behind = _end(_PLAIN, text, place)
        else:
            behind = _end(_QUOTED, text, place) + 1
            if behind > len(text):
                return QuoteFault(place, "the quote that opens here is never closed", 'Close it with another ".')
            if behind < len(text) and text[behind] not in ",\r\n":
                return _text_behind(text, place, behind)
        if text[behind : behind + 1] != ",":
            return None
        place = behind + 1
    return None


def _text_behind(text: str, start: int, end: int) -> QuoteFault:
    lines = len(_LINE_END.findall(text, start, end))
    if not lines:
        message = f"the quoted cell that begins here has {text[end]!r} after its closing quote"
        return QuoteFault(start, message, 'Write quotes inside a quoted cell twice: "".')
    behind = "1 line" if lines == 1 else f"{lines:,} lines"
    message = f"the quoted cell that begins here is closed {behind} below, with {text[end]!r} after its closing quote"
    return QuoteFault(start, message, 'Close it at its end, and write quotes inside it twice: "".')


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start
