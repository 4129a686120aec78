"""Runs of what recurs: what they record in addition to what they send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ledger import claim_one

from fire import IDENTITY, Firer, account, bulletin, reason_code
from runner import clock
from runner.definitions.model import Budget, Bulletin, CatchUp, Definitions, Recurrence
from runner.errors import ErrorCode, Exit, UserError
from runner.jobs.planning import plan_firings
from runner.ledger.ledger import Ledger
from runner.ledger.records import watches
from runner.plan.decide import Plan
from runner.plan.firing import WatchKey, firings
from runner.plan.history import State
from runner.reason import ReasonCode
from runner.sandbox.server import Sandbox

NOW = datetime(2026, 12, 1, 13, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEY = WatchKey("india", "episode-1", 1)


@pytest.fixture(autouse=True)
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets the clocks to NOW."""

    def set_clock(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    set_clock(NOW)
    return set_clock


def recurring(cron: str = "0 * * * *", **fields: Any) -> Bulletin:
    return bulletin(name="of {{ occurrence.utc }}", schedule=Recurrence(cron, "UTC", **fields))


def plan(ledger: Ledger, *bulletins: Bulletin) -> Plan:
    definitions = Definitions({}, {}, bulletins, ())
    return plan_firings(ledger, definitions, list(firings(definitions, clock.now())), clock.now())


def settled(ledger: Ledger) -> datetime:
    with ledger.reading() as connection:
        return watches.read(connection, [KEY])[KEY].settled_until


def sent(sandbox: Sandbox) -> list[str | None]:
    return [received.name for received in sandbox.accepted()]


def test_a_run_begins_to_watch_also_where_it_sends_nothing(firer: Firer, ledger: Ledger) -> None:
    daily = recurring("0 9 * * *")
    assert firer.fire([daily], plan=plan(ledger, daily)).exit_code == Exit.OK
    assert settled(ledger) == NOW - HOUR


def test_what_was_missed_is_recorded_and_reported_once(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None]
) -> None:
    daily = recurring("0 9 * * *")
    firer.fire([daily], plan=plan(ledger, daily))
    it_is(NOW + 3 * DAY)
    first, second = (firer.fire([daily], plan=plan(ledger, daily)) for _ in range(2))
    assert [result.outcome for result in first.results] == ["expired"] * 3 + [None]
    assert [result.outcome for result in second.results] == [None]
    assert (first.exit_code, second.exit_code, sent(sandbox)) == (Exit.FAILED, Exit.OK, [])
    assert settled(ledger) == NOW + 3 * DAY - HOUR


def test_nothing_is_settled_that_could_not_be_recorded(
    firer: Firer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, it_is: Callable[[datetime], None]
) -> None:
    daily = recurring("0 9 * * *")
    firer.fire([daily], plan=plan(ledger, daily))
    it_is(NOW + DAY)

    def fail(*_: Any) -> None:
        raise UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full", help="Make room.")

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "expire", fail)
        assert firer.fire([daily], plan=plan(ledger, daily)).exit_code == Exit.REFUSED
    assert settled(ledger) == NOW - HOUR
    assert firer.fire([daily], plan=plan(ledger, daily)).exit_code == Exit.FAILED


def test_what_another_run_took_meanwhile_is_neither_passed_over_nor_settled(
    firer: Firer, ledger: Ledger, it_is: Callable[[datetime], None]
) -> None:
    hourly = recurring()
    firer.fire([hourly], plan=plan(ledger, hourly))
    it_is(NOW + 3 * HOUR)
    stale = plan(ledger, hourly)
    missed = [step.firing for step in stale.newly_expired]
    assert claim_one(ledger, firer.run().id, missed[0], NOW)
    ended = firer.fire([hourly], plan=stale)
    assert [result.outcome for result in ended.results][:2] == [None, "expired"]
    assert settled(ledger) == missed[0].occurrence.due_at


