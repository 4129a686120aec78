"""Problems of the definitions as Markdown."""

from __future__ import annotations

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.report.markdown.markup import Block, code, inert, page, table
from runner.report.text.problems import verdict


def problems_markdown(definitions: Definitions) -> str:
    """Return the page: the verdict, and a row for every problem with how to fix it."""
    said = inert(verdict(definitions))
    if not definitions.problems:
        return page([Block([f"**{said}.**"])])
    head = Block([f"**The definitions can't be fired: {said}.**", ""])
    return page([head, table(["where", "what was found", "problem"], map(_row, definitions.problems))])


def _row(problem: Problem) -> list[str]:
    found = f"{inert(problem.message)}<br>{inert(problem.help)}" if problem.help else inert(problem.message)
    return [inert(f"{problem.file}:{problem.line}:{problem.column}"), found, code(problem.code)]
