"""Which new bulletins have a time in the past."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, make_bulletin
from runner.definitions.model import Recurrence, Schedule
from runner.plan.past_times import past_time

SECOND = timedelta(seconds=1)
WEEKLY = ("30 18 * * FRI", "Asia/Kolkata")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"schedule": Schedule(NOW - SECOND, HOUR)}, "as soon as fire runs"),
        ({"schedule": Schedule(NOW - HOUR - SECOND, HOUR)}, "never sent"),
        ({"schedule": Recurrence(*WEEKLY, ends=NOW - SECOND)}, "never due again"),
    ],
)
def test_a_time_in_the_past(fields: dict[str, Any], said: str) -> None:
    found = past_time(make_bulletin(**fields), NOW)
    assert found is not None
    assert said in found[0]
    assert past_time(make_bulletin(enabled=False, **fields), NOW) is None


@pytest.mark.parametrize("schedule", [None, Schedule(NOW, HOUR), Recurrence(*WEEKLY), Recurrence(*WEEKLY, ends=NOW)])
def test_a_time_that_has_not_passed(schedule: Schedule | Recurrence | None) -> None:
    assert past_time(make_bulletin(schedule=schedule), NOW) is None
