from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plan import HOUR, NOW, TICK, knowing, make_bulletin, make_entry, make_firing, make_firings
from runner.plan.decide import Action, Step, decide
from runner.plan.firing import Firing
from runner.plan.history import History, State
from runner.plan.time_text import duration_text, utc_text
from runner.reason import ReasonCode

NOTHING = History()


def step_of(firing: Firing, history: History = NOTHING) -> Step:
    (step,) = decide([firing], history, NOW).steps
    return step


def decided(firing: Firing, history: History = NOTHING) -> tuple[Action, ReasonCode]:
    step = step_of(firing, history)
    return step.action, step.reason.code


def known(firing: Firing, state: State, **fields: Any) -> History:
    return knowing(make_entry(firing, state, **fields))


def test_without_a_schedule_it_is_fired_at_once() -> None:
    assert decided(make_firing()) == (Action.FIRE, ReasonCode.DUE_AT_ONCE)


def test_what_is_due_and_was_never_sent_is_fired() -> None:
    assert decided(make_firing(at=NOW - HOUR / 2)) == (Action.FIRE, ReasonCode.DUE)


def test_due_exactly_now_is_fired() -> None:
    assert decided(make_firing(at=NOW)) == (Action.FIRE, ReasonCode.DUE)


def test_what_is_due_later_waits() -> None:
    firing = make_firing(at=NOW + timedelta(hours=26, minutes=5, seconds=1))
    assert decided(firing) == (Action.WAIT, ReasonCode.NOT_DUE)


def test_the_least_moment_before_it_is_due_it_waits() -> None:
    assert decided(make_firing(at=NOW + TICK)) == (Action.WAIT, ReasonCode.NOT_DUE)


def test_in_the_last_instant_of_its_grace_it_is_fired() -> None:
    assert step_of(make_firing(at=NOW - HOUR, grace=HOUR)).action is Action.FIRE


def test_after_its_grace_a_firing_is_expired_and_reported() -> None:
    step = step_of(make_firing(at=NOW - 3 * HOUR, grace=HOUR))
    assert step.action is Action.EXPIRED
    assert step.reason.code is ReasonCode.GRACE_ENDED
    assert step.needs_report


def test_the_least_moment_past_its_grace_it_is_expired() -> None:
    assert step_of(make_firing(at=NOW - HOUR - TICK, grace=HOUR)).action is Action.EXPIRED


def test_a_recorded_expiry_is_not_reported() -> None:
    firing = make_firing(at=NOW - 3 * HOUR)
    step = step_of(firing, known(firing, State.EXPIRED))
    assert (step.action, step.needs_report) == (Action.EXPIRED, False)
    assert step.reason.code is ReasonCode.EXPIRY_REPORTED


def test_an_expiry_is_reported_again_once_the_window_moved() -> None:
    firing = make_firing(at=NOW - 3 * HOUR)
    history = known(firing, State.EXPIRED, expires_at=NOW - 20 * HOUR)
    assert step_of(firing, history).needs_report


def test_an_expired_firing_whose_window_moved_on_is_fired() -> None:
    firing = make_firing(at=NOW)
    assert step_of(firing, known(firing, State.EXPIRED, expires_at=NOW - HOUR)).action is Action.FIRE


@pytest.mark.parametrize("due_in", [timedelta(), 9 * HOUR])
def test_what_was_reported_by_a_clock_that_is_ahead_does_not_go_and_says_so(due_in: timedelta) -> None:
    firing = make_firing(at=NOW + due_in)
    reported = make_entry(firing, State.EXPIRED)
    (step,) = decide([firing], knowing(reported), NOW).steps
    assert (step.action, step.needs_report) == (Action.EXPIRED, False)
    assert step.reason.code is ReasonCode.EXPIRY_REPORTED_EARLY
    (again,) = decide([make_firing(at=NOW + due_in, grace=2 * HOUR)], knowing(reported), NOW).steps
    assert again.action in (Action.FIRE, Action.WAIT)
    (at_once,) = decide([make_firing()], knowing(make_entry(make_firing(), State.EXPIRED)), NOW).steps
    assert at_once.action is Action.FIRE


def test_a_firing_that_failed_before_it_expired_is_reported() -> None:
    firing = make_firing(at=NOW - 3 * HOUR)
    step = step_of(firing, known(firing, State.FAILED, reason="400"))
    assert (step.action, step.needs_report) == (Action.EXPIRED, True)


def test_what_failed_for_certain_is_retried() -> None:
    firing = make_firing(at=NOW)
    assert decided(firing, known(firing, State.FAILED, reason="the API said no")) == (
        Action.RETRY,
        ReasonCode.FAILED_BEFORE,
    )


def test_a_retry_counts_the_failures() -> None:
    firing = make_firing()
    history = known(firing, State.FAILED, reason="429", failures=3)
    step = step_of(firing, history)
    assert step.reason.code is ReasonCode.FAILED_BEFORE
    assert "3 earlier tries" in step.reason.text


