"""The calendar against an oracle that walks through time minute by minute, and knows no cron library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.model import Recurrence
from runner.definitions.schedules import recurrence as recurrence_module
from runner.definitions.schedules.recurrence import (
    backwards,
    between,
    day_begins,
    falls_on,
    instant_of,
    is_denser,
    is_ever_due,
    last_before,
    local_time,
    next_after,
)
from runner.definitions.schedules.zones import zone

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TICK = timedelta(microseconds=1)
# Days on which the clocks of a zone change, and one on which they don't.
DAYS = [
    ("Asia/Kolkata", "2026-10-25"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),  # by half an hour
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Sao_Paulo", "2018-02-18"),  # at midnight
    ("America/Sao_Paulo", "2018-11-04"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Beirut", "2026-10-25"),
    ("Africa/Casablanca", "2026-02-15"),  # summer time in winter
    ("Pacific/Apia", "2011-12-30"),  # a day that there was not
    ("Atlantic/Azores", "2026-03-29"),
]
MINUTES = {"*": range(60), "*/15": range(0, 60, 15), "30": [30], "0": [0], "5,35": [5, 35], "10-12": [10, 11, 12]}
HOURS = {
    "*": range(24),
    "0": [0],
    "1": [1],
    "2": [2],
    "0-3": range(4),
    "*/6": range(0, 24, 6),
    "23": [23],
    "1,2": [1, 2],
}
MONTH_DAYS = {"*": range(1, 32), "4": [4], "25-30": range(25, 31), "1,15": [1, 15], "29": [29]}
WEEKDAYS = {"*": range(7), "FRI": [4], "MON-FRI": range(5), "0": [6], "7": [6], "sun,sat": [5, 6]}


@dataclass(frozen=True)
class Cron:
    """An expression, and what it means."""

    minute: str
    hour: str
    day: str
    weekday: str

    @property
    def text(self) -> str:
        return f"{self.minute} {self.hour} {self.day} * {self.weekday}"

    def matches(self, local: datetime) -> bool:
        on = (local.day in MONTH_DAYS[self.day], local.weekday() in WEEKDAYS[self.weekday])
        is_day = all(on) if "*" in (self.day, self.weekday) else any(on)
        return is_day and local.hour in HOURS[self.hour] and local.minute in MINUTES[self.minute]


@lru_cache
def shown(timezone: str, day: str) -> tuple[tuple[datetime, tuple[datetime, ...]], ...]:
    """For each minute of some days around: the local times that the clocks come to or jump over, for the first time."""
    tz, at = ZoneInfo(timezone), datetime.fromisoformat(day).replace(tzinfo=UTC) - 4 * DAY
    latest = at.astimezone(tz).replace(tzinfo=None)
    found = []
    for _ in range(7 * 24 * 60):
        at += MINUTE
        new, now = [], at.astimezone(tz).replace(tzinfo=None)
        while latest < now:
            latest += MINUTE
            new.append(latest)
        found.append((at, tuple(new)))
    return tuple(found)


def oracle(cron: Cron, timezone: str, day: str, first: datetime, last: datetime) -> Iterator[datetime]:
    for at, new in shown(timezone, day):
        if first <= at <= last and any(map(cron.matches, new)):
            yield at


crons = st.builds(Cron, *(st.sampled_from(list(names)) for names in (MINUTES, HOURS, MONTH_DAYS, WEEKDAYS)))
offsets = st.one_of(
    st.integers(0, 5 * 24 * 60).map(lambda minutes: minutes * MINUTE),
    st.timedeltas(timedelta(), 5 * DAY),
    st.integers(-180, 180).map(lambda minutes: 2.5 * DAY + minutes * MINUTE),  # about when the clocks change
)


@settings(max_examples=examples(300))
@given(cron=crons, place=st.sampled_from(DAYS), since=offsets, until=offsets)
def test_it_says_what_the_clocks_say(cron: Cron, place: tuple[str, str], since: timedelta, until: timedelta) -> None:
    begin = datetime.fromisoformat(place[1]).replace(tzinfo=UTC) - 2.5 * DAY
    first, last = begin + min(since, until), begin + max(since, until)
    recurrence = Recurrence(cron.text, place[0])
    expected = list(oracle(cron, *place, first, last))

    assert list(between(recurrence, first, last)) == expected
    assert list(backwards(recurrence, first, last)) == expected[::-1]
    edged = Recurrence(cron.text, place[0], starts=first, ends=last)
    assert list(between(edged, first - DAY, last + DAY)) == expected
    assert list(backwards(edged, first - DAY, last + DAY)) == expected[::-1]
    assert next_after(edged, first - TICK) == (expected[0] if expected else None)
    assert last_before(edged, last) == (expected[-1] if expected else None)
    for at in expected[:3]:
        assert falls_on(edged, at)
        assert next_after(edged, at - TICK) == last_before(edged, at) == at
        assert not falls_on(edged, at + timedelta(seconds=1))


def test_the_days_are_those_on_which_clocks_change() -> None:
    for timezone, day in DAYS[1:]:
        tz, noon = ZoneInfo(timezone), datetime.fromisoformat(day).replace(tzinfo=UTC) + DAY / 2
        assert (noon - DAY).astimezone(tz).utcoffset() != (noon + DAY).astimezone(tz).utcoffset(), (timezone, day)


def instants(cron: str, timezone: str, first: str, last: str) -> list[str]:
    edges = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    return [f"{at:%Y-%m-%d %H:%M}" for at in between(Recurrence(cron, timezone), *edges)]


def test_what_the_clocks_skip_is_due_when_they_have_skipped_it() -> None:
    found = instants("30 2 * * *", "Europe/Berlin", "2026-03-28", "2026-03-31")
    assert found == ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"]


def test_what_occurs_twice_is_due_the_first_time_only() -> None:
    found = instants("30 2 * * *", "Europe/Berlin", "2026-10-24", "2026-10-27")
    assert found == ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"]


def test_in_the_hour_that_occurs_again_the_last_time_is_that_of_the_first_pass() -> None:
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time
    assert last_before(Recurrence("45 2 * * *", "Europe/Berlin"), again) == again - timedelta(minutes=25)


def test_all_that_the_clocks_skip_at_once_is_one_time() -> None:
    found = instants("*/15 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-29T12:00")
    assert found == ["2026-03-29 01:00"]


def test_a_day_that_there_was_not_is_made_good_at_its_end() -> None:
    found = instants("30 18 * * *", "Pacific/Apia", "2011-12-29", "2012-01-01")
    assert found == ["2011-12-29 04:30", "2011-12-30 04:30", "2011-12-30 10:00", "2011-12-31 04:30"]


def test_without_changes_of_the_clocks_it_is_the_same_time_all_year() -> None:
    found = instants("30 18 * * FRI", "Asia/Kolkata", "2026-01-01", "2027-01-01")
    assert len(found) == 52
    assert {text[-5:] for text in found} == {"13:00"}


def test_the_last_day_of_february_comes_in_every_year() -> None:
    assert instants("0 0 L 2 *", "UTC", "2026-01-01", "2029-01-01") == [
        "2026-02-28 00:00",
        "2027-02-28 00:00",
        "2028-02-29 00:00",
    ]


def test_what_comes_once_in_decades_is_found() -> None:
    recurrence = Recurrence("0 0 * 2 MON#5", "UTC")  # 29 February, and a Monday
    assert next_after(recurrence, datetime(2030, 1, 1, tzinfo=UTC)) == datetime(2044, 2, 29, tzinfo=UTC)


def test_what_never_comes_is_not_looked_for_for_ever() -> None:
    never = Recurrence("0 0 */31 * MON#2", "UTC")
    assert next_after(never, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert last_before(never, datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_starts_and_ends_are_among_the_times() -> None:
    first, last = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 4, 9, tzinfo=UTC)
    recurrence = Recurrence("0 9 * * *", "UTC", starts=first, ends=last)
    assert len(list(between(recurrence, first - DAY, last + DAY))) == 4
    assert (next_after(recurrence, last), last_before(recurrence, first - TICK)) == (None, None)


@pytest.mark.parametrize(
    ("cron", "length", "most"),
    [
        ("* * * * *", timedelta(hours=1), 61),
        ("*/10 * * * *", DAY, 145),
        ("0 9 * * *", 6 * DAY, 7),
        ("* 12 25-31 * *", 7 * DAY, 7 * 60),  # the first days that there are may be the last of a month
        ("0,30 9-11 * * MON-FRI", timedelta(days=4, hours=3), 30),
        ("* * 29 2 *", DAY, 1440),
        ("0 0 1 1 *", 7 * DAY, 1),
    ],
)
def test_it_is_denser_than_any_number_below_the_most_that_lie_within_a_length(
    cron: str, length: timedelta, most: int
) -> None:
    recurrence = Recurrence(cron, "Asia/Kolkata", starts=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    assert is_denser(recurrence, length, most - 1)
    assert not is_denser(recurrence, length, most)


def test_however_many_lengths_are_asked_for_of_one_cron_few_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a table have thousands of graces and one cron."""
    looked_at = []

    def counted(cron: str, timezone: str, length: timedelta, limit: int) -> bool:
        looked_at.append(length)
        return within(cron, timezone, length, limit)

    within = recurrence_module.is_denser_within
    monkeypatch.setattr(recurrence_module, "is_denser_within", counted)
    recurrence_module.known_density.cache_clear()
    every_minute = Recurrence("* * * * *", "Asia/Kolkata")
    for seconds in range(1, 7 * 24 * 60 * 60, 60):
        assert is_denser(every_minute, timedelta(seconds=seconds), 1000) is (seconds >= 60_000)
    assert len(looked_at) < 60


