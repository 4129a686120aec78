from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, TICK, knowing, make_bulletin, make_entry, make_firing, make_firings, sent_lately
from runner.definitions.model import Bulletin
from runner.plan.decide import Action, decide
from runner.plan.firing import FiringKey
from runner.plan.history import History, SentFiring, State
from runner.reason import ReasonCode


def actions(*bulletins: Bulletin, history: History | None = None) -> list[str]:
    steps = decide(make_firings(*bulletins), history or History(), NOW).steps
    return [f"{step.firing.key.bulletin}: {step.action}" for step in steps]


def test_the_same_payload_under_another_id_is_a_duplicate() -> None:
    firing = make_firing("b")
    (step,) = decide([firing], sent_lately(firing, HOUR, as_id="a"), NOW).steps
    assert step.action is Action.DUPLICATE
    assert step.reason.code is ReasonCode.DUPLICATE_SENT


@pytest.mark.parametrize(
    ("ago", "action"),
    [
        (timedelta(hours=24) - TICK, Action.DUPLICATE),
        (timedelta(hours=24), Action.FIRE),
        (timedelta(), Action.DUPLICATE),
        (-HOUR, Action.DUPLICATE),  # the clock was put back
    ],
)
def test_a_duplicate_is_one_for_less_than_24_hours(ago: timedelta, action: Action) -> None:
    firing = make_firing("b")
    (step,) = decide([firing], sent_lately(firing, ago, as_id="a"), NOW).steps
    assert step.action is action


def test_the_same_id_is_no_duplicate_of_itself() -> None:
    firing = make_firing("a", revision=2)
    (step,) = decide([firing], sent_lately(firing, HOUR, as_id="a"), NOW).steps
    assert step.action is Action.FIRE


def test_another_account_has_a_payload_of_its_own() -> None:
    india, europe = make_firing("b"), make_firing("b", accounts=("europe",))
    (step,) = decide([europe], sent_lately(india, HOUR, as_id="a"), NOW).steps
    assert step.action is Action.FIRE


def test_a_duplicate_may_be_wanted() -> None:
    firing = make_firing("b", allow_duplicate=True)
    (step,) = decide([firing], sent_lately(firing, HOUR, as_id="a"), NOW).steps
    assert step.action is Action.FIRE


def test_one_that_failed_before_may_be_a_duplicate_now() -> None:
    firing = make_firing("b")
    entry = make_entry(firing, State.FAILED)
    history = knowing(entry, recent=sent_lately(firing, HOUR, as_id="a").recent)
    (step,) = decide([firing], history, NOW).steps
    assert step.action is Action.DUPLICATE


def test_of_two_equal_ones_in_a_plan_the_first_is_sent() -> None:
    firings = make_firings(make_bulletin("a"), make_bulletin("b"))
    first, second = decide(firings, History(), NOW).steps
    assert (first.action, second.action) == (Action.FIRE, Action.DUPLICATE)
    assert second.reason.code is ReasonCode.DUPLICATE_IN_PLAN


def test_of_two_equal_ones_the_one_due_first_is_sent() -> None:
    later, earlier = make_bulletin("a", at=NOW), make_bulletin("b", at=NOW - HOUR / 2)
    assert actions(later, earlier) == ["b: fire", "a: duplicate"]


def test_equal_ones_go_to_different_accounts() -> None:
    assert actions(make_bulletin("a"), make_bulletin("b", accounts=("europe",))) == ["a: fire", "b: fire"]


def test_one_that_is_not_sent_makes_no_duplicate() -> None:
    assert actions(make_bulletin("a", enabled=False), make_bulletin("b")) == ["a: disabled", "b: fire"]


def test_the_wanted_duplicate_comes_second_or_first() -> None:
    plain, wanted = make_bulletin("a"), make_bulletin("b", allow_duplicate=True)
    assert actions(plain, wanted) == ["a: fire", "b: fire"]
    assert actions(wanted, plain) == ["b: fire", "a: duplicate"]


def test_all_that_a_plan_sends_counts_not_only_its_first() -> None:
    wanted, other = make_bulletin("a", allow_duplicate=True), make_bulletin("b", allow_duplicate=True)
    again = make_bulletin("a", revision=2)
    assert actions(wanted, other, again) == ["a: fire", "b: fire", "a: duplicate"]


def renamed(bulletin: str = "a", occurrence: str = "r1") -> History:
    """A history in which it went out in an account that is not defined any more."""
    return History(
        orphans={(bulletin, occurrence): (SentFiring(FiringKey("bharat", bulletin, occurrence), NOW - HOUR),)}
    )


def test_what_went_out_in_an_account_of_another_name_is_a_duplicate() -> None:
    (step,) = decide([make_firing("a")], renamed(), NOW).steps
    assert step.action is Action.DUPLICATE
    assert step.reason.code is ReasonCode.ACCOUNT_RENAMED


def test_what_went_out_there_by_another_name_is_reported_with_it() -> None:
    firing = make_firing("a", at=NOW)
    sent = SentFiring(FiringKey("bharat", "a", "r1@2026-12-01T13:00:00Z"), NOW)
    (step,) = decide([firing], History(orphans={firing.key[1:]: (sent,)}), NOW).steps
    assert step.reason.code is ReasonCode.ACCOUNT_RENAMED
    assert "r1@2026-12-01T13:00:00Z" in step.reason.text


@pytest.mark.parametrize("fields", [{"revision": 2}, {"allow_duplicate": True}])
def test_it_may_be_wanted_all_the_same(fields: dict[str, Any]) -> None:
    (step,) = decide([make_firing("a", **fields)], renamed(), NOW).steps
    assert step.action is Action.FIRE


def test_what_went_out_under_its_own_name_is_done_whatever_went_out_elsewhere() -> None:
    firing = make_firing("a")
    entry = make_entry(firing, State.FIRED)
    (step,) = decide([firing], History({firing.key: entry}, orphans=renamed().orphans), NOW).steps
    assert step.action is Action.DONE


@pytest.mark.parametrize(
    ("ago", "action"), [(timedelta(days=3), Action.DUPLICATE), (timedelta(days=3) + TICK, Action.FIRE)]
)
def test_within_a_long_grace_what_went_out_since_it_was_due_is_a_duplicate(ago: timedelta, action: Action) -> None:
    """A new id for what recurs, or is due once: the people have it."""
    firing = make_firing("b", at=NOW - timedelta(days=3), grace=timedelta(days=7))
    (step,) = decide([firing], sent_lately(firing, ago, as_id="a"), NOW).steps
    assert step.action is action
