from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.schedules import times
from runner.definitions.schedules.times import Milliseconds, TimeProblem
from runner.definitions.schedules.written_times import EXAMPLE

EVENING = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T18:30:00+05:30",
        "2026-12-01T13:00:00Z",
        "2026-12-01t13:00:00z",
        "2026-12-01T13:00:00.000Z",
        "2026-12-01T13:00:00-00:00",
        "2026-12-02T02:00:00+13:00",
    ],
)
def test_an_offset_names_an_instant(text: str) -> None:
    assert times.instant(text) == EVENING
    assert times.instant(text).tzinfo is UTC


def test_a_local_time_is_read_in_its_time_zone() -> None:
    assert times.instant("2026-12-01T18:30:00", "Asia/Kolkata") == EVENING


def test_an_offset_wins_over_the_time_zone() -> None:
    assert times.instant("2026-12-01T13:00:00Z", "Asia/Kolkata") == EVENING


@pytest.mark.parametrize(
    ("text", "timezone", "reason"),
    [
        ("2026-12-01T18:30:00", None, "lacks the offset from UTC"),
        ("2026-12-01", None, "is a date without a time"),
        ("2026-12-01 18:30:00Z", None, "lacks the T"),
        ("2026-12-01T18:30Z", None, "lacks the seconds"),
        ("2026-12-01T18:30:00+0530", None, "is not written as a date and a time"),
        ("2026-12-01T18:30:00Z\n", None, "is not written as a date and a time"),
        ("२०२६-12-01T18:30:00Z", None, "is not a date with a time"),
        ("2026-12-01T18:30:00.25Z", None, "has a fraction of a second"),
        ("2026-13-01T18:30:00Z", None, "does not exist: the month is not between 01 and 12"),
        ("2026-12-01T18:30:60Z", None, "does not exist: the second is not between 00 and 59"),
        ("2026-12-01T18:30:00+25:00", None, "does not exist: the offset"),
        ("1999-12-31T23:59:59Z", None, "is not between the years"),
        ("2200-01-01T00:00:00Z", None, "is not between the years"),
        ("2027-03-28T02:30:00", "Europe/Berlin", "does not exist in Europe/Berlin"),
        ("2027-10-31T02:30:00", "Europe/Berlin", "occurs twice in Europe/Berlin"),
    ],
)
def test_a_time_that_names_no_instant_is_refused(text: str, timezone: str | None, reason: str) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.instant(text, timezone)
    assert reason in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("text", ["2027-03-28T01:59:59", "2027-03-28T03:00:00", "2027-10-31T01:59:59"])
def test_times_near_a_change_of_the_clocks_are_accepted(text: str) -> None:
    local = times.instant(text, "Europe/Berlin").astimezone(times.zone("Europe/Berlin"))
    assert local.replace(tzinfo=None).isoformat() == text


@pytest.mark.parametrize(
    ("text", "timezone", "written"),
    [
        ("2026-12-04 18:30", "Asia/Kolkata", "2026-12-04T18:30:00,"),
        ("2026-12-04 18:30", None, "2026-12-04T18:30:00+05:30"),
        ("2026-12-04 18:30:15 +0200", None, "2026-12-04T18:30:15+02:00"),
        ("2026-12-04T18:30 UTC", None, "2026-12-04T18:30:00Z"),
        ("2026/12/4, 6pm", None, "2026-12-04T18:00:00+05:30"),
        ("2026-12-04 12:15 a.m.", "UTC", "2026-12-04T00:15:00"),
        ("2026-12-04T18:30:00 IST", None, "2026-12-04T18:30:00+05:30"),
        ("2026-12-04", "Asia/Kolkata", "2026-12-04T18:30:00."),
    ],
)
def test_a_time_written_otherwise_is_said_in_the_right_form(text: str, timezone: str | None, written: str) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.instant(text, timezone)
    assert written in caught.value.help


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2 hours", "2h"),
        ("30min", "30m"),
        ("1.5h", "1h30m"),
        ("1w", "7d"),
        ("30m2h", "2h30m"),
        ("1 hour and 30 minutes", "1h30m"),
        ("90", "90m"),
        ("soon", "1d12h"),
        ("9" * 30 + "w", "3650d"),
    ],
)
def test_a_duration_written_otherwise_is_said_in_the_right_form(text: str, written: str) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.duration(text)
    assert written in caught.value.help


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IST", "Asia/Kolkata"),
        ("Asia/Bombay", "Asia/Kolkata"),
        ("kolkata", "Asia/Kolkata"),
        ("Asia/Kolkatta", "Asia/Kolkata"),
        ("New York", "America/New_York"),
        ("CEST", "Europe/Berlin"),
        ("+05:30", "2026-12-01T18:30:00+05:30"),
    ],
)
def test_the_zone_that_is_meant_is_named(name: str, meant: str) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.zone(name)
    assert meant in caught.value.help


