"""Problems of the definitions as Markdown."""

from __future__ import annotations

from functools import partial

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.report.markdown.markup import Block, code, escape, page, table
from runner.report.text.problems import row_lines, verdict


def problems_markdown(definitions: Definitions, *, whole: bool = False) -> str:
    """Return the page: the verdict, and a row for every problem with how to fix it.

    `whole`: with every row of a problem.
    """
    said = escape(verdict(definitions))
    if not definitions.problems:
        return page([Block([f"**{said}.**"])])
    head = Block([f"**The definitions can't be fired: {said}.**", ""])
    return page(
        [head, table(["where", "what was found", "problem"], map(partial(_row, whole=whole), definitions.problems))]
    )


def _row(problem: Problem, *, whole: bool) -> list[str]:
    texts = [problem.message, *filter(None, [problem.help]), *map(str.strip, row_lines(problem, whole=whole))]
    return [
        escape(f"{problem.file}:{problem.line}:{problem.column}"),
        "<br>".join(map(escape, texts)),
        code(problem.code),
    ]
