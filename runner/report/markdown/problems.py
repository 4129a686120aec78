"""Problems of the definitions as Markdown."""

from __future__ import annotations

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.report.markdown.markup import Block, code, escape, page, table
from runner.report.text.problems import verdict


def problems_markdown(definitions: Definitions) -> str:
    """Return the page: the verdict, and a row for every problem with how to fix it."""
    said = escape(verdict(definitions))
    if not definitions.problems:
        return page([Block([f"**{said}.**"])])
    head = Block([f"**The definitions can't be fired: {said}.**", ""])
    return page([head, table(["where", "what was found", "problem"], map(_row, definitions.problems))])


def _row(problem: Problem) -> list[str]:
    found = f"{escape(problem.message)}<br>{escape(problem.help)}" if problem.help else escape(problem.message)
    return [escape(f"{problem.file}:{problem.line}:{problem.column}"), found, code(problem.code)]
