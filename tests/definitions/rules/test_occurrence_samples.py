from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.model import Recurrence
from runner.definitions.rules.occurrence_samples import sample_times, sampled
from runner.definitions.schedules import recurrence
from runner.definitions.schedules.recurrence import next_after
from runner.definitions.schedules.times import zone
from runner.definitions.templates import OCCURRENCE_FIELDS, marker, occurrence_values

DAILY = Recurrence("0 9 * * *", "Asia/Kolkata")


def names(text: str, rule: Recurrence) -> set[str]:
    return set(sampled(text, rule))


def test_of_a_daily_schedule_every_month_and_weekday_is_there() -> None:
    found = [at.astimezone(zone(DAILY.timezone)) for at in sample_times(DAILY)]
    assert {at.month for at in found} == set(range(1, 13))
    assert {at.weekday() for at in found} == set(range(7))


def test_of_an_hourly_schedule_every_hour_is_there() -> None:
    assert {at.hour for at in sample_times(Recurrence("30 * * * *", "UTC"))} == set(range(24))


def test_of_a_schedule_only_its_own_times_are_there() -> None:
    friday = Recurrence("30 18 * * FRI", "America/New_York")
    assert names(f"{marker('weekday')} {marker('time')}", friday) == {"Friday 18:30"}
    assert names(marker("month_name"), Recurrence("0 9 1 DEC *", "UTC")) == {"December"}


def test_of_a_short_schedule_all_times_are_between_its_edges() -> None:
    starts, ends = datetime(2031, 5, 1, tzinfo=UTC), datetime(2031, 5, 3, tzinfo=UTC)
    assert sample_times(Recurrence("0 9 * * *", "UTC", starts=starts, ends=ends)) == [
        starts.replace(hour=9),
        starts.replace(day=2, hour=9),
    ]


@pytest.mark.parametrize("cron", ["0 9 29 2 *", "0 9 1 * *", "0 9 * * *", "30 * * * *", "0 9 1 JAN *"])
def test_steps_that_lead_to_the_same_time_are_looked_up_once(cron: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def counted(rule: Recurrence, at: datetime) -> datetime | None:
        looked_up.append(next_after(rule, at))
        return looked_up[-1]

    rule = Recurrence(cron, "UTC")
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    each = [next_after(rule, begin + step * timedelta(days=15, hours=1)) for step in range(25)]
    monkeypatch.setattr(recurrence, "next_after", counted)
    found = sample_times(rule)
    assert set(each) <= set(found)
    assert len(looked_up) == len(set(looked_up))


def test_a_text_without_markers_is_itself() -> None:
    assert sampled("Friday", DAILY) == ("Friday",)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"]),
)
def test_a_marker_is_never_shorter_than_what_it_comes_to(at: datetime, timezone: str) -> None:
    """So a text that is short enough with its markers is short enough without."""
    values = occurrence_values(at.replace(tzinfo=UTC).astimezone(zone(timezone)))
    assert set(values) == set(OCCURRENCE_FIELDS)
    for field, value in values.items():
        assert len(marker(field).encode()) >= len(value.encode()), field
