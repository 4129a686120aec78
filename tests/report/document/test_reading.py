from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import ErrorCode, UserError
from runner.report.document.plan import reviewed_plan
from runner.report.document.run import read_report

ODD = {
    "deeper than the decoder follows": "[" * 100_000,
    "deeper than the validator follows": "[" * 300 + "]" * 300,
    "objects in objects": '{"a":' * 900 + "1" + "}" * 900,
    "more digits than an integer takes": "1" * 5000,
    "a large integer": "9" * 1000,
    "beyond any float": "1e999",
    "no number": "NaN",
    "half of a character": '"\\ud800"',
    "no UTF-8": b'"\xff"',
    "nothing": "",
}


@pytest.mark.parametrize("inside", ["{}", '{{"schema_version": {}}}', '{{"schema_version": 1, "more": {}}}'])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_json_is_refused_in_words(odd: str | bytes, inside: str) -> None:
    before, after = (part.encode() for part in inside.replace("{{", "{").replace("}}", "}").split("{}"))
    text = before + (odd if isinstance(odd, bytes) else odd.encode()) + after
    with pytest.raises(ValueError) as of_report:  # noqa: PT011 - any, but no other kind
        read_report(text)
    with pytest.raises(UserError) as of_plan:
        reviewed_plan(text)
    assert of_plan.value.code in (ErrorCode.NOT_A_PLAN, ErrorCode.PLAN_VERSION)
    for said in (str(of_report.value), of_plan.value.message):
        assert said.isprintable()
        assert not any(word in said for word in ("codec", "recursion", "Recursion", "int()", "Exceeds"))


@given(st.text() | st.binary())
def test_any_text_is_a_report_or_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_report(text)
