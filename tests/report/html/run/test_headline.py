"""The first sentences of both pages."""

from __future__ import annotations

from typing import Any

import pytest

from report.documents import make_plan, make_planned, make_report, make_result
from runner.fire.outcome import Outcome
from runner.plan.decide import Action
from runner.report.html.labels import ACTION_KINDS, LEFT_ALONE, OUTCOME_KINDS
from runner.report.html.plan import headline
from runner.report.html.plan.page import plan_page
from runner.report.html.plan.placement import placed
from runner.report.html.run.headline import besides, happened, tiles


@pytest.mark.parametrize(
    ("outcomes", "run", "sentence"),
    [
        ([], {}, "Nothing to send."),
        ([None], {}, "Nothing to send."),
        ([], {"interrupted": True}, "Interrupted: nothing was sent."),
        (["fired"], {}, "1 bulletin fired."),
        (["fired"] * 3 + ["failed", "in_doubt"], {}, "3 bulletins fired, 1 failed, 1 in doubt: look at it."),
        (["in_doubt"] * 2, {}, "2 bulletins in doubt: look at them."),
        (["fired", "skipped"], {"interrupted": True}, "Interrupted: 1 bulletin fired, 1 skipped."),
        ([None], {"exit_code": 5}, "Refused, nothing was sent."),
        (["skipped"] * 2, {"exit_code": 5}, "Refused, nothing was sent: 2 bulletins skipped."),
        (["would_fire"] * 2, {"dry_run": True}, "Dry run: 2 bulletins would fire."),
        ([None], {"dry_run": True}, "Dry run: nothing would be sent."),
    ],
)
def test_what_happened_is_one_sentence(outcomes: list[str | None], run: dict[str, Any], sentence: str) -> None:
    results = [make_result(f"a-{number}", outcome) for number, outcome in enumerate(outcomes)]
    assert happened(make_report(*results, **run)) == sentence


def test_what_happened_to_a_bulletin_repeatedly_is_distinguished_from_many_bulletins() -> None:
    fired = [make_result("a"), make_result("a", account="europe"), make_result("b"), make_result("c", "failed")]
    assert happened(make_report(*fired)) == "3 firings of 2 bulletins fired, 1 failed."
    expired = [make_result("a", "expired", occurrence=f"r1@{day}") for day in range(9)]
    assert happened(make_report(*expired)) == "9 firings of 1 bulletin expired."


def test_what_was_left_alone_is_said_besides() -> None:
    document = make_report(make_result(), make_result(outcome=None), make_result(outcome=None, action="done"))

    assert besides(document) == "CleverTap counted 1 bulletin sent. Left alone: 1 not due yet and 1 sent before."


def test_tiles_count_what_the_run_did_apart_from_what_it_left_alone() -> None:
    document = make_report(make_result(outcome="in_doubt"), make_result(outcome=None, action="in_doubt"))
    counts = {kind.key: count for kind, count in tiles(document)}

    assert counts == {"fired": 0, "in_doubt": 1, "failed": 0, "left-in_doubt": 1}


def test_every_outcome_and_action_has_its_words_and_its_place() -> None:
    assert set(OUTCOME_KINDS) == set(Outcome)
    assert set(ACTION_KINDS) == set(LEFT_ALONE) - {"held_back"} == set(Action)
    assert {action for action in Action if action.sends} == {"fire", "retry"}


def test_names_of_kinds_agree_with_their_numbers() -> None:
    said = [
        f"{count} {ACTION_KINDS[key].counted(count)}" for key in ("fire", "retry", "wait", "done") for count in (1, 3)
    ]
    assert said == [
        *("1 goes out now", "3 go out now", "1 goes out now, again", "3 go out now, again"),
        *("1 waits", "3 wait", "1 sent before", "3 sent before"),
    ]
    page = plan_page(make_plan(make_planned("a"), make_planned("b"), make_planned("c", "wait")))
    tiles = [line.split("</span>")[1] for line in page.splitlines() if '<span class="name"><span class="mark"' in line]
    assert tiles == ["go out now", "waits"]


def test_the_plan_says_what_goes_out_now() -> None:
    now, retry = make_planned("a"), make_planned("b", "retry", account="europe")
    document = make_plan(now, retry)

    assert headline.goes_out(document, placed(document)) == "2 bulletins go out now, in europe and india."
    nothing = make_plan(selection={"until": ["2026-12-07T23:59:59Z"]})
    nothing["summary"]["later"] = 3
    assert headline.goes_out(nothing, []) == "Nothing is due until then."
    assert headline.goes_out(make_plan(), []) == "There is nothing to plan: no firing is selected."


def test_the_plan_says_what_is_next_and_what_is_in_the_way() -> None:
    soon = make_planned("a", "wait", due_at="2026-12-01T14:00:00Z")
    later = make_planned("b", "wait", due_at="2026-12-20T14:00:00Z")
    document = make_plan(soon, later, make_planned("c", "in_doubt"))
    places = placed(document)
    found = headline.next_of(document, places)

    assert found is not None
    assert (found.rows, found.away_ms) == ((0,), 3_600_000)
    assert headline.this_week(document, places) == 1
    assert headline.troubles(document) == "Not going out: 1 in doubt (decide with bulletins resolve)."
