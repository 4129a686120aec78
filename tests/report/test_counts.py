"""Bulletins and their firings, counted so that the numbers of all formats agree."""

from __future__ import annotations

from typing import Any

import pytest

from report.documents import make_bulletin_change, make_changes, make_field, make_plan, make_planned, make_shared_change
from report.markdown import rendered
from runner.report.counts import action_counts, bulletins_of, distinct_effects, merging, only_later, unreported
from runner.report.html.plan.headline import goes_out
from runner.report.html.plan.placement import placed
from runner.report.markdown.plan import plan_markdown
from runner.report.text.plan import summary_line

NOW, LATER, LATEST = "2026-12-01T13:00:00Z", "2026-12-04T13:00:00Z", "2026-12-05T13:00:00Z"
CRON: dict[str, Any] = {"recurrence": {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata", "ends": None}}


def effect(action: str | None, due_at: str = LATER, **fields: Any) -> dict[str, Any]:
    return {**make_bulletin_change()["effects"][0], "action": action, "due_at": due_at, **fields}


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
def test_firings_are_distinguished_from_bulletins_where_they_are_more(ids: list[str], said: str) -> None:
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
        assert action_counts(document) == f"2 wait (1 for a budget), 3 expired{said}"
    del document["summary"]["newly_expired"]  # nobody knows without a ledger
    assert unreported(document) == ""


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (1, "1 more comes only after that"), (1200, "1,200 more come only after that")]
)
def test_what_comes_later_than_a_plan_shows_is_counted(count: int, said: str) -> None:
    document = make_plan()
    document["summary"]["later"] = count
    assert only_later(document) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], "Merging this sends nothing."),
        (
            [make_bulletin_change("changed", effects=[effect("wait", would_go=True)])],
            "Merging this edits 1 bulletin that goes out later (1 in india), on Fri 2026-12-04 18:30 Asia/Kolkata.",
        ),
        (
            [make_bulletin_change("changed", name, effects=[effect("fire", would_go=True)]) for name in "ab"],
            "Merging this edits 2 bulletins that go out as soon as fire runs (2 in india).",
        ),
        (
            [make_bulletin_change("removed", effects=[effect(None, would_go=True)])],
            "Merging this sends nothing. It stops 1 bulletin that would have gone out (1 in india).",
        ),
        (
            [make_bulletin_change("changed", effects=[effect("disabled", would_go=True)])],
            "Merging this sends nothing. It stops 1 bulletin that would have gone out (1 in india).",
        ),
        ([make_bulletin_change("removed", effects=[effect(None)])], "Merging this sends nothing."),
        ([make_bulletin_change("changed", effects=[effect("done", would_go=True)])], "Merging this sends nothing."),
        (
            [make_bulletin_change(effects=[effect("fire", NOW), effect("wait", account="europe")], **CRON)],
            (
                "Merging this sends 1 bulletin as soon as fire runs (1 in india) and 1 bulletin again and again"
                " (1 in europe), from Fri 2026-12-04 13:00 UTC on."
            ),
        ),
        (
            [
                make_bulletin_change("added", "a", effects=[effect("fire")]),
                make_bulletin_change("added", "b", effects=[effect("wait")]),
                make_bulletin_change("added", "c", effects=[effect("wait", LATEST)], **CRON),
            ],
            (
                "Merging this sends 1 bulletin as soon as fire runs (1 in india), 1 bulletin later (1 in india), on"
                " Fri 2026-12-04 18:30 Asia/Kolkata, and 1 bulletin again and again (1 in india), from"
                " Sat 2026-12-05 18:30 Asia/Kolkata on."
            ),
        ),
        (
            [
                make_bulletin_change("added", "a", effects=[effect("wait", LATEST)]),
                make_bulletin_change("added", "b", effects=[effect("wait", LATER)]),
                make_bulletin_change("changed", "c", effects=[effect("wait", would_go=True)], **CRON),
            ],
            (
                "Merging this sends 2 bulletins later (2 in india), the first on Fri 2026-12-04 18:30 Asia/Kolkata."
                " It edits 1 bulletin that goes out again and again (1 in india), next on"
                " Fri 2026-12-04 18:30 Asia/Kolkata."
            ),
        ),
    ],
)
def test_what_merging_does_is_the_same_in_text_and_in_markdown(changes: list[dict[str, Any]], said: str) -> None:
    document = make_plan(make_planned("x", "wait"), changes=make_changes(changes))

    assert " ".join(merging(document)) == said
    assert " ".join(summary_line(document).splitlines()[:-1]) == said
    assert rendered(plan_markdown(document)).text.splitlines()[0] == said


def test_times_of_a_recurring_bulletin_that_a_budget_holds_back_go_out_later_and_not_again_and_again() -> None:
    past, turn = "r1@2026-12-01T12:50:00Z", "2026-12-01T14:00:00Z"
    effects = [effect("wait", turn, occurrence=past, would_go=True), effect("wait", LATER, would_go=True)]
    changes = make_changes([make_bulletin_change("changed", "a", effects=effects, **CRON)])
    held = make_planned("a", "wait", occurrence=past, may_go_at=turn)
    document = make_plan(held, make_planned("a", "wait"), changes=changes)

    assert " ".join(merging(document)) == (
        "Merging this edits 1 bulletin that goes out later (1 in india), on Tue 2026-12-01 19:30 Asia/Kolkata, and"
        " 1 bulletin that goes out again and again (1 in india), next on Fri 2026-12-04 18:30 Asia/Kolkata."
    )


def test_what_an_account_that_moves_takes_along_is_what_went_there_before() -> None:
    budget = make_shared_change(name="europe", fields=[make_field("budget", "1 a day", "2 a day")], unsent=4)
    changes = make_changes(accounts=[make_shared_change(unsent=3), budget, make_shared_change("added", unsent=0)])
    document = make_plan(make_planned("x", "wait"), changes=changes)

    assert merging(document)[1:] == ["3 not sent yet would reach other people: their account moves."]


def test_what_happens_often_in_an_account_is_reported_once_with_how_often() -> None:
    often = [effect("fire", account=name, text="goes out") for name in ("india", "europe", "india", "india")]
    late = [effect("expired", text="2 times from a to b are too late") for _ in range(2)]
    shown = [(each["account"], times, each["text"]) for each, times in distinct_effects([*often, *late])]

    assert shown == [
        ("india", "3 times", "goes out"),
        ("europe", "", "goes out"),
        ("india", "", "2 times from a to b are too late"),
    ]
