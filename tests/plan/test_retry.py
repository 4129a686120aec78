"""A firing that is refused again and again is tried once an hour, but never at the cost of its last chance."""

from __future__ import annotations

from datetime import timedelta

from plan import HOUR, NOW, knowing, make_entry, make_firing
from runner.plan.decide import Action, decide
from runner.plan.history import State
from runner.reason import ReasonCode

MINUTE = timedelta(minutes=1)
LONG = make_firing(at=NOW - HOUR, grace=timedelta(hours=12))


def action(refusals: int, ago: timedelta, *, firing=LONG, **fields: object) -> tuple[Action, ReasonCode]:  # type: ignore[no-untyped-def]
    values = {"refusals": refusals, "failures": refusals, "reason": "HTTP 400", "settled_at": NOW - ago, **fields}
    (step,) = decide([firing], knowing(make_entry(firing, State.FAILED, **values)), NOW).steps
    assert step.will_be_sent
    return step.action, step.reason.code


def test_the_first_two_refusals_are_tried_by_the_next_run() -> None:
    assert action(1, MINUTE) == action(2, MINUTE) == (Action.RETRY, ReasonCode.FAILED_BEFORE)


def test_after_the_third_it_is_tried_once_an_hour() -> None:
    assert action(3, MINUTE) == action(9, HOUR - MINUTE) == (Action.WAIT, ReasonCode.RETRIED_LATER)
    assert action(3, HOUR) == action(9, HOUR + MINUTE) == (Action.RETRY, ReasonCode.FAILED_BEFORE)


def test_an_edit_is_tried_at_once() -> None:
    assert action(3, MINUTE, fingerprint="sha256:other") == (Action.RETRY, ReasonCode.FAILED_BEFORE)


def test_other_failures_are_tried_by_the_next_run() -> None:
    assert action(0, MINUTE, failures=5) == (Action.RETRY, ReasonCode.FAILED_BEFORE)


def test_the_last_hour_of_the_grace_is_not_lost() -> None:
    firing = make_firing(at=NOW - HOUR, grace=HOUR + timedelta(minutes=40))
    assert action(3, MINUTE, firing=firing) == (Action.RETRY, ReasonCode.FAILED_BEFORE)


def test_a_bulletin_that_never_expires_is_tried_once_an_hour() -> None:
    firing = make_firing()
    assert action(3, MINUTE, firing=firing) == (Action.WAIT, ReasonCode.RETRIED_LATER)
