from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fire import Firer, bulletin, due, plan_of
from runner import clock
from runner.definitions.model import Schedule
from runner.errors import Exit
from runner.fire import expiry
from runner.ledger.ledger import Ledger
from runner.plan.firing import Firing
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


def test_all_is_told_piece_by_piece(firer: Firer, ledger: Ledger, pieces: list[int]) -> None:
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


def test_of_two_runs_that_had_it_in_hand_when_its_window_closed_one_tells_it(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = [bulletin(schedule=due(clock.now()))]
    plans = [plan_of(soon, ledger) for _ in range(2)]
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    first, second = (firer.fire(soon, plan=plan) for plan in plans)
    assert [each.results[0].outcome for each in (first, second)] == ["expired", "skipped"]
    assert second.results[0].reason == "another run has claimed or sent it, or told it as expired, meanwhile"
    assert (first.exit_code, second.exit_code, sandbox.received()) == (Exit.FAILED, Exit.OK, ())
    assert sorted(row.state.value for row in ledger.rows()) == ["expired", "released"]
