from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, TICK, knowing, make_bulletin, make_entry
from runner.definitions.model import Bulletin, CatchUp, Definitions, Recurrence
from runner.plan.decide import Plan, decide
from runner.plan.firing import Firing, WatchKey, firings
from runner.plan.history import History, KnownFiring, State, Watch
from runner.plan.missed import (
    missed_firings,
    recurring_schedules,
    settled_before,
    times_of,
    watched_history,
    watches_to_record,
    with_missed,
)
from runner.reason import ReasonCode

DAY = timedelta(days=1)
KEY = WatchKey("india", "a", 1)


def daily(**fields: Any) -> Bulletin:
    """Due each day at 09:00 UTC, named by its day; NOW is 1 December, 13:00."""
    values = {"name": "of {{ occurrence.date }}", "schedule": Recurrence("0 9 * * *", "UTC", 2 * HOUR)}
    return make_bulletin(**{**values, **fields})


def planned(*bulletins: Bulletin, settled: Mapping[WatchKey, datetime], entries: tuple[KnownFiring, ...] = ()) -> Plan:
    """As the command line plans."""
    selected = list(firings(Definitions({}, {}, bulletins, ()), NOW))
    back = list(missed_firings(bulletins, selected, settled, NOW))
    history = History(knowing(*entries).entries, settled=settled, missed=tuple(back))
    return with_missed(decide([*selected, *back], history, NOW), history)


def missed_ones(bulletin: Bulletin, since: datetime) -> list[Firing]:
    selected = list(firings(Definitions({}, {}, (bulletin,), ()), NOW))
    return list(missed_firings([bulletin], selected, dict.fromkeys(recurring_schedules(selected), since), NOW))


def shown(plan: Plan) -> list[str]:
    return [f"{step.firing.bulletin.name}: {step.action.value}{' (news)' * step.needs_report}" for step in plan.steps]


def test_what_no_run_came_for_is_reported_filled_in() -> None:
    plan = planned(daily(), settled={KEY: NOW - 3 * DAY})
    assert shown(plan) == [
        "of 2026-11-29: expired (news)",
        "of 2026-11-30: expired (news)",
        "of 2026-12-01: expired (news)",
        "of 2026-12-02: wait",
    ]
    assert plan.settled_until == {KEY: NOW - 2 * HOUR}


def test_nothing_is_reported_about_a_bulletin_that_no_run_has_looked_at() -> None:
    plan = planned(daily(), settled={})
    assert shown(plan) == ["of 2026-12-02: wait"]
    assert plan.settled_until == {KEY: NOW - 2 * HOUR}


def test_what_was_sent_or_reported_before_is_not_shown_again() -> None:
    first, second, third = missed_ones(daily(), NOW - 3 * DAY)
    entries = (make_entry(first, State.FIRED), make_entry(second, State.EXPIRED), make_entry(third, State.FAILED))
    plan = planned(daily(), settled={KEY: NOW - 3 * DAY}, entries=entries)
    assert shown(plan) == ["of 2026-12-01: expired (news)", "of 2026-12-02: wait"]


def test_what_was_sent_before_an_edit_is_not_shown_as_changed_for_ever() -> None:
    first, *_ = missed_ones(daily(), NOW - 3 * DAY)
    sent = make_entry(first, State.FIRED, fingerprint="sha256:other")
    assert len(planned(daily(), settled={KEY: NOW - 3 * DAY}, entries=(sent,)).steps) == 3


def test_what_is_in_doubt_stays_in_view_and_holds_the_rest_back() -> None:
    first, *_ = missed_ones(daily(), NOW - 3 * DAY)
    for state in (State.IN_DOUBT, State.CLAIMED):
        plan = planned(daily(), settled={KEY: NOW - 3 * DAY}, entries=(make_entry(first, state),))
        assert shown(plan)[0] == f"of 2026-11-29: {state.value}"
        assert plan.settled_until == {KEY: datetime(2026, 11, 29, 9, tzinfo=UTC)}


def test_what_is_in_doubt_inside_its_grace_holds_nothing_back() -> None:
    bulletin = daily(schedule=Recurrence("0 9 * * *", "UTC", DAY))
    now = next(firings(Definitions({}, {}, (bulletin,), ()), NOW))
    plan = planned(bulletin, settled={KEY: NOW - DAY}, entries=(make_entry(now, State.IN_DOUBT),))
    assert plan.settled_until == {KEY: NOW - DAY}


def test_what_is_disabled_is_settled_and_not_reported() -> None:
    plan = planned(daily(enabled=False), settled={KEY: NOW - 3 * DAY})
    assert shown(plan) == ["of 2026-12-02: disabled"]
    assert plan.settled_until == {KEY: NOW - 2 * HOUR}