def test_between_its_edges_it_is_no_denser_than_all_of_it() -> None:
    at = datetime(2026, 12, 4, 13, tzinfo=UTC)
    recurrence = Recurrence("* * * * *", "UTC", starts=at, ends=at + timedelta(minutes=9))
    assert is_denser(recurrence, 7 * DAY, 9)
    assert not is_denser(recurrence, 7 * DAY, 10)


def test_there_may_be_no_time_at_all() -> None:
    assert is_ever_due(Recurrence("0 0 29 2 *", "UTC"))
    assert not is_ever_due(Recurrence("0 0 1 1 *", "UTC", ends=datetime(1999, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("timezone", "day", "begins"),
    [
        ("Asia/Kolkata", "2026-12-01", "2026-11-30 18:30"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04 03:00"),  # 00:00 is skipped
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18 03:00"),  # the hour before comes twice
        ("Pacific/Apia", "2011-12-30", "2011-12-30 10:00"),  # no hour of it is there
    ],
)
def test_a_day_begins_when_the_clocks_come_to_it(timezone: str, day: str, begins: str) -> None:
    found = day_begins(datetime.fromisoformat(day).date(), ZoneInfo(timezone))
    assert f"{found:%Y-%m-%d %H:%M}" == begins


@given(place=st.sampled_from(DAYS), minutes=st.integers(-3000, 3000))
def test_a_local_time_is_the_first_instant_that_shows_it_or_a_later_one(place: tuple[str, str], minutes: int) -> None:
    tz = ZoneInfo(place[0])
    local = datetime.fromisoformat(place[1]) + minutes * MINUTE
    at = instant_of(local, tz)
    assert at.astimezone(tz).replace(tzinfo=None) >= local
    assert all((at - step * MINUTE).astimezone(tz).replace(tzinfo=None) < local for step in (1, 30, 60, 90))


@settings(max_examples=examples(30))
@given(
    minutes=st.sampled_from(["*", "*/10", "5-59/11", "0"]),
    hours=st.sampled_from(["*", "9-17", "1,2,3", "23"]),
    days=st.sampled_from(["* * *", "* * MON-FRI", "25-31 3,10 *", "L * *", "* * 0L"]),
    timezone=st.sampled_from(["Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    length=st.integers(1, 7 * 24 * 60).map(lambda minutes: minutes * MINUTE),
    limit=st.sampled_from([10, 100, 300]),
)
def test_counting_day_by_day_and_stepping_say_the_same(
    minutes: str, hours: str, days: str, timezone: str, length: timedelta, limit: int
) -> None:
    recurrence = Recurrence(f"{minutes} {hours} {days}", timezone)
    samples = [datetime(2028, month, day, tzinfo=UTC) for month in range(1, 13) for day in (1, 8, 15, 22)]
    firsts = [first for at in samples if (first := next_after(recurrence, at))]
    stepped = any(next(islice(between(recurrence, at, at + length), limit, None), None) is not None for at in firsts)
    assert is_denser(recurrence, length, limit) is stepped


@given(
    place=st.sampled_from(DAYS),
    minute=st.sampled_from(list(MINUTES)),
    hour=st.sampled_from(list(HOURS)),
)
def test_each_instant_has_one_local_time_of_its_own(place: tuple[str, str], minute: str, hour: str) -> None:
    timezone, day = place
    middle = datetime.fromisoformat(day).replace(tzinfo=UTC)
    recurrence = Recurrence(f"{minute} {hour} * * *", timezone)
    instants = list(between(recurrence, middle - 2 * DAY, middle + 3 * DAY))
    local_times = [local_time(recurrence, at) for at in instants]
    assert [instant_of(local, zone(timezone)) for local in local_times] == instants
    assert len(set(local_times)) == len(local_times)
    assert all(local.minute in MINUTES[minute] and local.hour in HOURS[hour] for local in local_times)


@pytest.mark.parametrize(
    ("cron", "timezone", "at", "local"),
    [
        ("30 18 * * *", "Asia/Kolkata", "2026-12-01 13:00", "2026-12-01 18:30"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 02:30"),  # which the clocks skip
        ("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29 01:00", "2026-03-29 02:00"),  # and with it two others
        ("30 2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 02:30"),  # which they show twice
        ("30 18 * * *", "Pacific/Apia", "2011-12-30 10:00", "2011-12-30 18:30"),  # of a day that there was not
    ],
)
def test_the_local_time_of_an_instant(cron: str, timezone: str, at: str, local: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert falls_on(Recurrence(cron, timezone), instant)
    assert local_time(Recurrence(cron, timezone), instant) == datetime.fromisoformat(local)
