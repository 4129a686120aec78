"""A report lists what the run acted on or has news about, and of each kind that is held back only the first firings."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from plan import NOW, make_firing

from runner.fire.outcome import Outcome
from runner.fire.reasons import run_refused
from runner.fire.result import Result, dry_run_result
from runner.plan.decide import Action, Step
from runner.plan.reasons import due
from runner.report.document.listed_results import MOST_HELD_BACK, listed_results

MANY = 3 * MOST_HELD_BACK


def results(action: Action, *, count: int = MANY, outcome: Outcome | None = None) -> list[Result]:
    steps = (Step(make_firing(f"{action}-{number}", at=NOW), action, due(NOW)) for number in range(count))
    return [Result(step, outcome) for step in steps]


def test_a_firing_that_was_held_back_is_listed_and_one_with_nothing_to_do_is_not() -> None:
    found = [each for action in Action for each in results(action)]
    listed = listed_results(found)

    assert Counter(each.step.action for each in listed) == dict.fromkeys(
        (Action.IN_DOUBT, Action.DUPLICATE, Action.CHANGED, Action.CLAIMED), MOST_HELD_BACK
    )
    assert [found.index(each) for each in listed] == sorted(found.index(each) for each in listed)


def test_all_that_a_run_acted_on_is_listed() -> None:
    found = [each for outcome in Outcome for each in results(Action.FIRE, outcome=outcome)]
    assert listed_results(found) == found


def test_of_a_refused_run_the_first_firings_are_listed() -> None:
    steps = [each.step for each in results(Action.FIRE)]
    found = [Result(step, Outcome.SKIPPED, run_refused("too many")) for step in steps]
    assert listed_results(found) == found[:MOST_HELD_BACK]


def test_of_firings_that_wait_for_a_budget_those_that_may_go_first_are_listed() -> None:
    found = [
        Result(Step(make_firing(f"b-{number}"), Action.WAIT, due(NOW), may_go_at=NOW + timedelta(hours=MANY - number)))
        for number in range(MANY)
    ]
    assert listed_results(found) == found[-MOST_HELD_BACK:]


def test_an_expiry_that_a_real_run_would_report_is_listed() -> None:
    step = Step(make_firing("a", at=NOW), Action.EXPIRED, due(NOW), needs_report=True)
    known = Step(make_firing("b", at=NOW), Action.EXPIRED, due(NOW))
    found = [dry_run_result(each, NOW) for each in (step, known)]
    assert listed_results(found) == found[:1]
