"""What a person has to look at."""

from __future__ import annotations

from report.documents import make_report, make_result
from runner.report.html.run.attention import attention_items, warned_groups
from runner.report.html.run.page import report_page


def test_the_first_of_many_expired_occurrences_is_shown_for_all() -> None:
    times = [make_result("weekly", "expired", occurrence=f"r1@{day}") for day in range(9)]
    others = [make_result("weekly", "expired", account="europe"), make_result("weekly", "failed")]
    report = make_report(*times, *others)

    assert [(each.row, each.kind.key, each.more_alike) for each in attention_items(report)[0]] == [
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
    items, unlike = attention_items(make_report(*failed), most=3)
    assert [(each.result["reason"], each.more_alike) for each in items] == [
        ("it is blank", 8),
        ("it is long", 8),
        ("it is late", 8),
    ]
    assert unlike == 9
    many = [make_result(f"a-{why}", "failed", reason=f"it is {why * 9}") for why in "abcdefghijk"]
    assert "… and 2 more, in the table." in report_page(make_report(*many))


def test_a_stopped_account_is_shown_beside_many_doubts_and_failures() -> None:
    results = [make_result(f"d-{n}", "in_doubt", reason=why) for why in ("HTTP 503", "timed out") for n in range(9)]
    results += [make_result(f"f-{n}", "failed", reason="no such event") for n in range(9)]
    results += [make_result("s-0", "failed", account="europe", reason="HTTP 401")]
    results += [make_result(f"s-{n}", "skipped", account="europe", reason="account stopped") for n in range(1, 9)]
    results += [make_result(f"e-{n}", "expired", reason="too late") for n in range(9)]

    items, unlike = attention_items(make_report(*results))

    assert unlike == 0
    assert sum(1 + each.more_alike for each in items) == len(results)
    assert {each.result["reason"] for each in items} == {each["reason"] for each in results}


def test_warnings_are_listed_once_for_all_that_are_alike() -> None:
    warned = [make_result(f"w-{number}", warnings=["0 bulletins were sent"]) for number in range(9)]
    (group,) = warned_groups(make_report(*warned, make_result("fine")))
    assert (group.count, [each.entry["id"] for each in group.leading]) == (9, ["w-0", "w-1", "w-2"])
    assert report_page(make_report(*warned)).count("<bdi>0 bulletins were sent</bdi>") == 1
