"""The release calendar in a real browser: it counts as the program does, in any zone, and lists what is in an hour."""

from __future__ import annotations

from typing import Any

import pytest

from report.documents import make_account, make_plan, make_planned
from report.html.browser import OpenPage
from report.html.samples import busy_plan, times
from runner.report.document.plan import until_of
from runner.report.html.instants import instant_ms
from runner.report.html.plan.budget_forecast import held_back
from runner.report.html.plan.calendar import calendar, span_of
from runner.report.html.plan.page import plan_page
from runner.report.html.plan.placement import placed
from runner.report.local_time import zone_of

ZONES = ["Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"]
_CELLS = """() => [...document.querySelectorAll("[data-calendar]")].map((section) => [
  section.querySelector(".zone-of").textContent,
  section.querySelector(".calendar-said").textContent + (section.querySelector(".over-budget")?.textContent ?? ""),
  ...[...section.querySelectorAll("tbody tr")].map((line) => [line.dataset.day, line.className.trim(),
    ...[...line.cells].map((cell) => [cell.textContent, cell.className])])])"""


def around(now: str, *hours: float) -> dict[str, Any]:
    """A plan at `now` with firings so many hours later, in an account of each zone."""
    start = instant_ms(now)
    firings = [
        make_planned(f"at-{place}-{hour}", "wait", account=zone, due_at=_instant(start + int(hour * 3_600_000)))
        for zone in ZONES
        for place, hour in enumerate(hours)
    ]
    return make_plan(*firings, now=now, accounts={zone: make_account(timezone=zone) for zone in ZONES})


def _instant(at_ms: int) -> str:
    from datetime import UTC, datetime

    return times(datetime.fromtimestamp(at_ms / 1000, UTC))


def over_budget() -> dict[str, Any]:
    """A plan up to a time, with more due in an hour than an account may send, in a zone of half hours and in others."""
    due = [f"2026-12-0{day}T{hour}:{minute}0:00Z" for day in (2, 3, 4, 5) for hour in (13, 14) for minute in (0, 1, 4)]
    firings = [
        make_planned(f"a-{at}", "wait", account=zone, due_at=at, expires_at=at[:11] + "23:00:00Z")
        for zone in ZONES
        for at in due
    ]
    accounts = {zone: make_account(timezone=zone, budget={"per_hour": 2}) for zone in ZONES}
    return make_plan(*firings, accounts=accounts, selection={"until": ["2026-12-05T23:59:59Z"]})


PLANS = {
    "over-budget": over_budget(),
    "busy": busy_plan(200),
    "clocks-go-back-in-berlin": around("2026-10-24T12:00:00Z", 11.5, 12.5, 13.5, 14.5, 30),
    "clocks-go-forward-in-berlin": around("2027-03-27T12:00:00Z", 12.5, 13.5, 14.5, 30),
    "clocks-change-by-half-an-hour": around("2026-10-03T06:00:00Z", 9.25, 9.75, 10.25, 200),
    "nothing-ahead": make_plan(make_planned("a", "done", due_at="2026-11-30T10:00:00Z")),
}


@pytest.mark.parametrize("document", PLANS.values(), ids=PLANS)
def test_the_browser_counts_the_cells_that_the_program_counts(open_page: OpenPage, document: dict[str, Any]) -> None:
    html = plan_page(document)
    drawn = open_page(html).page.evaluate(_CELLS)
    rendered = open_page(html, has_scripts=False).page.evaluate(_CELLS)

    assert drawn == rendered


