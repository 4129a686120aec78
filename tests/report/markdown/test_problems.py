"""Problems as Markdown."""

from __future__ import annotations

import pytest

from report.documents import make_problem, make_problems, make_warning
from report.hostile import HOSTILE
from report.markdown import ALLOWED, rendered
from runner.report.markdown.problems import problems_markdown
from runner.report.safe_text import printable


def test_every_problem_has_its_place_and_its_fix() -> None:
    seen = rendered(problems_markdown(make_problems(make_problem())))

    assert seen.text.startswith("The definitions can't be fired: 1 problem in 1 of 2 files.")
    assert seen.rows[1] == [
        "bulletins.d/x.yaml:9:19",
        'properties.program_id is the number 234567; CleverTap takes only textWrite "234567".',
        "property-not-string",
    ]


def test_a_warning_is_marked_and_blocks_nothing() -> None:
    seen = rendered(problems_markdown(make_problems(make_warning())))

    assert seen.text.startswith("0 bulletins in 2 files are valid, with 1 warning.")
    assert "warning" in seen.rows[1][2]


def test_a_valid_set_is_said_to_be() -> None:
    assert rendered(problems_markdown(make_problems())).text == "0 bulletins in 1 file are valid.\n"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    seen = rendered(problems_markdown(make_problems(make_problem(file=text, message=text, help=text))))

    assert seen.tags <= ALLOWED
    assert {len(row) for row in seen.rows} == {3}
    place = seen.rows[1][0]
    assert place == printable(f"{text}:9:19").strip()
