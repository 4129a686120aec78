"""Bulletins and their firings, counted so that the numbers of all formats agree."""

from __future__ import annotations

import pytest

from report.documents import make_plan, make_planned
from report.markdown import rendered
from runner.report.counts import action_counts, bulletins_of, only_later, unreported
from runner.report.html.placing import placed
from runner.report.html.plan_headline import goes_out
from runner.report.markdown import plan_markdown
from runner.report.plan import summary_line


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        ([], "0 bulletins"),
        (["a"], "1 bulletin"),
        (["a", "b"], "2 bulletins"),
        (["a", "b", "a"], "3 firings of 2 bulletins"),
        (["a", "a"], "2 firings of 1 bulletin"),
    ],
)
def test_firings_are_told_apart_from_bulletins_where_they_are_more(ids: list[str], said: str) -> None:
    assert bulletins_of(iter(ids)) == said


def test_every_format_says_the_same_of_a_bulletin_in_two_accounts() -> None:
    sent = [make_planned("a"), make_planned("a", account="europe"), make_planned("b", "retry")]
    document = make_plan(*sent, make_planned("c", "wait"))
    said = "3 firings of 2 bulletins"

    assert summary_line(document).endswith(f"Z: 2 fire, 1 retry, 1 wait ({said} would be sent)")
    assert goes_out(document, placed(document)) == f"{said} go out now, in europe and india."
    seen = rendered(plan_markdown(document)).text
    assert seen.startswith(f"{said} would be sent now (2 in india, 1 in europe). 2 fire, 1 retry, 1 wait.")


def test_what_waits_for_a_budget_and_what_no_run_has_reported_is_counted_among_its_kind() -> None:
    held = make_planned("a", "wait", may_go_at="2026-12-01T14:00:00Z")
    document = make_plan(held, make_planned("b", "wait"), *(make_planned(f"c-{n}", "expired") for n in range(3)))
    for count, said in ((0, ""), (2, " (2 not reported yet)"), (3, " (not reported yet)")):
        document["summary"]["newly_expired"] = count
        assert unreported(document) == said
        assert action_counts(document, {"wait": "waiting"}) == f"2 waiting (1 for a budget), 3 expired{said}"
    del document["summary"]["newly_expired"]  # nobody knows without a ledger
    assert unreported(document) == ""


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (1, "1 more comes only after that"), (1200, "1,200 more come only after that")]
)
def test_what_comes_later_than_a_plan_shows_is_counted(count: int, said: str) -> None:
    document = make_plan()
    document["summary"]["later"] = count
    assert only_later(document) == said