@pytest.mark.parametrize("was_watched", [True, False])
def test_what_was_passed_over_meanwhile_is_not_sent(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None], was_watched: bool
) -> None:
    hourly = recurring(grace=2 * HOUR)
    if was_watched:
        it_is(NOW - HOUR / 2)
        firer.fire([hourly], plan=plan(ledger, hourly))
        it_is(NOW)
    waiting = plan(ledger, hourly)
    it_is(NOW + HOUR)
    firer.fire([hourly], plan=plan(ledger, hourly))
    ended = firer.fire([hourly], plan=waiting)
    assert sent(sandbox) == ["of 2026-12-01T12:00:00Z"] * was_watched + ["of 2026-12-01T14:00:00Z"]
    assert [result.outcome for result in ended.results] == [None, "skipped", None]
    assert reason_code(ended.results[1]) is ReasonCode.CLAIMED_BY_ANOTHER_RUN
    assert {row.state for row in ledger.rows()} == ({State.FIRED, State.EXPIRED} if was_watched else {State.FIRED})


def test_a_longer_or_shorter_grace_sends_and_reports_nothing_again(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None]
) -> None:
    daily = recurring("0 9 * * *")
    firer.fire([daily], plan=plan(ledger, daily))
    it_is(NOW + 2 * DAY)
    firer.fire([daily], plan=plan(ledger, daily))
    for grace in (2 * DAY, HOUR, 7 * DAY, 30 * HOUR):
        other = recurring("0 9 * * *", grace=grace)
        ended = firer.fire([other], plan=plan(ledger, other))
        assert {result.outcome for result in ended.results} == {None}, grace
    assert sent(sandbox) == []


def test_what_was_in_doubt_when_its_window_closed_is_reported_once_a_person_says_it_was_not_sent(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None]
) -> None:
    daily = recurring("0 13 * * *")
    sandbox.add_fault("503")
    assert firer.fire([daily], plan=plan(ledger, daily)).exit_code == Exit.IN_DOUBT
    it_is(NOW + DAY / 2)
    assert firer.fire([daily], plan=plan(ledger, daily)).exit_code == Exit.OK
    (row,) = ledger.in_doubt()
    assert ledger.resolve(row, sent=False, note="not in the log", identity=IDENTITY)
    first, second = (firer.fire([daily], plan=plan(ledger, daily)) for _ in range(2))
    assert [result.outcome for result in first.results] == ["expired", None]
    assert [result.outcome for result in second.results] == [None]


def test_with_catch_up_none_what_a_budget_held_back_goes_as_soon_as_it_lets_it(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None]
) -> None:
    firer.account_fields = {"budget": Budget(per_hour=1)}
    india = {"india": account(budget=Budget(per_hour=1))}
    daily = recurring("0 13 * * *", grace=3 * HOUR, catch_up=CatchUp.NONE)
    two = [replace(daily, id=f"episode-{number}", name=f"{number}") for number in (1, 2)]
    for minutes in (1, 20, 40, 59, 63, 80):
        it_is(NOW + timedelta(minutes=minutes))
        definitions = Definitions(india, {}, tuple(two), ())
        found = plan_firings(ledger, definitions, list(firings(definitions, clock.now())), clock.now())
        assert firer.fire(two, plan=found).exit_code == Exit.OK
    assert len(sent(sandbox)) == 2
    assert State.EXPIRED not in {row.state for row in ledger.rows()}


def test_the_first_look_at_a_schedule_reports_nothing_and_sends_the_latest(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, it_is: Callable[[datetime], None]
) -> None:
    often = recurring("*/30 * * * *", grace=3 * HOUR)
    first, second = (firer.fire([often], plan=plan(ledger, often)) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (Exit.OK, Exit.OK)
    it_is(NOW + 4 * HOUR)
    third = firer.fire([often], plan=plan(ledger, often))
    assert sent(sandbox) == ["of 2026-12-01T13:00:00Z", "of 2026-12-01T17:00:00Z"]
    assert len([result for result in third.results if result.outcome == "expired"]) == 7


@pytest.mark.parametrize("cron", ["5 9 * * *", "*/30 * * * *"])
def test_times_of_an_edited_schedule_from_before_the_edit_are_not_reported(
    firer: Firer, ledger: Ledger, it_is: Callable[[datetime], None], cron: str
) -> None:
    daily = recurring("0 9 * * *", grace=3 * HOUR)
    firer.fire([daily], plan=plan(ledger, daily))
    it_is(NOW + 30 * DAY)
    edited = recurring(cron, grace=3 * HOUR)
    assert firer.fire([edited], plan=plan(ledger, edited)).exit_code == Exit.OK
    it_is(NOW + 33 * DAY)
    assert firer.fire([edited], plan=plan(ledger, edited)).exit_code == Exit.FAILED
