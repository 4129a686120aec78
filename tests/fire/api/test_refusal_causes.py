"""The explained answers agree with what the program does, and 401 names its three causes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.fire.api.answer import Answer
from runner.fire.api.refusal_causes import ANSWERS, HINTS, answer_code
from runner.fire.outcome import Outcome, judge
from runner.reason import ReasonCode

_SAMPLES = {"http-1xx": 102, "http-2xx": 202, "http-3xx": 301, "http-4xx": 408, "http-5xx": 503}


@pytest.mark.parametrize("text", ["429", "http-429", "HTTP 429", " Http429 ", "http 429"])
def test_an_answer_is_found_as_people_write_it(text: str) -> None:
    assert answer_code(text) == "http-429"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("503", "http-5xx"),
        ("http-5xx", "http-5xx"),
        ("200", "http-2xx"),
        ("408", "http-4xx"),
        ("42", None),
        ("yaml-key", None),
    ],
)
def test_other_answers(text: str, code: str | None) -> None:
    assert answer_code(text) == code


@pytest.mark.parametrize("cause", ["region", "wrong passcode", "expired"])
def test_a_401_names_its_causes(cause: str) -> None:
    assert cause in HINTS[401]
    assert cause.split()[-1] in ANSWERS["http-401"].meaning


def test_the_pages_agree_with_the_outcomes() -> None:
    for code, explanation in ANSWERS.items():
        status = _SAMPLES.get(code) or int(code.removeprefix("http-"))
        answer = Answer(datetime.now(UTC), 1.0, left=True, http_status=status, body=b"{}", complete=True)
        judgement = judge(answer)
        assert ("in doubt" in explanation.handling) == (judgement.outcome is Outcome.IN_DOUBT)
        assert explanation.handling.startswith("Nothing was sent.") == (judgement.outcome is Outcome.FAILED)
        assert ("nothing more to the account" in explanation.handling) == judgement.stop_account
        assert judgement.reason is not None
        assert code not in list(ReasonCode) or judgement.reason.code.value == code
        assert judgement.reason.text.endswith(HINTS.get(status, ""))
