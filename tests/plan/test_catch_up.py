from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, TICK, knowing, make_bulletin, make_entry, make_firings
from runner.definitions.model import Account, Budget, CatchUp, Definitions, Place, Recurrence
from runner.plan.catch_up import IN_TIME
from runner.plan.decide import Plan, decide
from runner.plan.firing import Firing, FiringKey, WatchKey, firings
from runner.plan.history import BLOCKING, History, KnownFiring, SentFiring, Spent, State
from runner.reason import ReasonCode

MINUTE = timedelta(minutes=1)
WATCHED = {WatchKey("india", "a", 1): NOW - timedelta(days=1)}


def hourly(catch_up: CatchUp = CatchUp.LATEST, now: datetime = NOW, **fields: Any) -> list[Firing]:
    """Those of an hourly bulletin that are in their grace of two hours, and the next one."""
    schedule = Recurrence("0 * * * *", "UTC", 2 * HOUR, catch_up=catch_up)
    return list(firings(Definitions({}, {}, (make_bulletin(schedule=schedule, **fields),), ()), now))


def plan(found: list[Firing], *entries: KnownFiring, now: datetime = NOW, settled: Any = WATCHED) -> Plan:
    return decide(found, History(knowing(*entries).entries, settled=settled), now)


def actions(found: Plan) -> list[str]:
    return [f"{step.action.value}{' (news)' if step.needs_report else ''}" for step in found.steps]


def test_of_several_only_the_latest_goes_and_the_others_are_reported() -> None:
    found = plan(hourly())
    assert actions(found) == ["expired (news)", "expired (news)", "fire", "wait"]
    assert found.steps[0].reason.code is ReasonCode.NEWER_IS_SENT
    assert "r1@2026-12-01T13:00:00Z" in found.steps[0].reason.text


def test_all_go_where_all_are_wanted_the_oldest_first() -> None:
    found = plan(hourly(CatchUp.ALL))
    assert actions(found) == ["fire", "fire", "fire", "wait"]
    assert [step.firing.occurrence.due_at for step in found.to_send] == [NOW - 2 * HOUR, NOW - HOUR, NOW]


@pytest.mark.parametrize("state", BLOCKING)
def test_after_a_later_one_an_earlier_one_does_not_go(state: State) -> None:
    found = hourly()
    step = plan(found, make_entry(found[2], state)).steps[1]
    assert (step.action, step.needs_report, step.reason.code) == ("expired", True, ReasonCode.NEWER_WAS_SENT)
    assert "r1@2026-12-01T13:00:00Z" in step.reason.text


def test_after_an_earlier_one_a_later_one_goes() -> None:
    found = hourly()
    assert actions(plan(found, make_entry(found[1], State.FIRED))) == ["expired (news)", "done", "fire", "wait"]


def test_what_was_passed_over_is_reported_once_and_stays_so() -> None:
    first, second, third, _ = found = hourly()
    reported = make_entry(first, State.EXPIRED, expiry_reason="another took its place")
    after = plan(found, reported, make_entry(second, State.EXPIRED), make_entry(third, State.FAILED))
    assert actions(after) == ["expired", "expired", "retry", "wait"]
    assert [step.reason.code for step in after.steps[:2]] == [ReasonCode.EXPIRY_REPORTED] * 2
    assert after.steps[0].reason.text.startswith("another took its place")


@pytest.mark.parametrize("catch_up", CatchUp)
def test_what_was_reported_as_expired_stays_so_with_every_catch_up_and_every_grace(catch_up: CatchUp) -> None:
    first, *_ = found = hourly(catch_up)
    step = plan(found, make_entry(first, State.EXPIRED, expires_at=NOW - HOUR)).steps[0]
    assert (step.action, step.needs_report) == ("expired", False)


def test_with_none_only_what_a_run_comes_for_in_time_goes() -> None:
    found = plan(hourly(CatchUp.NONE))
    assert actions(found) == ["expired (news)", "expired (news)", "fire", "wait"]
    assert found.steps[1].reason.code is ReasonCode.NO_RUN_IN_TIME
    late = NOW + IN_TIME
    assert actions(plan(hourly(CatchUp.NONE, late), now=late))[1:] == ["fire", "wait"]
    late += TICK
    assert actions(plan(hourly(CatchUp.NONE, late), now=late))[1:] == ["expired (news)", "wait"]


