"""The text of a YAML file: bytes come in; the text goes out, or the problem because of which it can't be read."""

from __future__ import annotations

import re

from runner.definitions.characters import FORBIDDEN_IN_YAML
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import end_position, source_line
from runner.definitions.reading.encodings import AS_UTF8, not_utf_8
from runner.definitions.reading.lfs_pointer import lfs_problem
from runner.definitions.sources import MAX_FILE_BYTES

# libyaml compares each %TAG directive with all earlier ones: thousands would take minutes. Tags are refused anyway.
_TAG_DIRECTIVE = re.compile(r"(?:^|(?<=[\r\n]))%TAG")


def text_of(data: bytes, file: str) -> str | Problem:
    """Return the text of a file without a mark at its beginning, or its problem. `file` is its name."""
    if len(data) > MAX_FILE_BYTES:
        message = f"the file has more than {MAX_FILE_BYTES:,} bytes, the limit"
        return Problem(file, 1, 1, Code.FILE_TOO_LARGE, message, "Split it into several files.")
    if (pointer := lfs_problem(data, file)) is not None:
        return pointer
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _encoding_problem(data, file, error)
    text = text.removeprefix("\ufeff")
    if found := FORBIDDEN_IN_YAML.search(text):
        return _control_character(text, file, found)
    if "%TAG" in text and (found := _TAG_DIRECTIVE.search(text)):
        line, column = end_position(text[: found.start()])
        message = "the YAML directive %TAG is not allowed"
        return Problem(file, line, column, Code.YAML_TAG, message, "Remove it.", source_line(text, line))
    return text


def _encoding_problem(data: bytes, file: str, error: UnicodeDecodeError) -> Problem:
    line, column = end_position(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
    line_start = max(data.rfind(b"\n", 0, error.start), data.rfind(b"\r", 0, error.start)) + 1
    message = not_utf_8(data, error.start)
    source = source_line(data[line_start : line_start + 2000].decode("utf-8", "replace"), 1)
    return Problem(file, line, column, Code.YAML_ENCODING, message, AS_UTF8, source)


def _control_character(text: str, file: str, found: re.Match[str]) -> Problem:
    line, column = end_position(text[: found.start()])
    message = f"there is an invisible control character here, U+{ord(found.group()):04X}"
    return Problem(file, line, column, Code.YAML_CONTROL_CHARACTER, message, "Remove it.", source_line(text, line))
