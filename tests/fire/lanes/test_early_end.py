"""What ends a run early: which lanes stop, and with which reason."""

from __future__ import annotations

import signal

import pytest

from fire import account
from runner.errors import ErrorCode, UserError
from runner.fire.lanes.early_end import EarlyEnd
from runner.fire.lanes.lane import Lane


@pytest.fixture
def early_end() -> EarlyEnd:
    """Of a run with two lanes."""
    made = EarlyEnd()
    made.lanes += [Lane(account(name=name), ()) for name in ("india", "europe")]
    return made


def test_a_signal_stops_new_claims_at_once_and_the_first_one_counts(early_end: EarlyEnd) -> None:
    assert not early_end.is_stopping
    early_end.note_signal(signal.SIGTERM)
    early_end.note_signal(signal.SIGINT)
    assert (early_end.is_stopping, early_end.signal, early_end.fault) == (True, signal.SIGTERM, None)


@pytest.mark.parametrize(
    ("error", "is_broken"), [(UserError(ErrorCode.LEDGER_NOT_WRITABLE, "no disk"), False), (KeyError("x"), True)]
)
def test_a_fault_stops_every_lane_and_the_first_one_is_the_reason(
    early_end: EarlyEnd, error: Exception, is_broken: bool
) -> None:
    early_end.stop_for_fault(error)
    fault = early_end.fault
    early_end.stop_for_fault(UserError(ErrorCode.LEDGER_NOT_WRITABLE, "later"))
    assert (early_end.is_stopping, early_end.is_broken, early_end.fault) == (True, is_broken, fault)
    assert all(lane.stopped for lane in early_end.lanes)


def test_an_account_that_cannot_be_used_ends_alone(early_end: EarlyEnd) -> None:
    india, europe = early_end.lanes
    early_end.give_up_account(india, early_end.reason)
    assert [early_end.is_unusable(lane) for lane in (india, europe)] == [True, False]
    assert (india.stopped is not None, europe.stopped, early_end.is_stopping) == (True, None, False)