# Where clocks change: there, and where they don't and the day is another.
IN_ZONES = [
    *(("busy", zone) for zone in ZONES),
    *(("over-budget", zone) for zone in ("Asia/Kolkata", "America/New_York", "UTC")),
    *(("clocks-go-back-in-berlin", zone) for zone in ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")),
    *(("clocks-go-forward-in-berlin", zone) for zone in ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")),
    *(("clocks-change-by-half-an-hour", zone) for zone in ("Australia/Lord_Howe", "Asia/Kolkata", "UTC")),
    ("nothing-ahead", "Asia/Kolkata"),
]


@pytest.mark.parametrize(("plan", "zone"), IN_ZONES)
def test_the_browser_counts_the_same_in_the_readers_zone(open_page: OpenPage, plan: str, zone: str) -> None:
    document = PLANS[plan]
    page = open_page(plan_page(document), timezone=zone).page
    page.locator('input[value="yours"]').check()
    drawn = page.evaluate(_CELLS)

    now_ms, places, until = instant_ms(document["now"]), placed(document), until_of(document)
    until_ms, held = instant_ms(until) if until else None, held_back(document, places)
    accounts = sorted({each.account for each in places})
    assert len(drawn) == len(accounts)
    for account, (name, _, *lines) in zip(accounts, drawn, strict=True):
        mine = [each for each in places if each.account == account]
        found = calendar(account, zone, zone_of(zone), mine, now_ms, span_of(places, now_ms, until_ms), until_ms, held)
        assert name == zone
        assert [line[0] for line in lines] == [day.key for day in found.days]
        for line, day in zip(lines, found.days, strict=True):
            assert line[3:-1] == [[str(cell.shown or ""), cell.look] for cell in day.cells]


def test_an_hour_lists_what_is_in_it_by_keyboard_and_leads_to_the_row(open_page: OpenPage) -> None:
    due = {"due_at": "2026-12-02T13:15:00Z"}
    document = make_plan(make_planned("a", "wait", name="Episode 12", **due), make_planned("b", "done", **due))
    page = open_page(plan_page(document)).page
    cell = page.locator(".grid td button")
    assert cell.get_attribute("aria-label") == "Wed 2 Dec, 18–19 h: 1 goes out, 1 done or disabled"
    cell.focus()
    panel = page.locator(".hour")

    assert "Wed 2 Dec, 18–19 h (Asia/Kolkata): 1 goes out, 1 done or disabled" in panel.inner_text()
    assert panel.locator("li").count() == 2
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("tr.is-open .id").inner_text() == "a"


def test_days_and_times_follow_the_zone_that_is_chosen(open_page: OpenPage) -> None:
    document = make_plan(make_planned("a", "wait", due_at="2026-12-02T20:15:00Z"))
    page = open_page(plan_page(document), timezone="America/New_York").page
    seen = []
    for zone in ("account", "yours", "utc"):
        page.locator(f'input[value="{zone}"]').check()
        day = page.locator("#agenda .day-name").inner_text()
        at = page.locator("#agenda time").inner_text()
        seen.append((day, at, page.locator("td.c-due time").inner_text()))

    assert seen == [
        ("Thu 3 Dec 2026", "01:45", "3 Dec 01:45"),
        ("Wed 2 Dec 2026", "15:15", "2 Dec 15:15"),
        ("Wed 2 Dec 2026", "20:15", "2 Dec 20:15"),
    ]


def test_what_was_edited_since_it_was_sent_is_a_diff(open_page: OpenPage) -> None:
    changes = [{"field": "name", "old": "Episode 11", "new": "Episode 12"}, {"field": "when", "old": None, "new": "1"}]
    page = open_page(plan_page(make_plan(make_planned("a", "changed", changes=changes)))).page
    page.locator("tr.row .toggle").click()

    assert page.locator(".details del").all_inner_texts() == ["Episode 11"]
    assert page.locator(".details ins").all_inner_texts() == ["Episode 12", "1"]
    assert page.locator(".details .nothing").count() == 1


def test_a_full_day_shows_more_by_the_button(open_page: OpenPage) -> None:
    firings = [make_planned(f"a-{n}", "wait", due_at="2026-12-02T13:15:00Z") for n in range(90)]
    page = open_page(plan_page(make_plan(*firings))).page
    entries = page.locator("#agenda li:has(.at)")
    assert entries.count() == 40
    for count in (80, 90):
        page.locator("#agenda .plain-button").click()
        assert entries.count() == count


def test_what_waits_for_a_budget_says_when_it_may_go(open_page: OpenPage) -> None:
    held = {"may_go_at": "2026-12-01T13:59:59.5Z", "due_at": None, "expires_at": None}
    late = {"may_go_at": "2026-12-01T14:00:00Z", "expires_at": "2026-12-01T13:30:00Z"}
    document = make_plan(make_planned("a", "wait", **held), make_planned("b", "wait", **late), make_planned("c"))
    page = open_page(plan_page(document)).page
    scriptless = open_page(plan_page(document), has_scripts=False).page

    for each in (page, scriptless):
        assert [" ".join(text.split()) for text in each.locator("td.c-due").all_inner_texts()] == [
            "may go 1 Dec 19:30",
            "1 Dec 18:30 expires before the budget has room",
            "1 Dec 18:30",
        ]
    page.locator("tr.row .toggle").first.click()
    assert "Tue 1 Dec 2026, 19:30:00 Asia/Kolkata" in page.locator(".details").inner_text()


def test_the_days_that_are_not_listed_are_counted(open_page: OpenPage) -> None:
    days = [make_planned(f"a-{day}", "wait", due_at=f"2026-12-{day:02}T13:00:00Z") for day in range(2, 20)]
    html = plan_page(make_plan(*days))
    drawn = open_page(html).page.locator("#agenda > p").all_inner_texts()
    rendered = open_page(html, has_scripts=False).page.locator("#agenda > p").all_inner_texts()

    assert drawn == rendered == ["… and 4 firings on 4 later days, in the table."]


def test_the_page_reaches_as_far_as_was_asked_for_in_the_browser_too(open_page: OpenPage) -> None:
    days = [make_planned(f"a-{day}", "wait", due_at=f"2026-12-{day:02}T13:00:00Z") for day in range(2, 32)]
    page = open_page(plan_page(make_plan(*days, selection={"until": ["2026-12-31T23:59:59Z"]}))).page

    assert page.locator(".grid tbody tr").count() == 32
    assert page.locator("#agenda .day").count() == 30


def test_the_ring_of_a_chosen_hour_lies_over_its_neighbours(open_page: OpenPage) -> None:
    document = make_plan(*(make_planned(f"a-{hour}", "wait", due_at=f"2026-12-02T{hour}:00:00Z") for hour in (12, 13)))
    page = open_page(plan_page(document)).page
    page.locator(".grid td button").first.click()

    order = "cells => cells.map((cell) => getComputedStyle(cell).zIndex)"
    assert page.locator(".grid td:has(button)").evaluate_all(order) == ["1", "auto"]
