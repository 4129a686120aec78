"""The text of a CSV file: bytes come in; the text goes out, or the problem because of which it can't be read.

Also the places of characters in the text, for problems.
"""

from __future__ import annotations

import re

from runner.definitions.characters import FORBIDDEN
from runner.definitions.problem import MAX_SOURCE, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.encodings import AS_UTF8, WORKBOOKS, is_utf_16, not_utf_8
from runner.definitions.reading.lfs_pointer import lfs_problem

MAX_TABLE_BYTES = 64 * 1024 * 1024

_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
_LINE_END = re.compile(r"\r\n|\r|\n")


def text_of(data: bytes, file: str) -> str | Problem:
    """Return the text of a table without a mark at its beginning, or its problem."""
    if len(data) > MAX_TABLE_BYTES:
        message = f"the table has more than {MAX_TABLE_BYTES:,} bytes, the limit"
        return Problem(file, 1, 1, Code.BAD_TABLE, message, "Split it into several tables.")
    if (pointer := lfs_problem(data, file)) is not None:
        return pointer
    if data.startswith(WORKBOOKS):
        help_text = "Save it as CSV UTF-8. A workbook can't be reviewed in a pull request."
        return Problem(file, 1, 1, Code.BAD_TABLE, "the table is a workbook of a spreadsheet program", help_text)
    if is_utf_16(data):
        return Problem(file, 1, 1, Code.BAD_TABLE, "the table is UTF-16, not UTF-8", AS_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        return problem_at(file, before, "", not_utf_8(data, error.start), AS_UTF8)
    text = text.removeprefix("\ufeff")
    # Almost no table has such characters, so fast checks of the bytes precede the slow search.
    may_have = len(data.translate(None, _CONTROL_BYTES)) < len(data) or b"\xc2" in data or b"\xef\xbf" in data
    if may_have and (found := FORBIDDEN.search(text)):
        message = f"there is an invisible control character here, U+{ord(found[0]):04X}"
        start = found.start()
        return problem_at(file, text[:start], text[start : start + MAX_SOURCE], message, "Remove it.")
    return text


def problem_at(
    file: str,
    before: str,
    behind: str,
    message: str,
    help: str,  # noqa: A002
    code: Code = Code.BAD_TABLE,
) -> Problem:
    """Return a problem at the end of `before`. `behind` is the text after it."""
    line = 1 + sum(1 for _ in _LINE_END.finditer(before))
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    end = _LINE_END.search(behind)
    source = before[start:] + (behind[: end.start()] if end else behind)
    return Problem(file, line, len(before) - start + 1, code, message, help, shown_source(source))


def shown_source(source: str) -> str:
    """Return the line for a snippet; empty if it is too long."""
    return source if len(source) <= MAX_SOURCE else ""