def test_each_account_and_revision_is_watched_by_itself() -> None:
    both = daily(accounts=("india", "europe"), revision=2)
    europe = WatchKey("europe", "a", 2)
    plan = planned(both, settled={europe: NOW - DAY, KEY: NOW - 9 * DAY})
    assert [step.firing.key.account for step in plan.newly_expired] == ["europe"]
    assert plan.settled_until == {WatchKey("india", "a", 2): NOW - 2 * HOUR, europe: NOW - 2 * HOUR}


def test_only_what_was_selected_is_looked_back_at() -> None:
    other = daily(id="b")
    selected = list(firings(Definitions({}, {}, (other,), ()), NOW))
    settled = {KEY: NOW - 3 * DAY, KEY._replace(bulletin="b"): NOW - DAY}
    assert {firing.key.bulletin for firing in missed_firings([daily(), other], selected, settled, NOW)} == {"b"}


def test_what_does_not_recur_is_not_watched() -> None:
    assert planned(make_bulletin(at=NOW - 9 * HOUR), make_bulletin("b"), settled={}).settled_until == {}


def test_the_last_time_of_what_has_ended_is_there_once() -> None:
    ended = daily(schedule=Recurrence("0 9 * * *", "UTC", 2 * HOUR, ends=NOW - DAY))
    assert shown(planned(ended, settled={KEY: NOW - 2 * DAY})) == ["of 2026-11-30: expired (news)"]


def test_what_could_not_be_recorded_is_not_settled() -> None:
    first, second, _ = missed_ones(daily(), NOW - 3 * DAY)
    at = first.occurrence.due_at
    assert settled_before({KEY: NOW}, [second, first]) == {KEY: at}
    assert settled_before({KEY: NOW}, []) == {KEY: NOW}
    assert settled_before({}, [first]) == {}


def every_half_hour(catch_up: CatchUp = CatchUp.LATEST) -> Bulletin:
    """Of which seven are inside their grace at NOW, the newest due then."""
    return daily(schedule=Recurrence("*/30 * * * *", "UTC", 3 * HOUR, catch_up=catch_up))


@pytest.mark.parametrize("catch_up", [CatchUp.LATEST, CatchUp.ALL, CatchUp.NONE])
def test_of_what_is_new_only_the_latest_goes_and_nothing_is_reported(catch_up: CatchUp) -> None:
    plan = planned(every_half_hour(catch_up), settled={})
    assert [step.action.value for step in plan.steps] == ["expired"] * 6 + ["fire", "wait"]
    assert plan.newly_expired == ()
    assert plan.settled_until == {KEY: NOW}


def test_what_was_settled_without_a_word_stays_so() -> None:
    bulletin = every_half_hour(CatchUp.ALL)
    *_, newest, _ = firings(Definitions({}, {}, (bulletin,), ()), NOW)
    again = planned(bulletin, settled=planned(bulletin, settled={}).settled_until)
    assert [step.action.value for step in again.steps] == ["expired"] * 6 + ["fire", "wait"]
    failed = (make_entry(newest, State.FAILED),)
    assert planned(bulletin, settled={KEY: NOW}, entries=failed).steps[6].action.value == "retry"


def test_of_what_is_new_all_goes_that_is_due_since_a_moment_ago() -> None:
    often = daily(schedule=Recurrence("*/10 * * * *", "UTC", HOUR, catch_up=CatchUp.ALL))
    plan = planned(often, settled={})
    assert [step.action.value for step in plan.steps] == ["expired"] * 5 + ["fire", "fire", "wait"]
    assert plan.settled_until == {KEY: NOW - timedelta(minutes=10)}
    assert plan.steps[0].reason.code is ReasonCode.ONLY_LATEST_AT_FIRST


def test_of_what_is_new_with_none_nothing_goes_that_nobody_came_for() -> None:
    hourly = daily(schedule=Recurrence("30 * * * *", "UTC", 2 * HOUR, catch_up=CatchUp.NONE))
    plan = planned(hourly, settled={})
    assert ([step.action.value for step in plan.steps], plan.newly_expired) == (["expired"] * 2 + ["wait"], ())
    assert plan.settled_until == {KEY: NOW - HOUR / 2 + TICK}
    assert planned(hourly, settled=plan.settled_until).to_send == ()


@pytest.mark.parametrize(
    ("looked_ago", "does"),
    [
        (timedelta(minutes=1), ["expired"] * 3 + ["fire", "wait"]),
        (80 * timedelta(minutes=1), ["expired"] * 2 + ["fire"] * 2 + ["wait"]),
    ],
)
def test_of_times_before_an_edit_only_the_latest_goes_even_where_all_are_wanted(
    looked_ago: timedelta, does: list[str]
) -> None:
    """Nothing was due then: the hours before were sent by the schedule of before. What no run came for goes, though."""
    now = NOW + timedelta(minutes=20)
    before, after = (Recurrence(cron, "UTC", 4 * HOUR, catch_up=CatchUp.ALL) for cron in ("0 * * * *", "5 * * * *"))
    found = list(firings(Definitions({}, {}, (make_bulletin(schedule=after),), ()), now))
    history = watched_history({KEY: Watch(now - 4 * HOUR, now - looked_ago, times_of(before))}, {KEY: after}, now)
    plan = with_missed(decide(found, history, now), history)
    assert ([step.action.value for step in plan.steps], plan.newly_expired) == (does, ())
    assert plan.settled_until == {KEY: plan.to_send[0].firing.occurrence.due_at}
    assert plan.steps[0].reason.code is ReasonCode.ONLY_LATEST_AFTER_EDIT


