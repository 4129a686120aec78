"""The wording of each family of messages, pinned in one golden file. All other tests assert codes."""

from __future__ import annotations

import pytest
from messages import FAMILIES, golden_file, text_of

from runner.reason import ReasonCode

# Reasons that only a run gives. All others come from a plan.
_OF_RUNS = list(ReasonCode)[list(ReasonCode).index(ReasonCode.HTTP_400) :]


@pytest.mark.parametrize("family", FAMILIES)
def test_messages_are_as_reviewed(family: str, request: pytest.FixtureRequest) -> None:
    path = golden_file(family)
    if request.config.getoption("--renew-golden"):
        path.write_text(text_of(family), encoding="utf-8")
    assert text_of(family).splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_every_golden_file_belongs_to_a_family() -> None:
    assert {path.stem for path in golden_file("x").parent.iterdir()} == set(FAMILIES)


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_has_a_sample(code: ReasonCode) -> None:
    family = "run_reasons" if code in _OF_RUNS else "plan_reasons"
    assert f"[{code.value}] " in text_of(family)
