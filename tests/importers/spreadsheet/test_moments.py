from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.schedules.times import TimeProblem
from runner.importers.spreadsheet.date_order import ContradictoryDates, UndecidedDates, order_of
from runner.importers.spreadsheet.moments import DateOrder, Moment, read_moment

DAY, MONTH = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST
SECOND = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2026-12-02", None),
        ("2026/12/02", None),
        ("2026.12.2", None),
        ("02/12/2026", DAY),
        ("12/02/2026", MONTH),
        ("02-12-2026", DAY),
        ("2.12.2026", DAY),
        ("2 / 12 / 2026", DAY),
        ("2 Dec 2026", None),
        ("2-Dec-2026", None),
        ("2nd December, 2026", None),
        ("2 of december 2026", None),
        ("Dec 2, 2026", None),
        ("December 2nd 2026", None),
        ("Wed, 2 Dec 2026", None),
        ("Wednesday 02/12/2026", DAY),
        ("Wed 2026-12-02", None),
        ("2 Dec 2026 (Wed)", None),
        ("20261202", None),
        (" 2026-12-02\u00a0", None),
        ("०२/१२/२०२६", DAY),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str, order: DateOrder | None) -> None:
    assert read_moment(text, order) == Moment(SECOND)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("9pm", time(21)),
        ("9 PM", time(21)),
        ("9:30 PM", time(21, 30)),
        ("9:30\u202fPM", time(21, 30)),
        ("9.30 p.m.", time(21, 30)),
        ("12am", time(0)),
        ("12:15 PM", time(12, 15)),
        ("20.30", time(20, 30)),
        ("20:30", time(20, 30)),
        ("20:30 hrs", time(20, 30)),
        ("20:30:00", time(20, 30)),
        ("8:30:15 PM", time(20, 30, 15)),
        ("00:00", time(0)),
        ("2030 hrs", time(20, 30)),
        ("20h", time(20)),
        ("20h30", time(20, 30)),
        ("20:30 Uhr", time(20, 30)),
        ("noon", time(12)),
        ("12 noon", time(12)),
        ("８：３０ pm", time(20, 30)),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, clock: time) -> None:
    assert read_moment(text) == Moment(None, clock)
    assert read_moment(f"2 Dec 2026 {text}") == Moment(SECOND, clock)
    assert read_moment(f"02/12/2026, {text}", DAY) == Moment(SECOND, clock)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026-12-02T20:30:00Z", "Z"),
        ("2026-12-02 20:30 UTC", "Z"),
        ("2 Dec 2026 8:30pm +05:30", "+05:30"),
        ("2026-12-02T20:30:00+0530", "+05:30"),
        ("2 Dec 2026 at 20.30", ""),
        ("2026-12-02 20:30 GMT+5:30", "+05:30"),
        ("2026-12-02 20:30 UTC-03", "-03:00"),
        ("2026-12-02T20:30-03:00", "-03:00"),
        ("2026-12-02 20:30:00-03:00", "-03:00"),
        ("2026-12-02 20:30:00+00", "+00:00"),
        ("20261202T203000Z", "Z"),
        ("8:30pm 2 Dec 2026", ""),
        ("20:30, 2026-12-02", ""),
        ("8.30 PM on Wed, December 2, 2026", ""),
        ("2026-12-02 @ 20:30", ""),
        ("2026-12-02 - 8:30pm", ""),
        ("2026-12-02 (Wed) 20:30", ""),
    ],
)
def test_an_offset_is_kept(text: str, offset: str) -> None:
    assert read_moment(text) == Moment(SECOND, time(20, 30), offset)


