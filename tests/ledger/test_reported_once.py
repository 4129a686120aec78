"""A time that was reported as expired: no run claims it in that window any more, so that it is reported once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from plan import HOUR, NOW, make_firing

from ledger import PATIENCE_S, begin, claim_one, connected, settle_one
from runner.ledger.ledger import Ledger
from runner.ledger.records import firings as rows
from runner.ledger.records import outcomes
from runner.ledger.values import OutcomeRecord, Settlement
from runner.plan.history import State

ONCE = make_firing(at=NOW)
LATE = NOW + HOUR + timedelta(seconds=1)
GIVEN_BACK = Settlement(State.RELEASED, "its grace period ended")


def test_what_was_reported_is_claimed_only_with_another_window(ledger: Ledger, run: str) -> None:
    assert ledger.expire(run, [ONCE], LATE) == {ONCE.key}
    other = begin(ledger)
    assert claim_one(ledger, other, ONCE, LATE) is None
    assert claim_one(ledger, other, ONCE, LATE, claim_id="01CLAIM") is None
    assert [row.state for row in ledger.rows()] == [State.EXPIRED]
    assert claim_one(ledger, other, make_firing(at=NOW, grace=3 * HOUR), LATE)


def test_what_has_no_window_is_claimed_after_it_was_one_with(ledger: Ledger, run: str) -> None:
    assert ledger.expire(run, [ONCE], LATE) == {ONCE.key}
    assert claim_one(ledger, begin(ledger), make_firing(), LATE)


def test_who_claims_waits_for_who_gives_it_back_as_expired(ledger: Ledger, ledger_url: str, run: str) -> None:
    claim, other, claimed = claim_one(ledger, run, ONCE, NOW), begin(ledger), list[object]()
    assert claim
    with connected(ledger_url) as connection:
        assert outcomes.settle(connection, run, [OutcomeRecord(claim, GIVEN_BACK, LATE)]) == [True]
        assert rows.expire(connection, run, [ONCE], LATE) == {ONCE.key}
        thread = threading.Thread(target=lambda: claimed.append(claim_one(ledger, other, ONCE, LATE)))
        thread.start()
        thread.join(0.3)  # it may have come to where it waits
        assert claimed == []
    thread.join(PATIENCE_S)
    assert claimed == [None]
    assert sorted(row.state.value for row in ledger.rows()) == ["expired", "released"]


@pytest.mark.parametrize("settlement", [None, Settlement(State.FIRED), Settlement(State.IN_DOUBT)])
def test_what_another_has_claimed_or_sent_is_not_reported(
    ledger: Ledger, run: str, settlement: Settlement | None
) -> None:
    """One whose clock is ahead has planned before; what comes of the claim is reported by who has it."""
    claim = claim_one(ledger, run, ONCE, NOW)
    assert claim
    if settlement:
        assert settle_one(ledger, claim, settlement, NOW)
    assert ledger.expire(begin(ledger), [ONCE], LATE) == set()
    assert len(ledger.rows()) == 1
