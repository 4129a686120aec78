"""Report alike problems of a column once, at its header, with the number of rows and the first three of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted
from runner.importers.spreadsheet.sheet import CellProblem, Sheet, SheetRow, letters

_SHOWN = 3
# What differs between messages about the same fault: quoted texts, names of places, and numbers.
_INSTANCE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s:]+:[0-9]+|[0-9]+")


def folded(problems: Iterable[Problem], sheet: Sheet, header: SheetRow) -> list[Problem]:
    """Return the problems with alike ones of a column, or of whole rows, as one problem."""
    kept: list[Problem] = []
    groups: dict[tuple[object, ...], list[CellProblem]] = {}
    is_counted = True
    for problem in problems:
        if isinstance(problem, CellProblem) and problem.row_line != header.line:
            kind = (problem.number, problem.code, _INSTANCE.sub("", problem.message))
            groups.setdefault(kind, []).append(problem)
        else:
            is_counted &= problem.code is not Code.TOO_MANY_PROBLEMS
            kept.append(problem)
    if groups and not is_counted:  # the limit was reached by rows that are now reported together
        kept = [problem for problem in kept if problem.code is not Code.TOO_MANY_PROBLEMS]
    cells = {row.line: row for row in sheet.rows}
    for group in groups.values():
        kept.append(
            group[0] if len(group) == 1 else _one(group, sheet, header, cells, "" if is_counted else "at least ")
        )
    return with_names(kept, sheet)


def with_names(problems: Iterable[Problem], sheet: Sheet) -> list[Problem]:
    """Return the problems of a workbook with the names of their cells, such as C4, before the messages."""
    return [
        replace(problem, message=f"{letters(problem.number)}{problem.line}: {problem.message}")
        if isinstance(problem, CellProblem) and problem.number is not None and not sheet.delimiter
        else problem
        for problem in problems
    ]


def _one(
    group: list[CellProblem], sheet: Sheet, header: SheetRow, rows: dict[int, SheetRow], least: str
) -> CellProblem:
    first = group[0]
    lines = list(dict.fromkeys(problem.row_line for problem in group))
    is_same = all(problem.message == first.message for problem in group)
    shown = [_instance(rows[line], first.number, is_same) for line in lines[:_SHOWN]]
    more = f" and {least}{len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
    message = f"{first.message}, in {least}{len(lines):,} rows: {sheet.lines_are}s {', '.join(shown)}{more}"
    if first.number is None:
        return replace(first, message=message)
    place = sheet.problem(header, first.number, first.code, message, first.help)
    return replace(place, row_line=first.row_line)


def _instance(row: SheetRow, number: int | None, is_same: bool) -> str:
    if number is None or is_same:
        return f"{row.line:,}"
    return f"{row.line:,} ({quoted(row.cell(number))})"
