"""Problems as text for people."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import counted
from runner.report.safe_text import printable

_SNIPPET_WIDTH = 100
_MOST_ALIKE = 3  # warnings of one code that are shown for one file


def problem_line(problem: Problem) -> str:
    """Return one line: place, severity, code, what was found, how to fix it."""
    place = f"{printable(problem.file)}:{problem.line}:{problem.column}"
    message = printable(problem.message)
    separator = "; " if message.endswith(".") else ". "
    end = f"{separator}{printable(problem.help)}" if problem.help else ""
    return f"{place}: {problem.severity}[{problem.code}]: {message}{end}"


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


def folded_warnings(problems: Iterable[Problem], *, whole: bool = False) -> Iterator[Problem | str]:
    """Yield the problems; of warnings with one code in one file only the first few, and a line that counts the others.

    Errors are never folded here, and with `whole` nothing is.
    """
    alike: Counter[tuple[str, Code]] = Counter()
    for problem in problems:
        if not problem.is_error and not whole:
            alike[problem.file, problem.code] += 1
            if alike[problem.file, problem.code] > _MOST_ALIKE:
                continue
        yield problem
    for (file, code), count in alike.items():
        if count > _MOST_ALIKE:
            more = counted(count - _MOST_ALIKE, "more warning")
            yield f"{printable(file)}: {more} [{code}] (bulletins validate --verbose shows all)"


def verdict(definitions: Definitions) -> str:
    """Return the last line: the count of problems, or that all bulletins are valid; and the count of warnings."""
    files, warnings = counted(len(definitions.files), "file"), counted(len(definitions.warnings), "warning")
    if not definitions.problems:
        verb = "is" if len(definitions.bulletins) == 1 else "are"
        said = f"{counted(len(definitions.bulletins), 'bulletin')} in {files} {verb} valid"
        return f"{said}, with {warnings}" if definitions.warnings else said
    wrong = len({problem.file for problem in definitions.problems})
    said = f"{counted(len(definitions.problems), 'problem')} in {wrong:,} of {files}"
    if strict := sum(problem.is_strict for problem in definitions.problems):
        said += f" ({counted(strict, 'warning')} among them, {'an error' if strict == 1 else 'errors'} by --strict)"
    return f"{said}, and {warnings}" if definitions.warnings else said
