"""Warnings about a `when` that lies far from the time of sending, at both limits and for each action."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plan import HOUR, NOW, make_firing
from runner.plan.decide import Action, Step
from runner.plan.event_time import FARTHEST_AHEAD, OLDEST, event_time_warnings, step_warnings
from runner.reason import Reason, ReasonCode

SECOND = timedelta(seconds=1)
LATER = NOW + 48 * HOUR


def unix(at: object) -> int:
    return int(at.timestamp())  # type: ignore[attr-defined]


def warned(action: Action, **fields: object) -> bool:
    return bool(step_warnings(Step(make_firing(**fields), action, Reason(ReasonCode.DUE, "")), NOW))


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (-OLDEST - SECOND, True),
        (-OLDEST, False),
        (timedelta(0), False),
        (FARTHEST_AHEAD, False),
        (FARTHEST_AHEAD + SECOND, True),
        (timedelta(days=-9000), True),
        (timedelta(days=9000), True),
    ],
)
def test_both_limits(distance: timedelta, *, expected: bool) -> None:
    assert bool(event_time_warnings(unix(NOW + distance), NOW)) == expected
    assert warned(Action.FIRE, when=unix(NOW + distance)) == expected
    assert warned(Action.WAIT, when=unix(LATER + distance), at=LATER) == expected


def test_now_is_never_too_old() -> None:
    assert event_time_warnings("now", NOW) == ()
    assert not warned(Action.FIRE)


def test_a_late_firing_is_judged_by_the_time_of_sending() -> None:
    due_at = NOW - 3 * HOUR
    assert warned(Action.FIRE, when=unix(due_at), at=due_at, grace=4 * HOUR)
    assert not warned(Action.RETRY, when=unix(NOW), at=due_at, grace=4 * HOUR)


@pytest.mark.parametrize("action", list(Action))
def test_only_what_may_go_out_is_warned_of(action: Action) -> None:
    expected = action in (Action.FIRE, Action.RETRY, Action.WAIT)
    assert warned(action, when=unix(NOW - 3 * HOUR)) == expected
