"""What a person has to look at."""

from __future__ import annotations

from report.documents import make_report, make_result
from runner.report.html.run.attention import attention_items, warned_groups
from runner.report.html.run.page import report_page


def test_the_first_of_many_times_that_expired_stands_for_all() -> None:
    times = [make_result("weekly", "expired", occurrence=f"r1@{day}") for day in range(9)]
    others = [make_result("weekly", "expired", account="europe"), make_result("weekly", "failed")]
    report = make_report(*times, *others)

    assert [(each.row, each.kind.key, each.more_alike) for each in attention_items(report)] == [
        (10, "failed", 0),
        (0, "expired", 0),
        (1, "expired", 0),
        (2, "expired", 7),
    ]
    assert "… and 7 more like this, in the table." in report_page(report)


def test_what_is_not_shown_is_counted_with_all_that_is_alike() -> None:
    failed = [
        make_result(f"{why}-{number}", "failed", reason=f"it is {why}")
        for why in ("blank", "long", "late", "old")
        for number in range(9)
    ]
    assert "… and 9 more, in the table." in report_page(make_report(*failed))


def test_warnings_are_listed_once_for_all_that_are_alike() -> None:
    warned = [make_result(f"w-{number}", warnings=["0 bulletins were sent"]) for number in range(9)]
    (group,) = warned_groups(make_report(*warned, make_result("fine")))
    assert (group.count, [each.entry["id"] for each in group.leading]) == (9, ["w-0", "w-1", "w-2"])
    assert report_page(make_report(*warned)).count("<bdi>0 bulletins were sent</bdi>") == 1
