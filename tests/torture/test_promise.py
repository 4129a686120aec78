"""The judge of the torture: each way in which the promise can be broken is seen, and named."""

from __future__ import annotations

import pytest

from torture.promise import code_for, judge

IDS = ["a", "b"]
WELL = [("a", "fired"), ("b", "fired")]


@pytest.mark.parametrize(
    ("accepted", "rows"),
    [
        ({"a": 1, "b": 1}, WELL),
        ({"a": 1}, [("a", "fired"), ("b", "in_doubt")]),
        ({"a": 1, "b": 1}, [("a", "fired"), ("b", "claimed")]),
        ({"a": 1}, [("a", "fired"), ("b", "failed")]),
        ({"a": 1, "b": 1}, [("a", "released"), ("a", "fired"), *WELL[1:]]),
    ],
)
def test_a_promise_that_was_kept(accepted: dict[str, int], rows: list[tuple[str, str]]) -> None:
    assert judge(IDS, accepted, rows).broken(over=True) == ""


@pytest.mark.parametrize(
    ("accepted", "rows", "broken"),
    [
        ({"a": 2, "b": 1}, WELL, "sent twice: a"),
        ({"a": 1, "b": 1}, [*WELL, ("a", "in_doubt")], "held twice: a"),
        ({"a": 1, "b": 1}, [("a", "fired"), ("b", "failed")], "raised but not remembered: b"),
        ({"a": 1, "b": 1}, [("a", "fired"), ("b", "released")], "raised but not remembered: b; lost: b"),
        ({"b": 1}, WELL, "fired by the ledger but never raised: a"),
        ({"a": 1, "b": 1, "c": 1}, [*WELL, ("c", "fired")], "never asked for: c"),
        ({"a": 1}, [("a", "fired")], "lost: b"),
        ({"a": 1}, [("a", "fired"), ("b", "released")], "lost: b"),
    ],
)
def test_a_promise_that_was_broken(accepted: dict[str, int], rows: list[tuple[str, str]], broken: str) -> None:
    assert judge(IDS, accepted, rows).broken(over=True) == broken


def test_what_is_pending_is_not_lost_while_more_runs_are_to_come() -> None:
    found = judge(IDS, {"a": 1}, [("a", "fired"), ("b", "released")])
    assert found.broken(over=False) == ""
    assert found.pending == {"b"}


def test_what_counts_as_in_doubt() -> None:
    assert judge(IDS, {}, [("a", "claimed"), ("b", "in_doubt")]).in_doubt == {"a", "b"}


def test_the_exit_code_that_goes_with_a_report() -> None:
    assert code_for(["fired", None]) == 0
    assert code_for(["fired", "expired"]) == 1
    assert code_for(["failed", "in_doubt"], cut_short=True) == 4
    assert code_for(["fired", "skipped"], cut_short=True) == 1
    assert code_for(["skipped"], cut_short=True) == 5
