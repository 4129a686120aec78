"""Each planted mistake is found where it was made, with a fix, and without problems that only follow from it."""

from __future__ import annotations

import pytest
from planted_mistakes import ACCOUNTS, EVENTS, MISTAKES, Mistake

from runner.definitions.load import load_sources
from runner.definitions.problem import Problem
from runner.definitions.sources import Source


def found(text: str) -> tuple[Problem, ...]:
    sources = {"accounts.yaml": ACCOUNTS, "events.yaml": EVENTS, "shows.yaml": text}
    return load_sources([Source(name, content.encode) for name, content in sources.items()]).found


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_one_problem_on_the_line_of_the_mistake(mistake: Mistake) -> None:
    (problem,) = found(mistake.text)
    right = mistake.text.replace(mistake.wrong, mistake.right)
    lines = zip(mistake.text.splitlines(), [*right.splitlines(), ""], strict=False)
    wrong_line = next(number for number, (one, other) in enumerate(lines, start=1) if one != other)
    assert problem.line == wrong_line
    assert problem.help


def test_without_its_mistake_each_file_is_valid() -> None:
    for mistake in MISTAKES:
        assert found(mistake.text.replace(mistake.wrong, mistake.right)) == ()
