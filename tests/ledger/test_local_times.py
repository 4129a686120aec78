"""Recurring bulletins whose zone gets another offset: each local date and time goes out once, at whatever instant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from plan import HOUR, NOW, make_bulletin, make_firing

from ledger import at_once, begin, claim_one, settle_one
from runner.definitions.model import CatchUp, Definitions, Recurrence
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.values import Settlement
from runner.plan.decide import Action, Step, decide
from runner.plan.firing import Firing, firings
from runner.plan.history import State

LATER = NOW + 2 * HOUR
KOLKATA, KARACHI, DHAKA = "Asia/Kolkata", "Asia/Karachi", "Asia/Dhaka"  # at +05:30, +05:00 and +06:00


def half_past_six(timezone: str, cron: str = "30 18 * * *", **fields: Any) -> Firing:
    """The firing of 18:30 on the day of NOW, by the clocks of a zone: in Kolkata it is due at NOW."""
    schedule = Recurrence(cron, timezone, 4 * HOUR, catch_up=CatchUp.ALL)
    found = list(firings(Definitions({}, {}, (make_bulletin(schedule=schedule, **fields),), ()), LATER))
    return found[0]


def send(ledger: Ledger, firing: Firing, state: State = State.FIRED) -> None:
    claim = claim_one(ledger, begin(ledger), firing, NOW)
    assert claim
    if state is not State.CLAIMED:
        assert settle_one(ledger, claim, Settlement(state), NOW)


def step_of(ledger: Ledger, firing: Firing, accounts: tuple[str, ...] | None = None) -> Step:
    (step,) = decide([firing], ledger.history([firing], LATER, accounts=accounts), LATER).steps
    return step


@pytest.mark.parametrize("other", [KARACHI, DHAKA])
def test_a_local_time_that_was_sent_is_not_sent_at_another_instant(ledger: Ledger, other: str) -> None:
    send(ledger, half_past_six(KOLKATA))
    again = half_past_six(other)
    step = step_of(ledger, again)
    assert step.action is Action.DONE
    assert "r1@2026-12-01T13:00:00Z" in step.reason.text
    assert claim_one(ledger, begin(ledger), again, LATER) is None


@pytest.mark.parametrize(
    ("state", "action"), [(State.CLAIMED, Action.CLAIMED), (State.IN_DOUBT, Action.IN_DOUBT), (State.FAILED, "fire")]
)
def test_what_may_have_been_sent_blocks_and_what_was_not_does_not(ledger: Ledger, state: State, action: str) -> None:
    send(ledger, half_past_six(KOLKATA), state)
    again = half_past_six(KARACHI)
    assert step_of(ledger, again).action == action
    assert bool(claim_one(ledger, begin(ledger), again, LATER)) is (action == "fire")


@pytest.mark.parametrize(
    "other",
    [
        half_past_six(KARACHI, "31 18 * * *"),
        half_past_six(KARACHI, revision=2),
        half_past_six(KARACHI, id="b", allow_duplicate=True),
        half_past_six(KARACHI, accounts=("europe",)),
    ],
    ids=["time", "revision", "bulletin", "account"],
)
def test_another_local_time_or_revision_or_bulletin_or_account_goes_out(ledger: Ledger, other: Firing) -> None:
    send(ledger, half_past_six(KOLKATA))
    assert step_of(ledger, other).action is Action.FIRE
    assert claim_one(ledger, begin(ledger), other, LATER)


def test_the_same_local_time_of_the_next_day_goes_out(ledger: Ledger) -> None:
    send(ledger, half_past_six(KOLKATA))
    tomorrow = NOW + timedelta(days=1, hours=1)
    schedule = Recurrence("30 18 * * *", KARACHI, 4 * HOUR)
    (firing, _) = firings(Definitions({}, {}, (make_bulletin(schedule=schedule),), ()), tomorrow)
    (step, _) = decide([firing, _], ledger.history([firing], tomorrow), tomorrow).steps
    assert step.action is Action.FIRE
    assert claim_one(ledger, begin(ledger), firing, tomorrow)


def test_an_account_that_may_have_been_renamed_counts(ledger: Ledger) -> None:
    send(ledger, half_past_six(KOLKATA, accounts=("old",)))
    again = half_past_six(KARACHI, accounts=("india",))
    assert step_of(ledger, again, accounts=("india",)).action is Action.DUPLICATE
    assert step_of(ledger, again, accounts=("india", "old")).action is Action.FIRE


def test_of_machines_with_different_zone_data_one_claims(ledger: Ledger) -> None:
    runs = [begin(ledger) for _ in range(2)]
    found = [half_past_six(zone) for zone in (KOLKATA, KARACHI)]
    claims = at_once(
        *(
            lambda run=run, firing=firing: claim_one(ledger, run, firing, LATER)
            for run, firing in zip(runs, found, strict=True)
        )
    )
    assert sorted(claim is None for claim in claims) == [False, True]


def test_a_ledger_that_was_moved_knows_local_times(ledger: Ledger, tmp_path: Path) -> None:
    send(ledger, half_past_six(KOLKATA))
    place = parse_url(str(tmp_path / "moved.sqlite3"))
    import_into(place, list(ledger.export()), now=NOW, who="asha")
    with Ledger(place) as moved:
        assert step_of(moved, half_past_six(KARACHI)).action is Action.DONE


def test_rows_of_one_time_have_no_local_time() -> None:
    assert make_firing(at=NOW).local_due is None
    assert make_firing().local_due is None
    assert half_past_six(KOLKATA).local_due == "2026-12-01T18:30"
