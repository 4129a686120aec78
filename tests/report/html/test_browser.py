"""Both pages in a real browser: nothing goes wrong, hostile text does nothing, phones, the dark, paper, no scripts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from report.documents import (
    hostile_plan,
    hostile_report,
    make_changes,
    make_plan,
    make_planned,
    make_report,
    make_result,
)
from report.hostile import HOSTILE
from report.html.browser import OpenPage
from report.html.samples import busy_plan, busy_report
from runner.report.html.plan.page import plan_page
from runner.report.html.run.page import report_page
from runner.report.safe_text import printable

PHONE = {"viewport": (360, 740), "is_touched": True}
PAGES: dict[str, Callable[[], str]] = {
    "report": lambda: report_page(busy_report(120)),
    "report-of-nothing": lambda: report_page(make_report()),
    "report-of-a-crowd": lambda: report_page(busy_report(1700)),
    "plan": lambda: plan_page(busy_plan(150, changes=True)),
    "plan-of-nothing": lambda: plan_page(make_plan()),
    "plan-of-one": lambda: plan_page(make_plan(make_planned())),
}
_WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# Contrast of each text with what is behind it, by WCAG: those that are worse than `least`.
_FAINT = """(least) => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour, under) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const each of [under, colour]) { if (each) { canvas.fillStyle = each; canvas.fillRect(0, 0, 1, 1); } }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (parts) => parts.map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (backgroundColor !== "rgba(0, 0, 0, 0)") return backgroundColor;
    }
    return getComputedStyle(document.documentElement).colorScheme === "dark" ? "black" : "white";
  };
  const faint = new Set();
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true }) || element.closest("svg, option")) continue;
    const ground = behind(element);
    const [a, b] = [light(rgb(getComputedStyle(element).color, ground)), light(rgb(ground))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least) faint.add(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return [...faint];
}"""


@functools.cache
def html_of(name: str) -> str:
    return PAGES[name]()


@pytest.mark.parametrize("fields", [{}, PHONE], ids=["window", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_without_errors_fits_the_window_and_has_enough_contrast(
    open_page: OpenPage, name: str, fields: dict[str, Any]
) -> None:
    page = open_page(html_of(name), **fields).page

    width, window = page.evaluate(_WIDTHS)
    assert page.locator("html.js").count() == 1
    assert width <= window
    assert page.evaluate(_FAINT, 4.5) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(_FAINT, 4.5) == []


def test_hostile_text_is_shown_and_does_nothing(open_page: OpenPage) -> None:
    texts = list(enumerate(HOSTILE.values()))
    plans = [hostile_plan(text) for text in HOSTILE.values()]
    results = (each for place, text in texts for each in some(place, text, hostile_report(text)["results"]))
    firings = (each for place, text in texts for each in some(place, text, plans[place]["firings"]))
    report, plan = make_report(*results), make_plan(*firings, changes=all_changes(plans))
    for html in (report_page(report), plan_page(plan)):
        page = open_page(html, viewport=(360, 740)).page
        while page.locator("#more").is_visible():
            page.locator("#more").click()
        page.locator("tr.row .toggle").evaluate_all("found => found.forEach((each) => each.click())")

        names = page.locator("tr.row .name bdi").evaluate_all("found => found.map((each) => each.textContent)")
        assert set(names) == {printable(text) for text in HOSTILE.values()}
        assert page.locator(".details").count() == len(names)
        assert page.locator("main script, main img, main iframe").count() == 0
        width, window = page.evaluate(_WIDTHS)
        assert width <= window


def some(place: int, text: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two rows of a text, other ones for its neighbours: all texts and all kinds of rows occur, without their product.

    Of a text that is merely long there is one: it takes the time, and is as long in the others.
    """
    return [rows[(place + more) % len(rows)] for more in range(2 if len(text) < 1000 else 1)]


def all_changes(plans: list[dict[str, Any]]) -> dict[str, Any]:
    parts = ("bulletins", "accounts", "events")
    return make_changes(*([each for plan in plans for each in plan["changes"][part]] for part in parts))


def test_a_script_in_a_name_stays_text(open_page: OpenPage) -> None:
    name = "</script><script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">"
    for html in (report_page(make_report(make_result(name=name))), plan_page(make_plan(make_planned(name=name)))):
        page = open_page(html).page
        page.locator("tr.row .toggle").click()

        assert page.locator("tr.row .name").inner_text() == name
        assert page.title() != "ran"


def test_scripts_from_elsewhere_do_not_run_even_if_they_got_in(open_page: OpenPage) -> None:
    html = report_page(make_report()).replace("<main>", "<main><script>document.title = 'ran'</script>")
    opened = open_page(html)

    assert opened.page.title() != "ran"
    assert "Content Security Policy" in opened.complaints.pop()


def test_the_dark_is_dark_and_the_light_is_light(open_page: OpenPage) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    html = report_page(make_report(make_result()))
    light = open_page(html, is_dark=False).page.evaluate(ground)
    dark = open_page(html, is_dark=True).page.evaluate(ground)

    assert (light, dark) == ("rgb(245, 246, 248)", "rgb(15, 18, 21)")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_paper_shows_all_rows_on_white_without_controls(open_page: OpenPage, is_dark: bool) -> None:
    page = open_page(report_page(busy_report(90)), is_dark=is_dark).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#find").is_hidden()
    assert page.locator(".zones").is_hidden()
    assert page.locator("tr.row").count() == 90
    assert page.locator(".c-tries").last.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("tr.row").count() == 40


def test_what_is_folded_is_open_on_paper(open_page: OpenPage) -> None:
    page = open_page(plan_page(busy_plan(60, changes=True))).page
    folded = page.locator("details:not([open]) .diff").first
    assert folded.is_hidden()

    page.emulate_media(media="print")
    assert folded.is_visible()


def test_without_scripts_the_first_rows_and_the_charts_are_there(open_page: OpenPage) -> None:
    report = open_page(report_page(busy_report(150)), has_scripts=False).page
    plan = open_page(plan_page(busy_plan(150)), has_scripts=False).page

    assert report.locator("#body tr").count() == plan.locator("#body tr").count() == 40
    assert report.get_by_text("The first 40 of 150 firings").is_visible()
    assert report.locator(".bar").first.is_visible()
    assert plan.locator(".grid td.d1").first.is_visible()
    assert plan.locator("#agenda li").first.is_visible()
    assert report.locator("#find").is_hidden()


def test_the_keyboard_reaches_the_rows_by_the_skip_link(open_page: OpenPage) -> None:
    page = open_page(report_page(busy_report(5))).page
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "find"


def test_many_firings_load_and_filter(open_page: OpenPage) -> None:
    """Ten times as many are a benchmark's."""
    for html in (report_page(busy_report(1000)), plan_page(busy_plan(1000))):
        assert len(html.encode()) < 1_000_000
        page = open_page(html).page
        page.locator("#find").fill("show-00999")

        assert page.locator("#shown").inner_text() == "1 of 1,000 firings"
        assert page.locator("tr.row").count() == 1