@pytest.mark.parametrize("catch_up", [CatchUp.NONE, CatchUp.LATEST])
def test_before_anybody_looked_none_sends_no_more_than_latest(catch_up: CatchUp) -> None:
    schedule = Recurrence("*/5 * * * *", "UTC", grace=HOUR, catch_up=catch_up)
    made = Definitions({}, {}, (make_bulletin("a", schedule=schedule),), ())
    found = plan(list(firings(made, NOW)), settled={})
    assert [step.firing.occurrence.due_at for step in found.to_send] == [NOW]
    assert not found.newly_expired


def test_with_none_what_failed_for_certain_is_tried_again() -> None:
    late = NOW + HOUR - MINUTE
    _, second, _ = found = hourly(CatchUp.NONE, late)
    after = plan(found, make_entry(second, State.FAILED), now=late)
    assert actions(after) == ["expired (news)", "retry", "wait"]


def test_with_none_what_a_run_had_in_hand_is_in_time() -> None:
    late = NOW + HOUR - MINUTE
    first, *_ = found = hourly(CatchUp.NONE, late)
    after = plan(found, make_entry(first, State.RELEASED), now=late)
    assert actions(after) == ["fire", "expired (news)", "wait"]


def test_with_none_what_a_run_has_seen_is_in_time_up_to_its_grace() -> None:
    """A budget held it back, or the account was stopped: what a run finds too late, it records."""
    late = NOW + IN_TIME + 5 * MINUTE
    found = hourly(CatchUp.NONE, late)
    for looked, does in ((NOW + MINUTE, "fire"), (NOW - MINUTE, "expired (news)")):
        history = History(settled=WATCHED, looked_at={WatchKey("india", "a", 1): looked})
        assert actions(decide(found, history, late))[-2:] == [does, "wait"]


def expecting(found: list[Firing], spent: tuple[Spent, ...] = (), **history: Any) -> Plan:
    """The plan with a budget of one an hour."""
    india = Account("india", "https://x", "ID", Place("a.yaml", 1, 1, "india"), budget=Budget(per_hour=1))
    known = History(settled=WATCHED, spent={"india": spent}, **history)
    return decide(found, known, NOW, {"india": india} if spent else {})


def test_one_that_is_a_duplicate_takes_nobodys_place() -> None:
    found = hourly(name="of {{ occurrence.utc }}")
    copy = (found[2].key.account, found[2].payload_hash)
    after = expecting(found, recent={copy: (SentFiring(FiringKey("india", "other", "r1"), NOW - MINUTE),)})
    assert actions(after) == ["expired (news)", "fire", "duplicate", "wait"]
    assert after.steps[0].reason.code is ReasonCode.NEWER_IS_SENT
    assert "r1@2026-12-01T12:00:00Z" in after.steps[0].reason.text


def test_where_all_are_duplicates_none_is_reported_as_passed_over() -> None:
    found = hourly()
    copy = (found[2].key.account, found[2].payload_hash)
    after = expecting(found, recent={copy: (SentFiring(FiringKey("india", "other", "r1"), NOW - MINUTE),)})
    assert actions(after) == ["duplicate", "duplicate", "duplicate", "wait"]


def test_one_that_waits_for_a_budget_takes_the_place_of_others_if_it_goes_in_time() -> None:
    after = expecting(hourly(), (Spent(NOW - MINUTE, "Program Released"),))
    assert actions(after) == ["expired (news)", "expired (news)", "wait", "wait"]
    assert after.steps[1].reason.code is ReasonCode.NEWER_WAITS
    assert after.steps[1].kept_reason == after.steps[1].reason
    assert "r1@2026-12-01T13:00:00Z" in after.steps[1].reason.text


def test_one_that_expires_before_its_budget_takes_nobodys_place() -> None:
    others = make_firings(*(make_bulletin(f"b{n}", name=f"b{n}", at=NOW - 3 * HOUR, grace=9 * HOUR) for n in range(3)))
    found = [*others, *hourly()]
    after = expecting(found, (Spent(NOW - MINUTE, "Program Released"),))
    assert actions(after) == ["wait"] * 7
    assert [step.will_be_sent for step in after.steps[3:6]] == [False] * 3


