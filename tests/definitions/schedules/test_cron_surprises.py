"""Valid cron expressions with times that people may not expect, and how the same times are written on purpose."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pytest
from cronsim import CronSim

from runner.definitions.schedules.cron import fault
from runner.definitions.schedules.cron_surprises import surprises

START = datetime(2027, 1, 1)


def times(cron: str) -> list[datetime]:
    return list(islice(CronSim(cron, START), 500))


@pytest.mark.parametrize(
    ("cron", "on_purpose"),
    [
        ("* 18 * * FRI", "0-59 18 * * FRI"),
        ("*/1 18 * * FRI", "0-59 18 * * FRI"),
        ("*/40 * * * *", "0,40 * * * *"),
        ("*/7 * * * *", "0-59/7 * * * *"),
        ("7/40 9-17 * * *", "7,47 9-17 * * *"),
        ("0 */5 * * *", "0 0,5,10,15,20 * * *"),
        ("0 */9 * * *", "0 0,9,18 * * *"),
        ("0 18 */2 * *", "0 18 1-31/2 * *"),
        ("0 18 */15 * *", "0 18 1-31/15 * *"),
        ("0 18 1 */5 *", "0 18 1 JAN,JUN,NOV *"),
        ("0 18 * * */2", "0 18 * * SUN,TUE,THU,SAT"),
        ("0 18 31 * *", "0 18 31-31 * *"),
        ("0 18 30 * *", "0 18 30-30 * *"),
        ("0 18 15,30 * *", "0 18 15,30-30 * *"),
    ],
)
def test_a_surprise_has_another_way_of_writing_the_same_times(cron: str, on_purpose: str) -> None:
    assert fault(cron) is None
    assert len(surprises(cron)) == 1
    assert surprises(on_purpose) == ()
    assert times(cron) == times(on_purpose)


@pytest.mark.parametrize(
    ("cron", "advice"),
    [
        ("0 18 13 * FRI", "Write * for one"),
        ("0 18 1-7 * FRI", "FRI#1"),
        ("0 18 8-14 * mon", "MON#2"),
        ("0 18 25-31 * 5", "5L"),
        ("0 18 L * FRI", "Write * for one"),
    ],
)
def test_two_days_are_a_surprise(cron: str, advice: str) -> None:
    ((_, hint),) = surprises(cron)
    assert advice in hint


def test_for_a_step_over_whole_hours_the_entries_are_shown() -> None:
    ((_, hint),) = surprises("*/40 * * * *")
    assert "three entries with 0 */2 * * *, 20 1-23/2 * * * and 40 */2 * * *" in hint


@pytest.mark.parametrize(
    "cron",
    [
        "30 18 * * FRI",
        "*/15 9-17 * * MON-FRI",
        "5/10 * * * *",
        "5/20 * * * *",
        "0 */6 * * *",
        "0 1/2 * * *",
        "0 18 L * *",
        "0 18 LW * *",
        "0 18 1,15 * *",
        "0 18 29 2 *",
        "0 18 31 12 *",
        "0 18 * * FRI#1",
        "0 18 * * 5L",
        "0 18 1 */3 *",
        "0 18 1-31/2 * *",
    ],
)
def test_usual_expressions_are_none(cron: str) -> None:
    assert fault(cron) is None
    assert surprises(cron) == ()
