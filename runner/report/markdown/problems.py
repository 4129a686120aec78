"""Problems of the definitions as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.definitions.suggest import counted
from runner.report.alike_problems import alike_problems
from runner.report.markdown.markup import Block, code, escape, page, table
from runner.report.text.problems import row_lines, verdict


def problems_markdown(definitions: Definitions, *, whole: bool = False) -> str:
    """Return the page: the verdict, and a row for every problem and warning with how to fix it.

    `whole`: with every row of a problem, and every warning of many that are alike.
    """
    said = escape(verdict(definitions))
    head = f"The definitions can't be fired: {said}" if definitions.problems else said
    if not definitions.found:
        return page([Block([f"**{head}.**"])])
    return page([Block([f"**{head}.**", ""]), problems_table(definitions.found, whole=whole)])


def problems_table(problems: Iterable[Problem], *, whole: bool = False) -> Block:
    """Return the table: a row for each problem with its severity, and how to fix it."""
    return table(["where", "what was found", "problem"], _rows(problems, whole=whole))


def _rows(problems: Iterable[Problem], *, whole: bool) -> Iterator[list[str]]:
    for group in alike_problems(problems, whole=whole):
        yield from (_row(problem, whole=whole) for problem in group.leading)
        if more := group.unshown():
            yield [escape(group.first.file), escape(counted(more, "more warning")), code(group.first.code)]


def _row(problem: Problem, *, whole: bool) -> list[str]:
    texts = [problem.message, *filter(None, [problem.help]), *map(str.strip, row_lines(problem, whole=whole))]
    mark = "" if problem.is_error else "⚠️ warning "
    place = escape(f"{problem.file}:{problem.line}:{problem.column}")
    return [place, "<br>".join(map(escape, texts)), f"{mark}{code(problem.code)}"]
