"""The pages of the explanations: their width, and the rules of fields."""

from __future__ import annotations

import pytest

from runner.definitions.problem_codes import Code
from runner.report.text.explain_pages import RULES, listed_by_theme, page


@pytest.mark.parametrize("width", [40, 80])
def test_lines_keep_to_the_width(width: int) -> None:
    assert max(map(len, listed_by_theme(width))) <= width
    for code in Code:
        kept = [line for line in page(code, width) if not line.startswith("    ")]
        assert max(map(len, kept)) <= width


@pytest.mark.parametrize("code", list(RULES))
def test_the_rules_of_the_fields_are_reported(code: str) -> None:
    lines = list(page(Code(code), 400))
    head = "rule:" if len(RULES[code]) == 1 else "rules:"
    reported = lines[lines.index(head) + 1 :]
    assert [line.split()[0] for line in reported] == [field.partition(": ")[2] for field in RULES[code]]
    assert all(len(line.split()) > 3 for line in reported)


def test_only_headings_are_styled() -> None:
    lines = list(page(Code.BAD_DURATION, 80, heading=lambda text: f"<{text}>"))
    assert lines[0] == "<bad-duration>: a duration can't be used"
    assert [line for line in lines if line.startswith("<")] == [lines[0], "<wrong:>", "<right:>", "<rule:>"]