def test_what_was_passed_over_says_nothing_of_a_budget() -> None:
    """Its grace has not run out; and what was reported is not explained anew."""
    first, *_ = found = hourly()
    spent = tuple(Spent(NOW - each * MINUTE, "Program Released") for each in (70, 1))
    reported = make_entry(first, State.EXPIRED, expiry_reason="another took its place")
    after = expecting(found, spent, entries={first.key: reported})
    assert [step.reason.code for step in after.steps[:2]] == [ReasonCode.EXPIRY_REPORTED, ReasonCode.NEWER_WAITS]


def test_a_disabled_bulletin_is_not_reported_and_blocks_nothing() -> None:
    assert actions(plan(hourly(enabled=False))) == ["disabled"] * 4


def test_what_was_settled_is_neither_sent_nor_reported_again_when_the_grace_becomes_longer() -> None:
    found = plan(hourly(CatchUp.ALL), settled={WatchKey("india", "a", 1): NOW - HOUR})
    assert actions(found) == ["expired", "fire", "fire", "wait"]
    assert found.steps[0].reason.code is ReasonCode.TOO_LATE_FOR_LAST_RUN


def test_what_ended_before_anybody_looked_is_not_reported() -> None:
    schedule = Recurrence("0 9 * * *", "UTC", ends=NOW - timedelta(days=30))
    found = list(firings(Definitions({}, {}, (make_bulletin(schedule=schedule),), ()), NOW))
    (step,) = plan(found, settled={}).steps
    assert (step.action, step.needs_report) == ("expired", False)
    assert step.reason.code is ReasonCode.TOO_LATE_FOR_FIRST_RUN


def test_accounts_and_revisions_are_each_by_themselves() -> None:
    found = hourly(accounts=("india", "europe"))
    in_india = [firing for firing in found if firing.key.account == "india"]
    after = plan(found, *(make_entry(firing, State.FIRED) for firing in in_india[:3]), settled={})
    assert [step.firing.key.account for step in after.to_send] == ["europe"]
    again = hourly(revision=2)
    assert actions(plan(again, make_entry(found[4], State.FIRED), settled={}))[2] == "fire"


def test_an_edit_of_what_was_sent_counts_from_the_next_time_on() -> None:
    found = hourly()
    step = plan(found, make_entry(found[2], State.FIRED, fingerprint="sha256:other")).steps[2]
    assert (step.action, step.reason.code) == ("changed", ReasonCode.EDITED_AFTER_SENDING)


def test_after_a_later_one_of_another_schedule_an_earlier_one_does_not_go() -> None:
    """An edit of the cron to an earlier time of the day would send it again at once."""
    sent = History(settled=WATCHED, newest={WatchKey("india", "a", 1): NOW - 30 * MINUTE})
    found = decide(hourly(now=NOW - 20 * MINUTE), sent, NOW - 20 * MINUTE)
    assert actions(found) == ["expired (news)", "expired (news)", "wait"]
    assert found.steps[1].reason.code is ReasonCode.NEWER_WAS_SENT
    assert "2026-12-01T12:30:00Z" in found.steps[1].reason.text
    assert actions(decide(hourly(now=NOW), sent, NOW))[2] == "fire"
    assert actions(decide(hourly(CatchUp.ALL, now=NOW), sent, NOW))[:2] == ["fire", "fire"]


def test_what_went_out_in_an_account_that_was_renamed_counts_as_sent() -> None:
    """An older one would go to the same people after it, where the older was missed in the account of before."""
    found = hourly(name="of {{ occurrence.utc }}")
    went_out = FiringKey("old", "a", found[2].key.occurrence)
    known = History(orphans={went_out[1:]: (SentFiring(went_out, NOW),)})
    after = decide(found, known, NOW)
    assert actions(after) == ["expired", "expired", "duplicate", "wait"]
    assert after.steps[1].reason.code is ReasonCode.NEWER_WAS_SENT
    assert "r1@2026-12-01T13:00:00Z was sent in old" in after.steps[1].reason.text
    again = hourly(name="of {{ occurrence.utc }}", allow_duplicate=True)
    assert actions(decide(again, known, NOW)) == ["expired", "expired", "fire", "wait"]