def test_a_failure_before_the_window_moved_is_still_a_retry() -> None:
    firing = make_firing(at=NOW)
    history = known(firing, State.EXPIRED, expires_at=NOW - HOUR, failures=1, reason="429")
    assert step_of(firing, history).action is Action.RETRY


def test_an_edited_definition_of_what_failed_is_retried() -> None:
    firing = make_firing()
    assert step_of(firing, known(firing, State.FAILED, fingerprint="sha256:other")).action is Action.RETRY


def test_a_claim_given_back_blocks_nothing() -> None:
    firing = make_firing()
    assert decided(firing, known(firing, State.RELEASED)) == (Action.FIRE, ReasonCode.DUE_AT_ONCE)


def test_what_was_sent_is_done() -> None:
    firing = make_firing(at=NOW - HOUR)
    assert decided(firing, known(firing, State.FIRED)) == (Action.DONE, ReasonCode.SENT)


def test_what_was_sent_stays_done_whatever_its_window_and_switch_say() -> None:
    for fields in ({"at": NOW + HOUR}, {"at": NOW - 90 * HOUR}, {"enabled": False}):
        firing = make_firing(**fields)
        assert step_of(firing, known(firing, State.FIRED)).action is Action.DONE


def test_a_raised_revision_is_another_firing() -> None:
    before, after = make_firing(revision=1), make_firing(revision=2)
    assert step_of(after, known(before, State.FIRED)).action is Action.FIRE


def test_another_account_is_another_firing() -> None:
    india, europe = make_firings(make_bulletin(accounts=("india", "europe")))
    assert step_of(europe, known(india, State.FIRED)).action is Action.FIRE


def test_what_may_have_been_sent_waits_for_a_person() -> None:
    firing = make_firing("sale")
    assert decided(firing, known(firing, State.IN_DOUBT, reason="no answer")) == (
        Action.IN_DOUBT,
        ReasonCode.MAY_HAVE_BEEN_SENT,
    )


def test_what_another_run_holds_is_left_to_it() -> None:
    firing = make_firing()
    assert decided(firing, known(firing, State.CLAIMED)) == (
        Action.CLAIMED,
        ReasonCode.BEING_SENT,
    )


def test_a_doubt_without_a_word_says_so() -> None:
    firing = make_firing()
    assert decided(firing, known(firing, State.IN_DOUBT)) == (Action.IN_DOUBT, ReasonCode.MAY_HAVE_BEEN_SENT)


def test_a_disabled_bulletin_is_not_fired() -> None:
    assert decided(make_firing(enabled=False)) == (Action.DISABLED, ReasonCode.ENABLED_FALSE)


@pytest.mark.parametrize("at", [NOW + HOUR, NOW - 9 * HOUR])
def test_disabled_wins_over_the_window_and_is_not_reported(at: Any) -> None:
    step = step_of(make_firing(enabled=False, at=at))
    assert (step.action, step.needs_report) == (Action.DISABLED, False)


def test_a_doubt_outlives_the_switch() -> None:
    firing = make_firing(enabled=False)
    assert step_of(firing, known(firing, State.IN_DOUBT)).action is Action.IN_DOUBT


def test_steps_come_by_due_time_then_in_file_order() -> None:
    firings = make_firings(
        make_bulletin("later", at=NOW + HOUR),
        make_bulletin("second", at=NOW, name="2"),
        make_bulletin("third", at=NOW, name="3"),
        make_bulletin("first", at=NOW - HOUR, name="1"),
        make_bulletin("at-once", name="0"),
    )
    plan = decide(firings, NOTHING, NOW)
    assert [step.firing.key.bulletin for step in plan.steps] == ["at-once", "first", "second", "third", "later"]


def test_a_plan_knows_what_it_sends_and_what_needs_a_report() -> None:
    done = make_firing("done", name="0")
    firings = make_firings(
        make_bulletin("late", at=NOW - 9 * HOUR, name="1"),
        make_bulletin("done", name="0"),
        make_bulletin("go", name="2"),
    )
    plan = decide(firings, known(done, State.FIRED), NOW)
    assert [step.firing.key.bulletin for step in plan.to_send] == ["go"]
    assert [step.firing.key.bulletin for step in plan.newly_expired] == ["late"]
    assert plan.counts() == dict.fromkeys((action.value for action in Action), 0) | {"fire": 1, "done": 1, "expired": 1}
    assert plan.now == NOW


@pytest.mark.parametrize("action", Action)
def test_only_fire_and_retry_send(action: Action) -> None:
    assert action.sends == (action in {Action.FIRE, Action.RETRY})


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=-5), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=90), "1h 30m"),
        (timedelta(hours=2), "2h"),
        (timedelta(days=3, hours=4, minutes=5), "3d 4h"),
        (timedelta(days=1, seconds=5), "1d 5s"),
    ],
)
def test_a_span_is_reported_in_its_two_largest_units(length: timedelta, text: str) -> None:
    assert duration_text(length) == text


def test_a_moment_is_reported_in_utc() -> None:
    assert utc_text(NOW.astimezone(ZoneInfo("Asia/Kolkata"))) == "2026-12-01T13:00:00Z"
