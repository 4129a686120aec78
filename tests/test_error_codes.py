"""Codes of errors and of reasons: each in its table, each used, and none twice."""

from __future__ import annotations

import re

import pytest
from message_sources import REPEATED, error_sites

from runner.definitions.problem_codes import Code
from runner.error_codes import ERROR_MEANINGS
from runner.errors import ErrorCode
from runner.reason import REASON_MEANINGS, ReasonCode


def test_every_code_is_used_and_every_raise_has_a_code() -> None:
    sites = list(error_sites())
    assert [site.place for site in sites if site.code is None] == []
    assert {site.code for site in sites} - {REPEATED} == set(ErrorCode)


def test_every_code_has_a_meaning() -> None:
    assert list(ERROR_MEANINGS) == list(ErrorCode)
    assert list(REASON_MEANINGS) == list(ReasonCode)


@pytest.mark.parametrize("code", [*ErrorCode, *ReasonCode])
def test_a_code_is_a_slug_and_its_meaning_a_sentence(code: ErrorCode | ReasonCode) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)
    assert code.name == code.value.upper().replace("-", "_")
    meaning = ERROR_MEANINGS[code] if isinstance(code, ErrorCode) else REASON_MEANINGS[code]
    assert re.match(r"[A-Z-]", meaning)
    assert meaning.endswith(".")


def test_no_code_has_two_meanings() -> None:
    codes = [*map(str, Code), *map(str, ErrorCode), *map(str, ReasonCode)]
    assert len(codes) == len(set(codes))
