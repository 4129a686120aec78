"""Problems as text for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from runner.alike_group import AlikeGroup
from runner.definitions.model import Definitions
from runner.definitions.problem import Problem, further_rows
from runner.definitions.suggest import counted
from runner.report.alike_problems import alike_problems
from runner.report.safe_text import printable

_SNIPPET_WIDTH = 100


def problem_line(problem: Problem) -> str:
    """Return one line: place, severity, code, what was found, how to fix it."""
    place = f"{printable(problem.file)}:{problem.line}:{problem.column}"
    message = printable(problem.message)
    separator = "; " if message.endswith(".") else ". "
    end = f"{separator}{printable(problem.help)}" if problem.help else ""
    return f"{place}: {problem.severity}[{problem.code}]: {message}{end}"


def row_lines(problem: Problem, *, whole: bool = False) -> Iterator[str]:
    """Return the lines below a problem about rows: further rows with their own texts, and how many are not shown."""
    if problem.rows is None:
        return
    yield from (f"    {printable(text)}" for _, text in further_rows(problem, whole=whole) if text)
    if more := problem.rows.unshown(whole=whole):
        hint = "" if whole else "; bulletins validate --verbose lists them"
        yield f"    {counted(more, 'more row')} {'is' if more == 1 else 'are'} not listed{hint}"


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


def problem_lines(problems: Iterable[Problem], *, whole: bool = False) -> Iterator[str]:
    """Return the lines of all problems with those of their rows. Warnings that are alike are folded unless `whole`."""
    for group in alike_problems(problems, whole=whole):
        for problem in group.leading:
            yield problem_line(problem)
            yield from row_lines(problem, whole=whole)
        yield from more_line(group)


def more_line(group: AlikeGroup[Problem]) -> Iterator[str]:
    """Return the line that counts the warnings of a group that have no line of their own; nothing if all have one."""
    if more := group.unshown():
        file, code = group.first.file, group.first.code
        yield f"{printable(file)}: {counted(more, 'more warning')} [{code}] (bulletins validate --verbose shows all)"


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
