"""The page of a run in a real browser: filters, order, details, times."""

from __future__ import annotations

import re

from report.documents import make_attempt, make_report, make_result
from report.html.browser import OpenPage
from report.html.samples import busy_report
from runner.report.html.run.page import report_page

FIRST = make_attempt(1, verdict="no", http_status=429, answer='{"status":"fail"}')
SECOND = make_attempt(2, started_at="2026-12-01T13:00:04.500Z", latency_ms=1250)
REPORT = make_report(
    make_result("fired-a", name="Episode 2"),
    make_result("fired-b", name="Episode 10", tries=2, attempts=[FIRST, SECOND], started_at=SECOND["started_at"]),
    make_result("doubt", "in_doubt", name="Doubtful", account="europe"),
    make_result("failed", "failed", name="Flash", business_event="Flash Sale"),
    make_result("later", None, name="Later"),
)
_IDS = "rows => rows.map((row) => row.querySelector('.id').textContent)"


def test_words_filter_by_every_field_and_all_of_them_must_be_there(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    rows = page.locator("tr.row")
    for text, ids in {
        "episode": ["fired-a", "fired-b"],
        "FLASH sale": ["failed"],
        "europe": ["doubt"],
        "business event not found": ["failed"],
        "episode flash": [],
    }.items():
        page.locator("#find").fill(text)
        assert rows.evaluate_all(_IDS) == ids
    assert page.locator("#none").is_visible()
    assert page.locator("#shown").inner_text() == "0 of 5 firings"
    page.locator("#clear").click()
    assert rows.count() == 5


def test_tiles_and_lists_filter_by_kind_and_account(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    rows = page.locator("tr.row")
    page.locator('.tile[data-kind="in_doubt"]').click()
    page.locator('.tile[data-kind="failed"]').click()
    assert rows.evaluate_all(_IDS) == ["doubt", "failed"]
    assert page.locator('.tile[aria-pressed="true"]').count() == 2

    page.locator("#account").select_option(label="europe")
    assert rows.evaluate_all(_IDS) == ["doubt"]
    page.locator("#clear").click()
    page.locator("#kind").select_option("left-wait")
    assert rows.evaluate_all(_IDS) == ["later"]


def test_results_with_a_warning_are_a_kind_of_their_own_to_filter_by(open_page: OpenPage) -> None:
    warned = make_result("warned", warnings=["0 bulletins were sent"])
    page = open_page(report_page(make_report(make_result("fine"), warned, make_result("bad", "failed")))).page
    rows = page.locator("tr.row")
    page.locator('.tile[data-kind="warned"]').click()
    assert rows.evaluate_all(_IDS) == ["warned"]
    page.locator('.tile[data-kind="failed"]').click()
    assert rows.evaluate_all(_IDS) == ["warned", "bad"]
    page.locator("#clear").click()
    page.locator("#kind").select_option("warned")
    assert rows.evaluate_all(_IDS) == ["warned"]


def test_columns_sort_up_down_and_back_with_numbers_in_names_as_numbers(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    head = page.locator('th[data-sort="name"]')
    seen = []
    for _ in range(3):
        head.locator("button").click()
        seen.append((head.get_attribute("aria-sort"), page.locator("tr.row").evaluate_all(_IDS)))

    assert seen == [
        ("ascending", ["doubt", "fired-a", "fired-b", "failed", "later"]),
        ("descending", ["later", "failed", "fired-b", "fired-a", "doubt"]),
        ("none", ["fired-a", "fired-b", "doubt", "failed", "later"]),
    ]


def test_the_address_keeps_what_is_shown(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    page.locator("#find").fill("episode")
    page.locator('th[data-sort="name"] button').click()
    page.locator('.tile[data-kind="fired"]').click()
    page.locator('input[value="utc"]').check()
    fragment = page.evaluate("location.hash")
    again = open_page(report_page(REPORT), fragment).page

    assert again.locator("#find").input_value() == "episode"
    assert again.locator("tr.row").evaluate_all(_IDS) == ["fired-a", "fired-b"]
    assert again.locator('input[name="zone"]:checked').get_attribute("value") == "utc"


def test_a_row_opens_by_keyboard_and_shows_its_details(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    toggle = page.locator("tr.row .toggle").nth(1)
    toggle.focus()
    page.keyboard.press("Enter")
    details = page.locator(".details").inner_text()

    assert toggle.get_attribute("aria-expanded") == "true"
    for said in (
        "try 1",
        "HTTP 429",
        "not sent",
        "try 2",
        "14:00:04.500",
        "1.3 s",
        "The last of 2 tries went out",
        '"program_id": "234567"',
        "bulletins.d/a.yaml:4",
        REPORT["results"][1]["fingerprint"],
    ):
        assert said in details
    page.keyboard.press("Space")
    assert page.locator(".details").count() == 0


def test_times_are_the_readers_until_they_are_utc(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT), timezone="Asia/Kolkata").page
    started = page.locator("td.c-started time").first

    assert started.inner_text() == "18:30:00"
    assert page.locator("text.tick[data-ms]").first.text_content() == "18:30:01"
    page.locator('input[value="utc"]').check()
    assert started.inner_text() == "13:00:00"
    assert page.locator("text.tick[data-ms]").first.text_content() == "13:00:01"


def test_a_bar_and_the_button_of_an_attention_item_open_the_row(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT)).page
    page.locator("#find").fill("later")
    page.locator("rect[data-row='1']").last.click()
    assert page.locator("tr.is-open .id").inner_text() == "fired-b"

    page.locator("button.open-row").first.click()
    assert page.locator("tr.is-open .id").all_inner_texts() == ["fired-b", "doubt"]
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_more_rows_come_by_the_button(open_page: OpenPage) -> None:
    page = open_page(report_page(busy_report(350))).page
    rows, more = page.locator("tr.row"), page.locator("#more")
    counts = [rows.count()]
    while more.is_visible():
        more.click()
        counts.append(rows.count())

    assert counts == [40, 200, 350]


def test_on_a_phone_a_row_says_what_its_columns_would(open_page: OpenPage) -> None:
    page = open_page(report_page(REPORT), viewport=(360, 740)).page

    assert page.locator("td.c-reason").first.is_hidden()
    said = page.locator("tr.row .phone").nth(3)
    assert said.is_visible()
    assert said.text_content() == "india: HTTP 400: Business Event Not Found"


def test_what_waits_for_a_budget_says_when_it_may_go(open_page: OpenPage) -> None:
    held = make_result("a", None, action="wait", due_at=None, may_go_at="2026-12-01T13:59:59.5Z")
    page = open_page(report_page(make_report(held)), timezone="UTC").page

    assert page.locator("td.c-due").inner_text() == "may go 1 Dec 14:00"


def test_three_hundred_firings_are_printed_on_few_pages(open_page: OpenPage) -> None:
    page = open_page(report_page(busy_report(300))).page
    printed = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12