@pytest.mark.parametrize(
    "name",
    [
        "",
        "IST",
        "Asia",
        "Asia/Bombay",
        "../etc/passwd",
        "/etc/localtime",
        "localtime",
        "right/Asia/Kolkata",
        "a" * 5000,
        "Asia/Kolkata/",
        "\ud800",
        "tzdata.zi",
        "posixrules",
    ],
)
def test_only_iana_names_are_time_zones(name: str) -> None:
    with pytest.raises(TimeProblem, match="is not a known time zone"):
        times.zone(name)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1s", timedelta(seconds=1)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d12h", timedelta(hours=36)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert times.duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "0m", "2 h", "2", "h", "-1h", "1h1d", "1.5h", "1w", "3651d", "999999d", "1000000s", "2h\n", "१h", "2H"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(TimeProblem):
        times.duration(text)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("now", "now"),
        (1796130000, 1796130000),
        (1796130000.0, 1796130000),
        ("1796130000", 1796130000),
        ("2026-12-01T18:30:00+05:30", 1796130000),
        (1_000_000_000, 1_000_000_000),
        (99_999_999_999, 99_999_999_999),
    ],
)
def test_when_is_sent_as_seconds(value: str | float, sent: str | int) -> None:
    found = times.event_time(value)
    assert (type(found), found) == (type(sent), sent)


def test_milliseconds_are_refused_with_the_seconds() -> None:
    with pytest.raises(Milliseconds) as caught:
        times.event_time(1796130000000)
    assert caught.value.help == "Write 1796130000."


@pytest.mark.parametrize("value", [0, -1, 999_999_999, "12", "Now", "", "2026-12-01T18:30:00"])
def test_what_is_no_time_of_an_event_is_refused(value: str | int) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.event_time(value)
    assert not isinstance(caught.value, Milliseconds)


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}[Z+-][0-9:]{0,5}"))
def test_no_text_is_too_odd(text: str) -> None:
    for read in (times.instant, times.duration, times.event_time, lambda text: times.instant(text, "Asia/Kolkata")):
        with contextlib.suppress(TimeProblem):
            read(text)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30)).map(lambda time: time.replace(microsecond=0)))
def test_what_is_written_with_an_offset_is_read_back(time: datetime) -> None:
    assert times.instant(time.isoformat() + "Z") == time.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("25/12/2036 20:00", ["2036-12-25T20:00:00"]),
        ("12/25/2036 8 pm", ["2036-12-25T20:00:00"]),
        ("4 Dec 2036, 6:30 PM", ["2036-12-04T18:30:00"]),
        ("December 4th, 2036 at 18:30", ["2036-12-04T18:30:00"]),
        ("5.5.2036 01:00", ["2036-05-05T01:00:00"]),
        ("04/12/2036 18:30", ["2036-12-04T18:30:00", "2036-04-12T18:30:00"]),
        ("04-12-2036T18:30:00Z", ["2036-12-04T18:30:00Z", "2036-04-12T18:30:00Z"]),
    ],
)
def test_the_help_for_a_date_that_ends_with_the_year_has_each_reading(text: str, meant: list[str]) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.instant(text, "Asia/Kolkata")
    assert re.findall(r"20\d\d-[-\dT:]+Z?", caught.value.help.replace(":00.", ":00 ")) == meant


@pytest.mark.parametrize("text", ["04/12/36 18:30", "40/40/2036 18:30", "4 Foo 2036 18:30", "04/12/2036 evening"])
def test_the_help_for_a_date_without_a_reading_is_an_example(text: str) -> None:
    with pytest.raises(TimeProblem) as caught:
        times.instant(text, "Asia/Kolkata")
    assert EXAMPLE in caught.value.help
