"""The claims of a run that is abandoned: what is given back, and what must no longer leave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from fire import IDENTITY, PATIENCE_S, bulletin, plan_of
from runner.fire.holding.claims import Claims
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.outcome import Outcome
from runner.ledger.ledger import Ledger
from runner.ledger.values import Claim, ClaimRequest, Origin
from runner.ledger.writer import LedgerWriter
from runner.plan.budget import HeldByBudget
from runner.plan.decide import Step


class SlowWriter(LedgerWriter):
    """Commits a claim only once the test allows it."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        super().__init__(ledger, run)
        self.is_asked, self.may_commit = threading.Event(), threading.Event()

    def claim(self, request: ClaimRequest) -> Claim | HeldByBudget | None:
        self.is_asked.set()
        assert self.may_commit.wait(PATIENCE_S)
        return super().claim(request)


@pytest.fixture
def writer(ledger: Ledger) -> Iterator[SlowWriter]:
    with SlowWriter(ledger, ledger.start_run(Origin("fire", "1"), IDENTITY, lease=timedelta(minutes=1))) as writer:
        yield writer
        writer.may_commit.set()


@pytest.fixture
def claims(writer: SlowWriter) -> Claims:
    access = LedgerAccess(PATIENCE_S, lambda away: None, lambda text: None)
    return Claims(writer, access, is_stopping=lambda: False, on_fault=lambda error: pytest.fail(str(error)))


@pytest.fixture
def step(ledger: Ledger) -> Step:
    (step,) = plan_of([bulletin()], ledger).steps
    return step


def claim_of(claims: Claims, step: Step) -> Claim:
    claim = claims.claim_firing(step)
    assert isinstance(claim, Claim)
    return claim


def test_a_claim_that_is_being_committed_is_given_back(claims: Claims, writer: SlowWriter, step: Step) -> None:
    thread = threading.Thread(target=claims.claim_firing, args=(step,))
    thread.start()
    assert writer.is_asked.wait(PATIENCE_S)
    threading.Timer(0.05, writer.may_commit.set).start()
    given_back = list(claims.give_back())
    thread.join(PATIENCE_S)
    assert [result.outcome for result in given_back] == [Outcome.SKIPPED]


def test_no_request_leaves_with_a_claim_that_was_given_back(claims: Claims, writer: SlowWriter, step: Step) -> None:
    writer.may_commit.set()
    claim = claim_of(claims, step)
    assert [result.outcome for result in claims.give_back()] == [Outcome.SKIPPED]
    assert not claims.mark_in_flight(claim, step, ())


def test_a_request_in_flight_is_given_back_as_in_doubt(claims: Claims, writer: SlowWriter, step: Step) -> None:
    writer.may_commit.set()
    assert claims.mark_in_flight(claim_of(claims, step), step, ())
    assert [(result.outcome, result.tries) for result in claims.give_back()] == [(Outcome.IN_DOUBT, 1)]
