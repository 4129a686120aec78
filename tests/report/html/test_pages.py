"""The pages as files: well-formed, whole, bound by their own policy, and the same whatever their texts hold."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from report.documents import (
    hostile_plan,
    hostile_report,
    make_attempt,
    make_bulletin_change,
    make_changes,
    make_plan,
    make_planned,
    make_report,
    make_result,
)
from report.hostile import HOSTILE
from report.html.parsed import Parsed, unpacked
from report.html.samples import busy_plan, busy_report
from runner.report.html import compact_data
from runner.report.html.instants import instant_ms
from runner.report.html.plan.page import plan_page
from runner.report.html.run import page_data
from runner.report.html.run.page import report_page
from runner.report.safe_text import printable

_LOST: dict[str, Any] = {"exit_code": None, "ledger": None, "git_commit": None}
PAGES = {
    "report": lambda: report_page(busy_report(40)),
    "report-of-nothing": lambda: report_page(make_report()),
    "report-of-a-lost-run": lambda: report_page(make_report(make_result(), **_LOST)),
    "dry-run": lambda: report_page(make_report(make_result(outcome="would_fire"), dry_run=True)),
    "plan": lambda: plan_page(busy_plan(60, changes=True)),
    "plan-of-nothing": lambda: plan_page(make_plan()),
    "plan-of-no-change": lambda: plan_page(make_plan(make_planned(), changes=make_changes(), ledger=None, git=None)),
    "plan-of-part": lambda: plan_page(make_plan(make_planned(), selection={"id": ["sa-*"], "exclude_tag": ["x"]})),
}
MAKERS: dict[str, Callable[[str], str]] = {
    "report": lambda text: report_page(hostile_report(text)),
    "plan": lambda text: plan_page(hostile_plan(text)),
}


@pytest.fixture(params=PAGES)
def html(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


def test_elements_close_in_their_order(html: str) -> None:
    assert Parsed(html).unclosed == []


def test_ids_are_given_once_and_what_refers_to_them_finds_them(html: str) -> None:
    elements = Parsed(html).elements
    ids = [each.attributes["id"] for each in elements if "id" in each.attributes]
    referred = [
        name
        for each in elements
        for attribute in ("aria-labelledby", "aria-describedby")
        for name in (each.attributes.get(attribute) or "").split()
    ]

    assert len(ids) == len(set(ids))
    assert set(referred) <= set(ids)


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    page = Parsed(html)
    refers = [each.attributes[name] for each in page.elements for name in ("src", "href") if name in each.attributes]

    assert [target for target in refers if target not in ("data:,", "#firings")] == []
    assert not re.search(r"@import|url\((?!#)", page.style)
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|\bimport\(|innerHTML|insertAdjacentHTML|document\.write", page.script
    )


def test_the_policy_allows_the_one_script_and_the_one_style_sheet(html: str) -> None:
    page = Parsed(html)
    (policy,) = [each for each in page.all("meta") if each.attributes.get("http-equiv") == "Content-Security-Policy"]
    content = policy.attributes["content"] or ""

    assert content.startswith("default-src 'none'; ")
    assert "unsafe" not in content
    for directive, text in (("script-src", page.script), ("style-src", page.style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in content


def test_no_attribute_runs_or_styles(html: str) -> None:
    names = {name for each in Parsed(html).elements for name in each.attributes}

    assert not [name for name in names if name.startswith("on") or name == "style"]


def test_the_same_document_gives_the_same_page() -> None:
    assert report_page(busy_report(5)) == report_page(busy_report(5))
    assert plan_page(busy_plan(5)) == plan_page(busy_plan(5))


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(maker: Callable[[str], str], text: str) -> None:
    html = maker(text)
    page, harmless = Parsed(html), Parsed(maker("harmless"))

    html.encode()
    assert page.unclosed == []
    assert page.shape == harmless.shape
    assert page.script == harmless.script
    source = html.replace(page.script, "").replace("\n", "")
    assert source == printable(source)
    assert printable(text) in [each.text for each in page.all("bdi")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_data_of_a_report_is_that_of_its_document(text: str) -> None:
    document = hostile_report(text)
    page = Parsed(report_page(document))
    details = unpacked(page.details, ("warnings", "payload", "attempts"))
    rows = [row | more for row, more in zip(unpacked(page.data), details, strict=True)]

    for row, result in zip(rows, document["results"], strict=True):
        same = ("id", "account", "file", "line", "business_event", "name", "reason", "error", "warnings", "payload")
        assert {name: row[name] for name in same} == {name: result[name] for name in same}
        assert [each[5] for each in row["attempts"]] == [each["answer"] for each in result["attempts"]]
        assert row["due"] == instant_ms(result["due_at"])


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_data_of_a_plan_is_that_of_its_document(text: str) -> None:
    document = hostile_plan(text)
    page = Parsed(plan_page(document))
    details = unpacked(page.details, ("payload", "changes"))
    rows = [row | more for row, more in zip(unpacked(page.data), details, strict=True)]

    for row, firing in zip(rows, document["firings"], strict=True):
        same = ("id", "account", "file", "line", "business_event", "name", "reason", "payload", "fingerprint")
        assert {name: row[name] for name in same} == {name: firing[name] for name in same}
        assert row["changes"] == [[each["field"], each["old"], each["new"]] for each in firing["changes"]]


def test_the_first_rows_are_in_the_page_itself() -> None:
    page = Parsed(report_page(busy_report(150)))

    assert len([each for each in page.all("td") if "what-cell" in (each.attributes.get("class") or "")]) == 40
    assert len(page.data["rows"]) == 150


def test_what_is_in_doubt_comes_with_all_that_finding_and_settling_it_takes() -> None:
    doubt = make_result(
        "sa-re-ga-ma-12", "in_doubt", occurrence="r2", tries=1, attempts=[make_attempt(latency_ms=2000)]
    )
    html = report_page(make_report(doubt, exit_code=4))

    assert "bulletins resolve sa-re-ga-ma-12 --account india --occurrence r2 --sent --note" in html
    assert "bulletins resolve sa-re-ga-ma-12 --account india --occurrence r2 --not-sent --note" in html
    assert "releases@example.com" in html


def test_long_answers_of_many_are_cut_and_the_page_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_data, "ANSWERS_KEPT", 3000)
    answers: list[dict[str, Any]] = [make_result(attempts=[make_attempt(answer=str(n) * 400)]) for n in range(9)]
    page = Parsed(report_page(make_report(*answers)))

    assert page.data["answers_cut"] == 160
    assert all(len(row["attempts"][0][5]) == 161 for row in unpacked(page.details, ("attempts",)))


def test_payloads_that_would_make_a_page_too_large_are_left_out_the_failed_ones_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compact_data, "PAYLOADS_KEPT_BYTES", 200)
    report = report_page(make_report(make_result(), make_result(outcome="failed")))
    plan = plan_page(make_plan(make_planned("a"), make_planned("b")))

    assert [row["payload"] is False for row in unpacked(Parsed(report).details)] == [True, False]
    assert [row["payload"] is False for row in unpacked(Parsed(plan).details)] == [False, True]


def test_a_row_is_in_the_data_and_in_the_changes() -> None:
    row = {"row": "bulletins.d/shows.csv:17"}
    changes = make_changes([make_bulletin_change(**row), make_bulletin_change(id="b")])
    plan = Parsed(plan_page(make_plan(make_planned(**row), make_planned("b"), changes=changes)))
    report = Parsed(report_page(make_report(make_result(**row), make_result("b"))))

    for page in (plan, report):
        assert [each["row"] for each in unpacked(page.data)] == [row["row"], None]
    assert "bulletins.d/shows.csv:17" in [each.text for each in plan.all("bdi")]


def test_what_a_change_does_often_in_an_account_is_reported_once() -> None:
    (once,) = make_bulletin_change()["effects"]
    effects = [*(once | {"account": name} for name in ("india", "europe", "india")), once | {"text": "is too late"}]
    page = Parsed(plan_page(make_plan(make_planned(), changes=make_changes([make_bulletin_change(effects=effects)]))))
    texts = ("goes out as soon as fire runs", "is too late")

    assert [each.text for each in page.all("span") if each.attributes.get("class") == "chip"][:3] == [
        " (2 times)",
        "",
        "",
    ]
    assert [each.text for each in page.all("bdi") if each.text in (*texts, "india", "europe")][:6] == [
        *("india", texts[0]),
        *("europe", texts[0]),
        *("india", texts[1]),
    ]
