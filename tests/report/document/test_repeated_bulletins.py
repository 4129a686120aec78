"""What a bulletin has many of."""

from __future__ import annotations

from runner.report.document.repeated_bulletins import few_and_often


def test_what_is_many_of_one_is_told_apart_from_the_few_in_order() -> None:
    found = few_and_often(["a1", "b1", "a2", "c1", "a3", "b2"], lambda text: ("india", text[0]))
    assert found == (["b1", "b2", "c1"], [["a1", "a2", "a3"]])
    assert few_and_often([], lambda text: ("india", text)) == ([], [])


def test_another_account_is_counted_for_itself() -> None:
    entries = [("india", 1), ("europe", 1), ("india", 2), ("europe", 2)]
    assert few_and_often(entries, lambda each: (each[0], "a"))[1] == []
