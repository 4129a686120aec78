"""Problems as text for people, and as JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.report.counts import counted
from runner.report.safe_text import printable

_SNIPPET_WIDTH = 100


def problem_line(problem: Problem) -> str:
    """Return one line: place, code, what was found, how to fix it."""
    place = f"{printable(problem.file)}:{problem.line}:{problem.column}"
    message = printable(problem.message)
    separator = "; " if message.endswith(".") else ". "
    end = f"{separator}{printable(problem.help)}" if problem.help else ""
    return f"{place}: error[{problem.code}]: {message}{end}"


def snippet(problem: Problem) -> list[str]:
    """Return the line of the file with a caret under the place; nothing if the line is unknown."""
    if not problem.source:
        return []
    column = problem.column - 1
    start = max(0, column - _SNIPPET_WIDTH // 2)
    shown = printable(problem.source[start : start + _SNIPPET_WIDTH])
    before = printable(problem.source[start:column])
    number = f"{problem.line:>5}"
    return [f"{number} | {shown}", f"{' ' * len(number)} | {' ' * _cells(before)}^"]


def _cells(text: str) -> int:
    """Return the width of the text in columns of a terminal."""
    width = 0
    for character in text:
        if unicodedata.category(character) not in ("Mn", "Me", "Cf"):
            width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width


def verdict(definitions: Definitions) -> str:
    """Return the last line: the count of problems, or that all bulletins are valid."""
    files = counted(len(definitions.files), "file")
    if not definitions.problems:
        verb = "is" if len(definitions.bulletins) == 1 else "are"
        return f"{counted(len(definitions.bulletins), 'bulletin')} in {files} {verb} valid"
    wrong = len({problem.file for problem in definitions.problems})
    return f"{counted(len(definitions.problems), 'problem')} in {wrong:,} of {files}"


def problems_json(definitions: Definitions) -> str:
    """Return a JSON document with the verdict and every problem."""
    document = {
        "schema_version": 1,
        "valid": not definitions.problems,
        "files": len(definitions.files),
        "bulletins": len(definitions.bulletins),
        "problems": list(_entries(definitions.problems)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _entries(problems: Iterable[Problem]) -> Iterable[dict[str, object]]:
    for problem in problems:
        yield {
            "code": problem.code.value,
            "severity": "error",
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
            "help": problem.help,
            **({"row": problem.row} if problem.row else {}),
        }
