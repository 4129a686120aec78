from __future__ import annotations

import pytest

from runner.plan.history import BLOCKING, History, State


@pytest.mark.parametrize("state", State)
def test_what_was_or_may_be_sent_blocks_and_nothing_else(state: State) -> None:
    assert (state in BLOCKING) == (state in {State.CLAIMED, State.FIRED, State.IN_DOUBT})


def test_an_empty_history_knows_nothing() -> None:
    assert History() == History({}, {})
