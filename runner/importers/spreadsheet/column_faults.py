"""Report alike problems of a column once, at its header, with the number of rows and the first three of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import replace

from runner.alike_group import AlikeGroup, fold
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.importers.spreadsheet.sheet import CellProblem, Sheet, SheetRow, letters

_LIMITS = (Code.TOO_MANY_PROBLEMS, Code.TOO_MANY_WARNINGS)
# What differs between messages about the same fault: quoted texts, names of places, and numbers.
_INSTANCE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s:]+:[0-9]+|[0-9]+(?:[.,:][0-9]+)*")


def folded(problems: Iterable[Problem], sheet: Sheet, header: SheetRow) -> list[Problem]:
    """Return the problems with alike ones of a column, or of whole rows, as one problem."""
    of_rows: dict[Hashable, CellProblem] = {}
    others: list[Problem] = []
    for problem in problems:
        if isinstance(problem, CellProblem) and problem.row_line != header.line and problem.code not in _LIMITS:
            of_rows.setdefault((_kind(problem), problem.row_line), problem)
        else:
            others.append(problem)
    # The limit was reached by rows, which are now reported together.
    kept = [problem for problem in others if problem.code not in _LIMITS] if of_rows else others
    least = "at least " if len(kept) < len(others) else ""
    rows = {row.line: row for row in sheet.rows}
    kept += (_one(group, sheet, header, rows, least) for group in fold(of_rows.values(), _kind))
    return with_names(kept, sheet)


def _kind(problem: CellProblem) -> Hashable:
    return problem.number, problem.code, _INSTANCE.sub("", problem.message)


def with_names(problems: Iterable[Problem], sheet: Sheet) -> list[Problem]:
    """Return the problems of a workbook with the names of their cells, such as C4, before the messages."""
    return [
        replace(problem, message=f"{letters(problem.number)}{problem.line}: {problem.message}")
        if isinstance(problem, CellProblem) and problem.number is not None and not sheet.delimiter
        else problem
        for problem in problems
    ]


def _one(
    group: AlikeGroup[CellProblem], sheet: Sheet, header: SheetRow, rows: dict[int, SheetRow], least: str
) -> CellProblem:
    first = group.first
    if group.count == 1:
        return first
    is_same = all(problem.message == first.message for problem in group.instances)
    shown = ", ".join(_instance(rows[problem.row_line], first.number, is_same) for problem in group.shown())
    more = f" and {least}{group.unshown():,} more" if group.unshown() else ""
    message = f"{first.message}, in {least}{group.count:,} rows: {sheet.lines_are}s {shown}{more}"
    if first.number is None:
        return replace(first, message=message)
    help_text = first.help
    if any(problem.help != first.help for problem in group.instances):  # each cell has its own value to write
        help_text = f"For {quoted(rows[first.row_line].cell(first.number))}: {first.help}"
    at_header = sheet.problem(header, first.number, first.code, message, help_text)
    return replace(at_header, row_line=first.row_line)


def _instance(row: SheetRow, number: int | None, is_same: bool) -> str:
    if number is None or is_same:
        return f"{row.line:,}"
    return f"{row.line:,} ({quoted(row.cell(number))})"
