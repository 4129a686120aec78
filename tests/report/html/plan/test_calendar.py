"""The calendar's days and hours, as wall clocks show them."""

from __future__ import annotations

from datetime import UTC, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.report.html.instants import instant_ms, local
from runner.report.html.plan.calendar import LEAST_AHEAD, MOST_AHEAD, MOST_ASKED, Calendar, calendar, span_of
from runner.report.html.plan.placement import Placed
from runner.report.local_time import zone_of

NOW = instant_ms("2026-12-01T13:00:00Z")
HOUR, DAY = 3_600_000, 86_400_000


def at(*instants: str, group: str = "going") -> list[Placed]:
    return [Placed(row, "india", instant_ms(text), group, False) for row, text in enumerate(instants)]


def drawn(firings: list[Placed], zone: tzinfo = UTC, now_ms: int = NOW) -> Calendar:
    return calendar("india", "?", zone, firings, now_ms, span_of(firings, now_ms))


def cells(found: Calendar) -> dict[tuple[str, int], int]:
    return {(day.key, cell.hour): cell.shown for day in found.days for cell in day.cells if cell.shown}


def test_a_firing_is_shown_in_the_hour_of_its_zone() -> None:
    firings = at("2026-12-01T20:15:00Z")

    assert cells(drawn(firings)) == {("2026-12-01", 20): 1}
    assert cells(drawn(firings, zone_of("Asia/Kolkata"))) == {("2026-12-02", 1): 1}


def test_at_least_a_week_is_shown_and_at_most_two() -> None:
    assert len(drawn([]).days) == LEAST_AHEAD
    far = drawn(at("2026-12-03T10:00:00Z", "2026-12-14T10:00:00Z", "2027-03-01T10:00:00Z"))

    assert len(far.days) == MOST_AHEAD
    assert (far.after, far.after_first_ms) == (1, instant_ms("2027-03-01T10:00:00Z"))


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("2026-12-02T00:00:00Z", 2),
        ("2026-12-31T23:59:59Z", 31),
        ("2027-02-28T23:59:59Z", 90),
        ("2029-01-01T00:00:00Z", MOST_ASKED),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_up_to_when_was_asked_is_shown_in_every_zone_within_bounds(until: str, days: int, zone: str) -> None:
    firings = at("2026-12-01T20:00:00Z")
    span = span_of(firings, NOW, instant_ms(until))
    found = calendar("india", "?", zone_of(zone), firings, NOW, span, instant_ms(until))

    assert abs(len(found.days) - days) <= (days < MOST_ASKED)
    if days < MOST_ASKED:
        assert found.days[-1].key == f"{local(instant_ms(until), zone_of(zone)):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [("Asia/Kolkata", "2026-12-13", 6), ("America/New_York", "2026-12-12", 19), ("UTC", "2026-12-12", 24)],
)
def test_hours_past_the_end_are_not_empty_but_beyond(zone: str, day: str, first: int) -> None:
    until_ms = instant_ms("2026-12-12T23:59:59Z")
    found = calendar("india", "?", zone_of(zone), [], NOW, span_of([], NOW, until_ms), until_ms)
    beyond = [(day.key, cell.hour) for day in found.days for cell in day.cells if cell.is_beyond]

    assert found.days[-1].key == day
    assert beyond == [(day, hour) for hour in range(first, 24)]
    assert all(cell.look == "beyond-end" for day in found.days for cell in day.cells if cell.is_beyond)


def test_an_hour_in_which_more_is_due_than_may_go_says_so() -> None:
    firings = at("2026-12-02T10:00:00Z", "2026-12-02T10:10:00Z", "2026-12-02T10:20:00Z", "2026-12-02T11:20:00Z")
    found = calendar("india", "?", UTC, firings, NOW, span_of(firings, NOW), held={1, 2})
    (full, other) = [cell for day in found.days for cell in day.cells if cell.shown]

    assert (full.look, full.said) == ("d2 held", "3 due, 1 may go")
    assert (other.look, other.said) == ("d1", "1 goes out")
    assert (found.held, [(day, cell.hour) for day, cell in found.over_budget]) == (2, [("Wed 2 Dec", 10)])


def test_days_before_are_shown_where_something_is_in_them() -> None:
    found = drawn(at("2026-11-29T10:00:00Z", "2026-11-01T10:00:00Z", group="expired"))

    assert "2026-11-29" in [day.key for day in found.days]
    assert found.days[0].key >= "2026-11-28"
    assert found.before == 1


def test_a_cell_says_what_goes_out_what_does_not_and_what_meets() -> None:
    firings = at("2026-12-02T10:00:10Z", "2026-12-02T10:00:40Z", "2026-12-02T10:30:00Z")
    firings += at("2026-12-02T10:10:00Z", group="blocked")
    (cell,) = [cell for day in drawn(firings).days for cell in day.cells if cell.shown]

    assert cell.shown == 3
    assert cell.look == "d2 crowded mixed"
    assert cell.said == "3 go out, 1 blocked, up to 2 in one minute"


@pytest.mark.parametrize(("group", "look"), [("blocked", "blocked"), ("expired", "expired"), ("over", "over")])
def test_a_cell_from_which_nothing_goes_out_looks_like_the_worst_in_it(group: str, look: str) -> None:
    firings = at("2026-12-02T10:00:00Z", group=group) + at("2026-12-02T10:00:00Z", group="over")

    assert [cell.look for day in drawn(firings).days for cell in day.cells if cell.shown] == [look]


def test_the_hour_that_the_clocks_skip_is_not_there_and_the_one_they_repeat_holds_both() -> None:
    berlin = zone_of("Europe/Berlin")
    spring = drawn([], berlin, instant_ms("2027-03-27T12:00:00Z"))
    autumn = drawn(at("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), berlin, instant_ms("2026-10-24T12:00:00Z"))

    assert [(day.key, cell.hour) for day in spring.days for cell in day.cells if not cell.exists] == [("2027-03-28", 2)]
    assert cells(autumn) == {("2026-10-25", 2): 2}


def test_the_longest_gap_is_between_two_that_go_out() -> None:
    found = drawn(at("2026-12-02T10:00:00Z", "2026-12-02T11:00:00Z", "2026-12-05T11:00:00Z"))

    assert found.gap_ms == (instant_ms("2026-12-02T11:00:00Z"), instant_ms("2026-12-05T11:00:00Z"))
    assert drawn(at("2026-12-02T10:00:00Z", "2027-12-02T10:00:00Z")).gap_ms is None
    assert found.busiest == ("Wed 2 Dec", 10, 1)
    assert drawn([]).gap_ms is None


zones = st.sampled_from(["UTC", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])


@given(st.lists(st.integers(-30 * DAY, 60 * DAY), max_size=30), zones)
def test_every_firing_is_in_a_cell_or_before_or_after(offsets: list[int], zone: str) -> None:
    firings = [Placed(row, "india", NOW + offset, "going", False) for row, offset in enumerate(offsets)]
    found = drawn(firings, zone_of(zone))

    assert sum(cells(found).values()) + found.before + found.after == len(firings)
    near = [each for each in firings if each.at_ms is not None and NOW <= each.at_ms < NOW + 6 * DAY]
    assert sum(cells(found).values()) >= len(near)
