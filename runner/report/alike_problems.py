"""Problems of the definitions that are alike, for all formats: the warnings of one code in one file.

In: problems in the order of their places. Out: groups. An error is a group of its own: each has to be fixed at its
place. The rows with one error are folded before, in the problem itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from runner.alike_group import AlikeGroup, fold
from runner.definitions.problem import Problem


def alike_problems(problems: Iterable[Problem], *, whole: bool = False) -> list[AlikeGroup[Problem]]:
    """Return the groups in the order of their first problems. `whole`: each problem is a group of its own."""
    numbered = enumerate(problems)
    groups = fold(numbered, lambda each: each[0] if whole else _common(*each))
    return [
        AlikeGroup(
            tuple(problem for _, problem in group.instances),
            tuple(problem for _, problem in group.leading),
            group.count,
        )
        for group in groups
    ]


def _common(number: int, problem: Problem) -> Hashable:
    return number if problem.is_error else (problem.file, problem.code)
