from __future__ import annotations

import re

import pytest

from runner.definitions.problem_codes import EXPLANATIONS, THEMES, Code


def test_every_code_is_explained_under_one_theme() -> None:
    assert sorted(code for codes in THEMES.values() for code in codes) == sorted(Code)
    assert list(EXPLANATIONS) == list(Code)


@pytest.mark.parametrize("code", Code)
def test_an_explanation_says_all_four_things(code: Code) -> None:
    explanation = EXPLANATIONS[code]
    assert explanation.summary[0] == explanation.summary[0].lower()
    assert not explanation.summary.endswith(".")
    assert explanation.why.endswith(".")
    assert explanation.wrong != explanation.right


@pytest.mark.parametrize("code", Code)
def test_a_code_is_a_slug(code: Code) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert code.name == code.value.upper().replace("-", "_")
