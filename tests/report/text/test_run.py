"""The lines of a run's report."""

from __future__ import annotations

import pytest

from report.documents import make_result
from report.hostile import HOSTILE
from runner.report.safe_text import printable
from runner.report.text.run import outcome_lines


def expired(count: int, account: str = "india") -> list[dict[str, object]]:
    times = [f"r1@2026-12-{day:02}T13:00:00Z" for day in range(1, count + 1)]
    return [make_result("weekly", "expired", account=account, occurrence=at, reason="too late") for at in times]


def test_of_many_times_that_expired_the_first_few_are_shown_and_how_many_more() -> None:
    lines = [line for _, line in outcome_lines([make_result("a"), *expired(9), make_result("b", None)])]

    assert [line.split(" · ")[0].split()[-1] for line in lines[1:4]] == [
        f"r1@2026-12-0{day}T13:00:00Z" for day in (1, 2, 3)
    ]
    more = "6 more, from r1@2026-12-04T13:00:00Z to r1@2026-12-09T13:00:00Z (--verbose shows them)"
    assert lines[4:] == [f"expired    weekly india · {more}"]


def test_all_are_shown_where_all_is_wanted_or_where_one_more_would_be_left() -> None:
    assert len(list(outcome_lines(expired(9), whole=True))) == 9
    assert len(list(outcome_lines(expired(4)))) == 4
    assert len(list(outcome_lines([*expired(4), *expired(4, account="europe")]))) == 8


def test_other_outcomes_are_never_cut() -> None:
    failed = [make_result("weekly", "failed", occurrence=f"r{number}") for number in range(9)]
    assert [outcome for outcome, _ in outcome_lines(failed)] == ["failed"] * 9


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_terminal_obeys_nothing_of_it(text: str) -> None:
    hostile = [{**each, "id": text, "account": text} for each in expired(9)]
    lines = [line for _, line in outcome_lines(hostile)]
    assert len(lines) == 4
    assert [printable(line) for line in lines] == lines
