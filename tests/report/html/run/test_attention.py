"""What a person has to look at."""

from __future__ import annotations

from report.documents import make_report, make_result
from runner.report.html.run.attention import attention_items
from runner.report.html.run.page import report_page


def test_the_first_of_many_times_that_expired_stands_for_all() -> None:
    times = [make_result("weekly", "expired", occurrence=f"r1@{day}") for day in range(9)]
    others = [make_result("weekly", "expired", account="europe"), make_result("weekly", "failed")]
    report = make_report(*times, *others)

    assert [(each.row, each.kind.key, each.more_times) for each in attention_items(report)] == [
        (10, "failed", 0),
        (0, "expired", 8),
        (9, "expired", 0),
    ]
    assert "… and 8 later times of it, in the table." in report_page(report)


def test_what_is_not_shown_is_counted_with_all_of_its_times() -> None:
    bulletins = [make_result(f"a-{number}", "expired", occurrence=f"r1@{day}") for number in range(7) for day in (1, 2)]
    assert "… and 4 more, in the table." in report_page(make_report(*bulletins))
