"""A firing has the same entry in the report of its run and in what the ledger recorded of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from plan import NOW, make_firing

from report.document.test_from_ledger import ROW, document_of
from runner.fire.outcome import Outcome
from runner.fire.reasons import as_recorded
from runner.fire.result import Result
from runner.ledger.values import Attempt
from runner.plan.decide import Action, Step
from runner.plan.history import State
from runner.plan.reasons import due
from runner.report.document.run import entry

ATTEMPT = Attempt(1, NOW + timedelta(seconds=1), 20.5, "yes", 200, '{"status": "success"}', None)


@pytest.mark.parametrize(
    ("state", "outcome", "action", "attempts"),
    [
        (State.FIRED, Outcome.FIRED, Action.FIRE, (ATTEMPT,)),
        (State.FAILED, Outcome.FAILED, Action.FIRE, (replace(ATTEMPT, verdict="no", http_status=400),)),
        (State.IN_DOUBT, Outcome.IN_DOUBT, Action.FIRE, (replace(ATTEMPT, verdict="unknown", http_status=503),)),
        (State.EXPIRED, Outcome.EXPIRED, Action.EXPIRED, ()),
        (State.RELEASED, Outcome.SKIPPED, Action.FIRE, ()),
    ],
)
def test_both_sources_give_the_same_entry(
    state: State, outcome: Outcome, action: Action, attempts: tuple[Attempt, ...]
) -> None:
    last = attempts[-1] if attempts else None
    status, sent = last.http_status if last else None, 1 if outcome is Outcome.FIRED else None
    result = Result(
        Step(make_firing("a", at=NOW), action, due(NOW)),
        outcome,
        reason=as_recorded("the reason"),
        http_status=status,
        bulletins_sent=sent,
        tries=len(attempts),
        started_at=last.started_at if last else None,
        latency_ms=last.latency_ms if last else None,
        attempts=attempts,
    )
    row = replace(ROW, state=state, reason="the reason", http_status=status, bulletins_sent=sent)

    (recorded,) = document_of(row, attempts={row.id: list(attempts)})["results"]
    assert recorded == entry(result)
    assert list(recorded) == list(entry(result))