@pytest.mark.parametrize(
    ("text", "order", "said"),
    [
        ("", None, "no date or time"),
        ("soon", None, "no date or time"),
        ("9", None, "only a number"),
        ("20.3", None, "one digit for the minutes"),
        ("2030", None, "only a number"),
        ("08:00-09:00", None, "two times"),
        ("2026-12-02 08:00-09:00", None, "two times"),
        ("Tue 1 Dec 2026 8:00 - 9:00", None, "two times"),
        ("9pm to 10pm", None, "two times"),
        ("46358", None, "stores 2026-12-02"),
        ("46358.875", None, "stores 2026-12-02 21:00"),
        ("46358,875", None, "stores 2026-12-02 21:00"),
        ("0.875", None, "stores the time 21:00"),
        ("0.25", None, "stores the time 06:00"),
        ("1796130000", None, "seconds since 1970"),
        ("midnight", None, "begins at midnight"),
        ("2 Dec", None, "no year"),
        ("02/12", None, "no year"),
        ("Sun 13 Dec", None, "no year"),
        ("2 décembre 2026", None, "month"),
        ("2 दिसंबर 2026", None, "month"),
        ("2026-12-02 20:30 Asia/Kolkata", None, "ends with a time zone"),
        ("8 PM EST/PST", None, "short name of a time zone"),
        ("2 Dec '26", None, "two digits"),
        ("Thu 2026-12-02", None, "Wednesday"),
        ("2026-12-02 (Thu)", None, "Wednesday"),
        ("25:00", None, "25:00"),
        ("24:00", None, "begins at midnight"),
        ("20:60", None, "20:60"),
        ("13pm", None, "between 1 and 12"),
        ("0 am", None, "between 1 and 12"),
        ("9 pmx", None, "no date or time"),
        ("20:30 IST", None, "short name of a time zone"),
        ("20:30 or later", None, "more than a date and a time"),
        ("02/12/26", DAY, "two digits"),
        ("2-Dec-26", None, "two digits"),
        ("02/12/2026", None, "unclear which"),
        ("31/02/2026", DAY, "February 2026 has no day 31"),
        ("12/13/2026", DAY, "--day-first: the month would be 13"),
        ("13/12/2026", MONTH, "--month-first: the month would be 13"),
        ("30 Feb 2026", None, "February 2026 has no day 30"),
        ("2 Dex 2026", None, "month"),
        ("Mon, 2 Dec 2026", None, "Wednesday"),
        ("2026-13-02", None, "month would be 13"),
        ("02/12/1926", DAY, "2000 and 2199"),
        ("2026-12-02 soon", None, "no time of day"),
        ("2026-12-021", None, ""),
        ("2026-12-02x", None, "no time of day"),
    ],
)
def test_what_could_mean_several_or_nothing_is_refused(text: str, order: DateOrder | None, said: str) -> None:
    with pytest.raises(TimeProblem, match=r".") as caught:
        read_moment(text, order)
    assert said in caught.value.message
    assert caught.value.help


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31)).map(lambda each: each.replace(microsecond=0)),
    st.sampled_from(
        ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y", "%a %d %b %Y"]
    ),
    st.sampled_from(["%H:%M:%S", "%I:%M:%S %p", "%I.%M.%S%p", "%H.%M.%S"]),
)
def test_every_moment_is_read_back(moment: datetime, day: str, clock: str) -> None:
    assert read_moment(moment.strftime(f"{day} {clock}"), DAY) == Moment(moment.date(), moment.time())


@given(
    st.text(max_size=30) | st.text(alphabet="0123456789/-.: apmAPMTZ+decDEC,", max_size=24),
    st.sampled_from([None, DAY, MONTH]),
)
def test_no_text_is_too_odd(text: str, order: DateOrder | None) -> None:
    with suppress(TimeProblem):
        assert read_moment(text, order) != Moment()


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["02/12/2026", "13/12/2026"], DAY),
        (["02/12/2026 9pm", "12/13/2026"], MONTH),
        (["9pm 02/12/2026", "9pm 13/12/2026"], DAY),
        (["05/05/2026", "2026-12-02", "2 Dec 2026", "now", ""], None),
        (["31/12/2026", "40/40/2026"], DAY),
        (["02/12/2026"], UndecidedDates("Date", "02/12/2026")),
        (["02/12/2026", "13/12/2026", "12/14/2026"], ContradictoryDates((3, "13/12/2026"), (4, "12/14/2026"))),
    ],
)
def test_one_date_decides_the_order_of_a_column(cells: list[str], order: object) -> None:
    assert order_of("Date", enumerate(cells, start=2)) == order


def test_an_undecided_date_shows_both_meanings() -> None:
    assert UndecidedDates("Date", "02/12/2026").meanings() == ("2 December", "12 February")
