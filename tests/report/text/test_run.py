"""The lines of a run's report."""

from __future__ import annotations

import pytest

from report.documents import make_report, make_result
from report.hostile import HOSTILE
from runner.errors import Exit
from runner.report.safe_text import printable
from runner.report.text.run import news_lines, outcome_lines, summary_lines


def expired(count: int, account: str = "india") -> list[dict[str, object]]:
    times = [f"r1@2026-12-{day:02}T13:00:00Z" for day in range(1, count + 1)]
    return [make_result("weekly", "expired", account=account, occurrence=at, reason="too late") for at in times]


def shown(*results: dict[str, object], whole: bool = False) -> list[tuple[str, str]]:
    return list(outcome_lines(make_report(*results), whole=whole))


def test_of_many_times_that_expired_the_first_few_are_shown_and_how_many_more() -> None:
    lines = [line for _, line in shown(make_result("a"), *expired(9), make_result("b", None))]

    assert [line.split(" · ")[0].split()[-1] for line in lines[1:4]] == [
        f"r1@2026-12-0{day}T13:00:00Z" for day in (1, 2, 3)
    ]
    more = "6 more of weekly in india, r1@2026-12-04T13:00:00Z to r1@2026-12-09T13:00:00Z"
    assert lines[4:] == [f"expired    {more} (--verbose shows them)"]


def test_all_are_shown_where_all_is_wanted_or_where_one_more_would_be_left() -> None:
    assert len(shown(*expired(9), whole=True)) == 9
    assert len(shown(*expired(4))) == 4


def test_failures_are_folded_by_what_they_have_in_common() -> None:
    reasons = [f"HTTP 400: event 'E{number}' not found" for number in range(9)]
    failed = [make_result(f"b-{number}", "failed", reason=reason) for number, reason in enumerate(reasons)]
    other = make_result("blank", "failed", reason="HTTP 400: the name is blank")
    lines = [line for _, line in shown(*failed, other)]

    assert [line.split()[1] for line in lines] == ["b-0", "b-1", "b-2", "6", "blank"]


def test_what_a_person_has_to_act_on_is_a_line_for_each_kind() -> None:
    failed = [make_result(f"f-{number}", "failed", reason="HTTP 400: not found") for number in range(9)]
    sent = [make_result(f"s-{number}", warnings=["0 bulletins were sent"]) for number in range(5)]
    held = make_result("held", "skipped", reason="the budget is used up", may_go_at="2026-12-01T13:00:00Z")
    doubt = make_result("d", "in_doubt", reason="no answer")
    lines = list(news_lines(make_report(*failed, *sent, held, doubt, make_result("fine"))))

    assert [outcome for outcome, _ in lines] == ["in_doubt", "failed", None]
    assert lines[1][1] == "failed     9 in india · HTTP 400: not found · f-0, f-1, f-2 and 6 more"
    assert lines[2][1] == "warning    5 in india · 0 bulletins were sent · s-0, s-1, s-2 and 2 more"


@pytest.mark.parametrize(("outcomes", "counts"), [([], ""), (["skipped"], ": 1 skipped")])
def test_a_refused_run_is_never_shown_as_one_with_nothing_to_send(outcomes: list[str], counts: str) -> None:
    report = make_report(*(make_result("a", each, reason="--max") for each in outcomes), exit_code=Exit.REFUSED)
    assert next(summary_lines(report)) == f"refused, nothing was sent{counts}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_terminal_obeys_nothing_of_it(text: str) -> None:
    hostile = [{**each, "id": text, "account": text} for each in expired(9)]
    lines = [line for _, line in shown(*hostile)]
    assert len(lines) == 4
    lines += [line for _, line in news_lines(make_report(*hostile))]
    assert [printable(line) for line in lines] == lines
