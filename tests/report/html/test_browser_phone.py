"""The release calendar on a phone, and with names that are far too long."""

from __future__ import annotations

from typing import Any

from report.documents import make_bulletin_change, make_changes, make_field, make_plan, make_planned
from report.html.browser import OpenPage
from report.html.samples import busy_plan
from runner.report.html.plan.page import plan_page

PHONE: dict[str, Any] = {"viewport": (390, 844)}
LONG = "Very long name " * 1334
_IN_SIGHT = """(cell) => {
  const scroller = cell.closest(".scroller").getBoundingClientRect();
  const label = cell.closest("tr").cells[0].getBoundingClientRect();
  const own = cell.getBoundingClientRect();
  return own.left >= label.right - 1 && own.right <= scroller.right + 1;
}"""


def evening(hour: int, *, now_too: bool = True) -> dict[str, Any]:
    waits = [make_planned(f"a-{day}", "wait", due_at=f"2026-12-0{day}T{hour:02}:30:00Z") for day in (2, 3, 4)]
    early = make_planned("early", "done", due_at="2026-12-01T00:30:00Z")
    return make_plan(early, *([make_planned("now")] if now_too else []), *waits, now="2026-12-01T02:00:00.000Z")


def test_the_zones_are_not_broken_within_a_word(open_page: OpenPage) -> None:
    page = open_page(plan_page(busy_plan(20)), **PHONE).page
    heights = page.locator(".zones span").evaluate_all("spans => spans.map((each) => each.offsetHeight)")

    assert len(set(heights)) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_first_that_comes_is_in_sight_in_every_zone(open_page: OpenPage) -> None:
    page = open_page(plan_page(evening(14)), timezone="America/New_York", **PHONE).page
    for zone in ("account", "yours", "utc"):
        page.locator(f'input[value="{zone}"]').check()
        seen = page.locator("td.d1:not(.now)").evaluate_all(f"cells => cells.map({_IN_SIGHT})")
        assert seen == [True, True, True]


def test_that_more_hours_are_there_is_said_until_the_last_one_shows(open_page: OpenPage) -> None:
    page = open_page(plan_page(evening(4)), **PHONE).page
    edge = page.locator(".scroll-edge")
    shadow = "edge => getComputedStyle(edge, '::after').content"

    assert page.get_by_text("The hours scroll sideways.").is_visible()
    assert edge.evaluate(shadow) == '""'
    page.locator(".scroller").evaluate("each => { each.scrollLeft = 10_000; }")
    page.wait_for_selector(".scroll-edge.at-end", timeout=10_000)
    assert edge.evaluate(shadow) == "none"


def test_on_a_wide_window_nothing_scrolls_and_nothing_says_so(open_page: OpenPage) -> None:
    page = open_page(plan_page(evening(14))).page
    assert page.get_by_text("The hours scroll sideways.").is_hidden()
    assert page.locator(".scroll-edge").evaluate("edge => getComputedStyle(edge, '::after').content") == "none"


def test_reasons_have_the_width_of_the_table(open_page: OpenPage) -> None:
    for scripts in (True, False):
        page = open_page(plan_page(evening(14)), has_scripts=scripts, **PHONE).page
        reason = page.locator("#body .sub.phone").first
        assert reason.evaluate("each => each.parentElement.offsetWidth") > 300
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_long_names_take_few_lines_and_are_whole_in_the_details(open_page: OpenPage) -> None:
    name = LONG.strip()
    edit = make_bulletin_change(
        "changed",
        name=name,
        fields=[make_field("name", f"{name}1", name)],
        warning=None,
    )
    document = make_plan(
        make_planned("a", "wait", name=name, due_at="2026-12-02T13:00:00Z", payload={"name": "x"}),
        make_planned("b", "wait", name=name, due_at="2026-12-02T13:00:00Z", payload={"name": "x"}),
        changes=make_changes([edit]),
    )
    html = plan_page(document)
    pages = [open_page(html, **fields).page for fields in ({}, PHONE, {"has_scripts": False})]
    for page in pages:
        heights = {
            where: page.locator(where).first.evaluate("each => each.offsetHeight")
            for where in ("#body tr", ".day-list li", ".names > li", ".change-head", ".change .diff", ".hero .lead")
        }
        assert {where: height for where, height in heights.items() if height > 640} == {}
        assert heights["#body tr"] < 160
        assert heights[".day-list li"] < 160

    pages[0].locator("tr.row .toggle").first.click()
    assert name in pages[0].locator(".details dd").all_inner_texts()


def test_short_names_are_not_repeated_in_the_details(open_page: OpenPage) -> None:
    page = open_page(plan_page(make_plan(make_planned("a", name="Episode 12")))).page
    page.locator("tr.row .toggle").click()
    assert "Name" not in page.locator(".details dt").all_inner_texts()
