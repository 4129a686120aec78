"""What a bulletin has many of."""

from __future__ import annotations

from runner.report.document.repeated_bulletins import split_repeated


def test_what_is_many_of_one_is_distinguished_from_the_few_in_order() -> None:
    found = split_repeated(["a1", "b1", "a2", "c1", "a3", "b2"], lambda text: ("india", text[0]))
    assert found == (["b1", "b2", "c1"], [["a1", "a2", "a3"]])
    assert split_repeated([], lambda text: ("india", text)) == ([], [])


def test_another_account_is_counted_for_itself() -> None:
    entries = [("india", 1), ("europe", 1), ("india", 2), ("europe", 2)]
    assert split_repeated(entries, lambda each: (each[0], "a"))[1] == []
