"""The imported text, and the places of its parts: bytes in, `Text` and `Piece` out.

Lines and columns count from 1, in characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from runner.definitions.problem import MAX_SOURCE, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.encodings import AS_UTF8, UTF_16_MARKS, WORKBOOKS, is_windows_1252

# Imported text is not a definition yet, so all problems that make it unreadable have the same code.
UNREADABLE = Code.BAD_FORMAT
_LINE = re.compile("[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_AS_CSV = "Import an .xlsx file with bulletins import xlsx. Save any other workbook as .xlsx or as CSV UTF-8 first."


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text and its lines, with line ends. If it `is_secret` (may hold credentials), no line is shown."""

    file: str
    text: str
    lines: Sequence[str]
    starts: Sequence[int]
    is_secret: bool = False

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of the character at `offset`."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def problem(self, offset: int, code: Code, message: str, help: str) -> Problem:  # noqa: A002
        """Return a problem at the character at `offset`."""
        line, column = self.position(offset)
        return Problem(self.file, line, column, code, message, help, self.source(offset))

    def source(self, offset: int) -> str:
        """Return the line of the character at `offset` for a snippet; empty if it is secret or too long."""
        shown = self.lines[self.position(offset)[0] - 1].rstrip("\r\n")
        return "" if self.is_secret or len(shown) > MAX_SOURCE else shown


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text in another format, such as a JSON body in a shell script.

    `offsets` holds the offset of each of its characters, and of its end, in the whole text; None if it is the whole.
    """

    whole: Text
    text: str
    offsets: Sequence[int] | None = None

    def problem(self, offset: int, code: Code, message: str, help: str) -> Problem:  # noqa: A002
        """Return a problem at the character at `offset` of the piece."""
        return self.whole.problem(offset if self.offsets is None else self.offsets[offset], code, message, help)


def text_of(data: bytes, file: str, *, is_secret: bool = False) -> Text | Problem:
    """Return the text of a file, or its problem. The encoding is UTF-8, or UTF-16 with a byte order mark."""
    if data.startswith(WORKBOOKS):
        return Problem(file, 1, 1, UNREADABLE, "this is a workbook of a spreadsheet program, not a text", _AS_CSV)
    if b"\0" in data[:2]:  # only UTF-16 text with an ASCII character at the beginning
        return Problem(file, 1, 1, Code.YAML_ENCODING, "this is UTF-16 without a mark at its beginning", AS_UTF8)
    encoding, name = ("utf-16", "UTF-16") if data[:2] in UTF_16_MARKS else ("utf-8-sig", "UTF-8")
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = _text(data[: error.start].decode(encoding, "ignore"), file, is_secret)
        message = f"the byte 0x{data[error.start]:02X} is not {name}"
        if encoding != "utf-16" and is_windows_1252(data):
            message += "; the file seems to be in Windows-1252, which has no letters of Hindi or Tamil"
        line, column = before.position(len(before.text))
        return Problem(file, line, column, Code.YAML_ENCODING, message, AS_UTF8)
    return _text(decoded, file, is_secret)


def _text(text: str, file: str, is_secret: bool) -> Text:
    lines = _LINE.findall(text)
    if not lines or lines[-1].endswith(("\r", "\n")):
        lines.append("")  # the place of problems about missing text at the end
    starts, offset = [], 0
    for line in lines:
        starts.append(offset)
        offset += len(line)
    return Text(file, text, lines, starts, is_secret)