def test_with_none_a_time_of_before_an_edit_was_seen_by_nobody() -> None:
    before, after = (Recurrence(cron, "UTC", 4 * HOUR, catch_up=CatchUp.NONE) for cron in ("0 * * * *", "30 * * * *"))
    found = list(firings(Definitions({}, {}, (make_bulletin(schedule=after),), ()), NOW))
    history = watched_history({KEY: Watch(NOW - 4 * HOUR, NOW, times_of(before))}, {KEY: after}, NOW)
    assert decide(found, history, NOW).to_send == ()


@pytest.mark.parametrize("state", [State.FAILED, State.IN_DOUBT])
@pytest.mark.parametrize("catch_up", [CatchUp.ALL, CatchUp.NONE])
def test_what_an_edit_passes_over_is_reported_where_an_older_one_is_still_open(catch_up: CatchUp, state: State) -> None:
    """Or the next run, to which nothing is new any more, would send it."""
    now = NOW + timedelta(minutes=10)
    before, after = (Recurrence(cron, "UTC", HOUR, catch_up=catch_up) for cron in ("25 * * * *", "25,40 * * * *"))
    found = list(firings(Definitions({}, {}, (make_bulletin(schedule=after),), ()), now))
    edited = watched_history({KEY: Watch(now - HOUR, now - timedelta(minutes=1), times_of(before))}, {KEY: after}, now)
    older = knowing(make_entry(found[0], state)).entries
    known = replace(edited, entries=older)
    if catch_up is CatchUp.ALL:
        known = replace(known, newest={KEY: NOW})  # of the schedule of before
    plan = with_missed(decide(found, known, now), known)
    assert [step.firing.occurrence.due_at for step in plan.newly_expired] == [NOW - HOUR / 3]
    assert plan.newly_expired[0].kept_reason == plan.newly_expired[0].reason
    reported = knowing(make_entry(found[0], state), make_entry(found[1], State.EXPIRED)).entries
    again = replace(watched_history(watches_to_record(plan, plan.settled_until), {KEY: after}, now), entries=reported)
    after_it = decide(found, again, now)
    assert [step.action for step in after_it.steps[1:]] == ["expired", "wait"]
    assert with_missed(after_it, again).newly_expired == ()
    edited_again = replace(edited, entries=reported)
    assert with_missed(decide(found, edited_again, now), edited_again).newly_expired == ()


def test_what_is_watched_and_unchanged_was_missed_since() -> None:
    schedule = Recurrence("0 9 * * *", "UTC", 2 * HOUR)
    watch = Watch(NOW - 3 * DAY, NOW - 2 * DAY, times_of(schedule))
    found = watched_history({KEY: watch}, {KEY: schedule}, NOW)
    assert (found.settled, found.looked_at, found.edited) == ({KEY: NOW - 3 * DAY}, {KEY: NOW - 2 * DAY}, set())
    assert not found.is_new(KEY)


@pytest.mark.parametrize(
    "fields",
    [{"cron": "5 9 * * *"}, {"timezone": "Asia/Kolkata"}, {"starts": NOW - 9 * DAY}, {"ends": NOW + DAY}],
)
def test_of_an_edited_schedule_no_more_was_missed_than_its_grace_holds(fields: dict[str, Any]) -> None:
    before = Recurrence("0 9 * * *", "UTC", 2 * HOUR)
    found = watched_history(
        {KEY: Watch(NOW - 3 * DAY, NOW - DAY, times_of(before))}, {KEY: replace(before, **fields)}, NOW
    )
    assert (found.settled, found.looked_at) == ({KEY: NOW - 2 * HOUR}, {KEY: NOW - DAY})
    assert found.is_new(KEY)


@pytest.mark.parametrize("fields", [{"grace": DAY}, {"catch_up": CatchUp.ALL}])
def test_another_grace_is_no_other_schedule(fields: dict[str, Any]) -> None:
    before = Recurrence("0 9 * * *", "UTC", 2 * HOUR)
    assert times_of(before) == times_of(replace(before, **fields))


def test_a_run_leaves_behind_when_it_looked_and_at_what() -> None:
    plan = planned(daily(), settled={KEY: NOW - DAY})
    schedule = Recurrence("0 9 * * *", "UTC", 2 * HOUR)
    assert watches_to_record(plan, {KEY: NOW - DAY}) == {KEY: Watch(NOW - DAY, NOW, times_of(schedule))}
    assert watches_to_record(plan, {}) == {}
