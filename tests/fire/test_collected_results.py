"""The results of a run, by firing: the first counts, and all come in the order of the plan."""

from __future__ import annotations

from plan import NOW, make_bulletin, make_firing, make_firings

from runner.fire.collected_results import CollectedResults
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.plan.decide import Action, Plan, Step
from runner.plan.reasons import due

FIRST, SECOND = (
    Step(firing, Action.FIRE, due(None)) for firing in make_firings(make_bulletin("a"), make_bulletin("b"))
)
PLAN = Plan(NOW, (FIRST, SECOND))


def test_the_first_result_of_a_firing_counts_and_is_shown() -> None:
    shown: list[Result] = []
    results = CollectedResults(shown.append)
    fired = Result(SECOND, Outcome.FIRED)
    for each in (fired, Result(SECOND, Outcome.SKIPPED), Result(FIRST, Outcome.FAILED)):
        results.add(each)
    assert [result.outcome for result in results.of(PLAN)] == [Outcome.FAILED, Outcome.FIRED]
    assert shown == [fired, Result(FIRST, Outcome.FAILED)]


def test_the_result_of_another_step_of_the_same_firing_counts() -> None:
    waiting = Step(FIRST.firing, Action.WAIT, due(None), reserve_action=Action.FIRE)
    results = CollectedResults(lambda result: None)
    results.add(Result(waiting.freed, Outcome.FIRED))
    assert [result.outcome for result in results.of(Plan(NOW, (waiting,)))] == [Outcome.FIRED]


def test_a_firing_that_a_budget_held_back_keeps_that_result() -> None:
    results = CollectedResults(lambda result: None)
    held = Result(FIRST, Outcome.SKIPPED, may_go_at=NOW)
    results.hold_back(held)
    for step in PLAN.steps:
        results.add_unsent(Result(step, Outcome.SKIPPED))
    assert results.of(PLAN) == (held, Result(SECOND, Outcome.SKIPPED))


def test_firings_without_a_result_are_left_and_those_outside_of_the_plan_come_last() -> None:
    results = CollectedResults(lambda result: None)
    other = Result(Step(make_firing("c"), Action.EXPIRED, due(None)), Outcome.EXPIRED)
    results.add(other)
    assert [result.outcome for result in results.of(PLAN)] == [None, None, Outcome.EXPIRED]
