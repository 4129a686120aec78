"""Find the faulty quote in a row of CSV: a quote that is not closed, or text after a closing quote. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_PLAIN = re.compile(r"[^,\r\n]*+")
_BLANKS_AND_QUOTE = re.compile(r'[^\S\r\n]+"')
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+')  # possessive, so that a file of quotes can't fill the memory


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


def blank_before_quote(text: str, start: int, end: int) -> QuoteFault | None:
    """Return the fault of the first cell, in the row from `start` to `end`, with blanks before its opening quote.

    Such a cell is sent with its quotes, and a comma in it begins another cell.
    """
    place = start
    while place < end:
        if text[place] == '"':
            place = _end(_QUOTED, text, place) + 1
        elif found := _BLANKS_AND_QUOTE.match(text, place):
            message = "there is a blank before the quote that opens here, so the quotes belong to the text of the cell"
            return QuoteFault(found.end() - 1, message, "Remove the blank between the comma and the quote.")
        else:
            place = _end(_PLAIN, text, place)
        if text[place : place + 1] != ",":
            return None
        place += 1
    return None


def cell_start(text: str, start: int, number: int) -> int:
    """Return where the cell with this number, from 0, begins in the row that begins at `start`."""
    place = start
    for _ in range(number):
        place = _end(_QUOTED, text, place) + 1 if text[place : place + 1] == '"' else _end(_PLAIN, text, place)
        if text[place : place + 1] != ",":
            return place
        place += 1
    return place


def other_separator(header: str) -> str | None:
    """Return what separates the columns of a header in place of commas, such as `semicolons`; None for commas."""
    most = max(_SEPARATORS, key=header.count)
    return _SEPARATORS[most] if header.count(most) > header.count(",") else None


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
