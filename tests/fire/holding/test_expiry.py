from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fire import Firer, bulletin, due, plan_of, reason_code
from runner import clock
from runner.definitions.model import Schedule
from runner.errors import Exit
from runner.fire.holding import expiry
from runner.ledger.ledger import Ledger
from runner.ledger.values import OutcomeRecord, Settlement
from runner.plan.firing import Firing
from runner.plan.history import State
from runner.reason import ReasonCode
from runner.sandbox.server import Sandbox

LATE = [bulletin(f"episode-{number}", schedule=Schedule(datetime(2026, 1, 1, tzinfo=UTC))) for number in range(5)]


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many expiries came to the ledger at once, two at most."""
    found, expire = list[int](), Ledger.expire

    def note(ledger: Ledger, run: str, missed: Sequence[Firing], *rest: Any) -> Any:
        found.append(len(missed))
        return expire(ledger, run, missed, *rest)

    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    monkeypatch.setattr(Ledger, "expire", note)
    return found


def test_all_is_reported_piece_by_piece(firer: Firer, ledger: Ledger, pieces: list[int]) -> None:
    ended = firer.fire(LATE)
    assert (ended.exit_code, [result.outcome for result in ended.results]) == (Exit.FAILED, ["expired"] * 5)
    assert pieces == [2, 2, 1]
    assert ledger.describe().states["expired"] == 5


def test_a_run_that_is_stopped_leaves_the_rest_to_the_next(firer: Firer, ledger: Ledger, pieces: list[int]) -> None:
    run = firer.run()
    run.stop(2)
    stopped = firer.fire(LATE, run, plan_of(LATE, ledger))
    assert [result.outcome for result in stopped.results] == ["expired"] * 2 + [None] * 3
    assert pieces == [2]
    firer.fire(LATE)
    assert ledger.describe().states["expired"] == 5


def test_of_two_runs_that_had_it_in_hand_when_its_window_closed_one_shows_it(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = [bulletin(schedule=due(clock.now()))]
    plans = [plan_of(soon, ledger) for _ in range(2)]
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    first, second = (firer.fire(soon, plan=plan) for plan in plans)
    assert [each.results[0].outcome for each in (first, second)] == ["expired", "skipped"]
    assert reason_code(second.results[0]) is ReasonCode.CLAIMED_BY_ANOTHER_RUN
    assert (first.exit_code, second.exit_code, sandbox.received()) == (Exit.FAILED, Exit.OK, ())
    assert sorted(row.state.value for row in ledger.rows()) == ["expired", "released"]


def test_an_expiry_reported_by_a_clock_that_is_ahead_is_not_repeated(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = [bulletin(schedule=due(clock.now()))]
    with monkeypatch.context() as ahead:
        later = clock.now() + timedelta(hours=2)
        ahead.setattr(clock, "now", lambda: later)
        assert firer.fire(soon, plan=plan_of(soon, ledger, later)).exit_code == Exit.FAILED
    ended = firer.fire(soon)
    assert (ended.exit_code, ended.results[0].step.action, ended.results[0].outcome) == (Exit.OK, "expired", None)
    assert sandbox.received() == ()
    firer.fire([replace(soon[0], schedule=due(clock.now(), grace=timedelta(hours=3)))])
    assert len(sandbox.received()) == 1


def test_what_a_person_settled_when_its_window_closed_stays_so_and_the_run_says_it(
    firer: Firer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = [bulletin(schedule=due(clock.now()))]
    plan, later, settle = plan_of(soon, ledger), clock.now() + timedelta(hours=2), Ledger.settle_all

    def settled_meanwhile(ledger: Ledger, run: str, outcomes: Sequence[OutcomeRecord]) -> list[bool]:
        by_person = [OutcomeRecord(each.claim, Settlement(State.FIRED), later) for each in outcomes]
        assert settle(ledger, run, by_person) == [True]
        return settle(ledger, run, outcomes)

    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(Ledger, "settle_all", settled_meanwhile)
    ended = firer.fire(soon, plan=plan)
    assert [row.state for row in ledger.rows()] == [State.FIRED]
    assert ended.results[0].warnings == (
        "somebody settled it in the ledger while its request was in flight; the ledger keeps that outcome",
    )
