"""Where the quotes of a row of CSV go wrong: one left open, or text behind one that closes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN = re.compile(r"[^,\r\n]*+")
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+')  # possessive, lest a file of quotes fill the memory


@dataclass(frozen=True, slots=True)
class QuoteFault:
    """What is wrong, and the position of the quote that opens the cell."""

    position: int
    message: str
    help: str


def quote_fault(text: str, start: int, end: int) -> QuoteFault | None:
    """The fault of a cell that opens between the two positions, in the row that begins at the first; None without."""
    place, last = start, min(end, len(text))
    while place < last:
        if text[place] != '"':
            behind = _end(_PLAIN, text, place)
        else:
            behind = _end(_QUOTED, text, place) + 1
            if behind > len(text):
                return QuoteFault(place, "a quote opens here and is left open", 'Close it with another ".')
            if behind < len(text) and text[behind] not in ",\r\n":
                return _text_behind(text, place, behind)
        if text[behind : behind + 1] != ",":
            return None
        place = behind + 1
    return None


def _text_behind(text: str, start: int, end: int) -> QuoteFault:
    lines = len(_LINE_END.findall(text, start, end))
    if not lines:
        message = f"the quoted cell that begins here has {text[end]!r} behind the quote that closes it"
        return QuoteFault(start, message, 'Write quotes inside a quoted cell twice: "".')
    behind = "1 line" if lines == 1 else f"{lines:,} lines"
    message = f"the quoted cell that begins here closes {behind} below, with {text[end]!r} behind its quote"
    return QuoteFault(start, message, 'Close it where it ends, and write quotes inside it twice: "".')


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start
