"""Problems of the definitions as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.report.markdown.markup import Block, code, escape, page, table
from runner.report.text.problems import verdict


def problems_markdown(definitions: Definitions) -> str:
    """Return the page: the verdict, and a row for every problem and warning with how to fix it."""
    said = escape(verdict(definitions))
    head = f"The definitions can't be fired: {said}" if definitions.problems else said
    if not definitions.found:
        return page([Block([f"**{head}.**"])])
    return page([Block([f"**{head}.**", ""]), problems_table(definitions.found)])


def problems_table(problems: Iterable[Problem]) -> Block:
    """Return the table: a row for each problem with its severity, and how to fix it."""
    return table(["where", "what was found", "problem"], map(_row, problems))


def _row(problem: Problem) -> list[str]:
    found = f"{escape(problem.message)}<br>{escape(problem.help)}" if problem.help else escape(problem.message)
    mark = "" if problem.is_error else "⚠️ warning "
    return [escape(f"{problem.file}:{problem.line}:{problem.column}"), found, f"{mark}{code(problem.code)}"]
