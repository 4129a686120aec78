"""Steps, ranges and lists of a cron expression: what is refused, and the times of what is advised instead."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

import pytest
from cronsim import CronSim, CronSimError
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.schedules.cron import fault
from runner.definitions.schedules.cron_fields import FIELDS, items_of
from runner.definitions.schedules.cron_steps import entries_for

START = datetime(2027, 1, 1)


def advised(cron: str) -> str:
    found = fault(cron)
    assert found is not None
    return found[1]


def minutes_of_day(cron: str) -> set[int]:
    """The minutes of one day at which an expression is due, by the library."""
    times = CronSim(cron, START - timedelta(minutes=1))
    due = (at for at in islice(times, 24 * 60) if at.date() == START.date())
    return {at.hour * 60 + at.minute for at in due}


@pytest.mark.parametrize(
    ("cron", "entries"),
    [
        ("*/90 * * * *", ["0 */3 * * *", "30 1-23/3 * * *"]),
        ("5/90 * * * *", ["5 */3 * * *", "35 1-23/3 * * *"]),
        ("*/60 * * * FRI", ["0 * * * FRI"]),
        ("*/120 * 1 * *", ["0 */2 1 * *"]),
        ("*/80 * * * *", ["0 */4 * * *", "20 1-23/4 * * *", "40 2-23/4 * * *"]),
    ],
)
def test_a_step_longer_than_an_hour_is_refused_with_the_entries_that_replace_it(cron: str, entries: list[str]) -> None:
    assert all(entry in advised(cron) for entry in entries)


@pytest.mark.parametrize(
    ("cron", "instead"),
    [
        ("*/90 9-17 * * *", "Write 0 "),
        ("*/100 * * * *", "Write 0 "),
        ("50/10 * * * *", "Write 50 "),
        ("9-17/10 * * * *", "Write 9 "),
        ("0 */36 * * *", "Write 0 "),
        ("0 */24 * * *", "Write 0 "),
        ("0 0 */40 * *", "Write 1 "),
        ("0 0 1 */13 *", "Write 1 "),
        ("0 18 * * */7", "Write SUN "),
        ("0 18 * * */8", "Write SUN "),
        ("0 18 * * 0-7/7", "Write SUN "),
        ("0 18 * * mon-mon/2", "Write MON."),
        ("5-5/10 * * * *", "Write 5."),  # the library would go on from 5 to 55
        ("0 18 * * 1/2", "Write 1,3,5 without Sunday, or 1,3,5,0 with it."),
        ("0 18 * * 4/3", "Write 4 without Sunday, or 4,0 with it."),
        ("0 18 L/2 * *", "Write L."),
        ("0 18 1,* * *", "Write only *"),
    ],
)
def test_a_step_that_is_only_one_value_or_is_read_differently_is_refused(cron: str, instead: str) -> None:
    assert advised(cron).startswith(instead)


@pytest.mark.parametrize(
    ("cron", "instead"),
    [
        ("0 22-2 * * *", "22-23,0-2"),
        ("0 23-1 * * *", "23,0-1"),
        ("0 22-4/2 * * *", "22,0,2,4"),
        ("0 18 * * FRI-MON", "FRI,SAT,SUN,MON"),
        ("0 18 * * sat-sun", "SAT,SUN"),
        ("0 18 * * 6-0", "6,0"),
        ("0 18 * * MON-SUN", "*"),
        ("0 18 1 NOV-FEB *", "NOV,DEC,JAN,FEB"),
    ],
)
def test_a_range_over_the_end_of_its_field_is_refused_with_a_list(cron: str, instead: str) -> None:
    assert advised(cron).endswith(f"write {instead}.")
    changed = [instead if "-" in field else field for field in cron.split()]
    assert fault(" ".join(changed)) is None


@pytest.mark.parametrize(
    ("cron", "instead"),
    [
        ("18 30 * * *", "30 18 * * *"),
        ("18:30 * * * *", "30 18 * * *"),
        ("0 24 * * *", "Write 0 for midnight"),
        ("0 18 * * FRIDAY", "Write FRI."),
        ("0 9pm * * *", "Write 21:"),
        ("0 12am * * *", "Write 0:"),
        ("0 18 * * FRI;SAT", "write FRI,SAT."),
        ("0 9|18 * * *", "write 9,18."),
        ("0 18 * * weekdays", "Write MON-FRI."),
        ("0 9, 18 * * *", "0 9,18 * * *"),
        ("0 30 18 * * FRI 2026", "write 30 18 * * FRI."),
        ("0 30 18 ? * 2 *", "write 30 18 * * MON."),
        ("0 30 18 ? * 2-6", "Write 30 18 * * MON-FRI"),
        ("30 18 ? * 6L 2026", "Write 30 18 * * 5L"),
        ("0 18 * * monday-friday", "Write MON-FRI."),
        ("0 18 * * FRY", "FRI"),
        ("0 18 FRI * *", "fifth field"),
        ("0 18 * * DEC", "fourth field"),
        ("0 18 * * FRIL", "Write 5L"),
        ("0 18 * * L", "SAT"),
        ("0 18 15W * *", "LW"),
        ("0 18 L-3 * *", "Write L "),
        ("0 18 ? * FRI", "Write * "),
        ("H 18 * * *", "write the value itself"),
        ("0 0~5 * * *", "write the value itself"),
        ("0 0 18 * * FRI", "Write 0 18 * * FRI"),
        ("0 18 ? * FRI 2026", "Write 0 18 * * FRI"),
    ],
)
def test_for_usual_mistakes_the_fix_is_shown(cron: str, instead: str) -> None:
    assert instead in advised(cron)


def test_six_fields_may_begin_with_seconds_or_end_with_a_year() -> None:
    assert "18 * * * *" in advised("0 18 * * * *")
    assert "0 18 * * *" in advised("0 18 * * * *")


@pytest.mark.parametrize(
    "cron", ["0 18 1-31 * FRI", "0 18 13 * 0-6", "0 18 13 * 1-7", "0 18 13 * SUN-SAT", "0 18 */1 * FRI"]
)
def test_every_day_beside_another_day_is_refused(cron: str) -> None:
    """Either day counts, so it would be due every day."""
    assert advised(cron).startswith("Write * instead of")


@settings(max_examples=examples(200))
@given(st.integers(60, 1440), st.integers(0, 59))
def test_the_entries_for_a_long_step_are_due_exactly_that_often(step: int, first: int) -> None:
    text = entries_for(f"{first}/{step} * * * *".split())
    crons = [each.strip(" ,") for each in text.partition("with ")[2].replace(" and ", ", ").split(", ")]
    if text and " with " not in text:
        crons = [text]
    if text:
        due = set().union(*map(minutes_of_day, crons))
        assert due == {at % 1440 for at in range(first, first + 1440, step)}


@settings(max_examples=examples(400))
@given(st.integers(0, 4), st.text("0123456789*/,-FRIMONJAN", max_size=12))
def test_the_items_of_an_accepted_field_have_the_values_that_the_library_computes(place: int, text: str) -> None:
    cron = " ".join([*"****"[:place], text, *"****"[place:]])
    if not text or " " in text or fault(cron) is not None:
        return
    found = {value for item in items_of(text, FIELDS[place]) for value in item.values}
    try:
        read = CronSim(cron, START)
    except CronSimError:
        raise AssertionError("accepted, but unreadable") from None
    known = (read.minutes, read.hours, read.days, read.months, {day for day in read.weekdays if isinstance(day, int)})
    assert found == {value % 7 if place == 4 else value for value in known[place]}
