"""Day by day what goes out: the first days, and how many more there are."""

from __future__ import annotations

from datetime import UTC

from report.documents import make_plan, make_planned
from runner.report.html.plan.agenda import agenda
from runner.report.html.plan.page import plan_page
from runner.report.html.plan.placement import placed

DAYS = [make_planned(f"a-{day}", "wait", due_at=f"2026-12-{day:02}T13:00:00Z") for day in range(2, 32)]


def test_what_is_not_shown_is_counted() -> None:
    twice = make_planned("b", "wait", due_at="2026-12-31T14:00:00Z")
    found = agenda(placed(make_plan(*DAYS, twice)), {"india": UTC}, 25)
    assert ([day.name for day in found.days][::24], found.more_days, found.more) == (
        ["Wed 2 Dec 2026", "Sat 26 Dec 2026"],
        5,
        6,
    )
    assert agenda(placed(make_plan(*DAYS)), {"india": UTC}, 30).more == 0


def test_the_page_shows_two_weeks_and_all_of_it_up_to_a_time_that_was_asked_for() -> None:
    assert plan_page(make_plan(*DAYS)).count('<details class="day"') == 14
    page = plan_page(make_plan(*DAYS, selection={"until": ["2026-12-31T23:59:59Z"]}))
    assert page.count('<details class="day"') == 30
    assert page.count("<tr data-day=") == 32
    assert "The calendar shows at most" not in page


def test_the_page_says_where_the_calendar_ends_before_the_time_that_was_asked_for() -> None:
    late = make_planned("late", "wait", due_at="2027-06-01T13:00:00Z")
    page = plan_page(make_plan(*DAYS, late, selection={"until": ["2027-06-30T23:59:59Z"]}))
    assert "The calendar shows at most 92 days; the table shows what comes after them." in page
    assert page.count("<tr data-day=") == 92
