"""A run's report as Markdown."""

from __future__ import annotations

import pytest

from report.documents import hostile_report, make_report, make_result
from report.hostile import HOSTILE
from report.markdown import ALLOWED, rendered
from runner.fire.outcome import Outcome
from runner.report.markdown.run import report_markdown
from runner.report.safe_text import printable


def test_the_first_line_says_what_happened() -> None:
    results = [make_result(outcome=outcome) for outcome in ("fired", "failed", "in_doubt", None)]
    seen = rendered(report_markdown(make_report(*results, exit_code=4)))

    assert seen.text.splitlines()[0] == "1 fired, 1 failed, 1 in doubt (bulletins sent: 1)."
    assert "left alone: 1 not due yet" in seen.text
    assert "exit code 4" in seen.text


def test_what_somebody_has_to_look_at_comes_first_with_its_reason_and_place() -> None:
    results = [make_result(outcome=outcome.value) for outcome in Outcome]
    seen = rendered(report_markdown(make_report(*results)))

    assert [row[0] for row in seen.rows] == [
        "outcome", "❓ in doubt", "❌ failed", "⌛ expired", "⏭️ skipped", "outcome", "✅ fired", "✅ would fire",
    ]  # fmt: skip
    assert seen.rows[2][3:] == ["HTTP 400: Business Event Not Found", "bulletins.d/a.yaml:4"]


def test_a_row_is_named_with_the_place_of_its_template() -> None:
    failed = make_result(outcome="failed", row="bulletins.d/shows.csv:17")

    assert rendered(report_markdown(make_report(failed))).rows[1][4] == "bulletins.d/a.yaml:4, bulletins.d/shows.csv:17"


def test_many_expired_times_of_a_bulletin_are_counted() -> None:
    times = [make_result("weekly", "expired", occurrence=f"r1@{day}", reason=f"no {day}") for day in range(1, 10)]
    once = make_result("once", "expired", reason="late")
    seen = rendered(report_markdown(make_report(*times, once, make_result("a", "in_doubt"))))

    assert [row[:4] for row in seen.rows[2:]] == [
        *(["⌛ expired", f"weekly r1@{day} Episode 12", "india", f"no {day}"] for day in (1, 2, 3)),
        ["⌛ expired", "6 more of weekly in india, r1@4 to r1@9", "9 in india", "alike"],
        ["⌛ expired", "once Episode 12", "india", "late"],
    ]
    assert seen.rows[1][0] == "❓ in doubt"


def test_many_that_were_fired_are_folded() -> None:
    few, many = (report_markdown(make_report(*[make_result()] * count)) for count in (20, 21))

    assert "details" not in rendered(few).tags
    assert "What went out (21)" in rendered(many).text


def test_warnings_are_shown() -> None:
    warned = make_result(warnings=["0 bulletins were sent: check that a bulletin is published for the business event"])

    assert "⚠️ sa-re-ga-ma-12: 0 bulletins were sent" in rendered(report_markdown(make_report(warned))).text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    markdown = report_markdown(hostile_report(text))
    seen = rendered(markdown)

    assert seen.tags <= ALLOWED
    assert not seen.attributes
    assert {len(row) for row in seen.rows} <= {5, 6}
    assert markdown == "\n".join(printable(line) for line in markdown.splitlines()) + "\n"
