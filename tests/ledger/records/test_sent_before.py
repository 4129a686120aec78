"""Firings that were sent by other means are recorded many at once."""

from __future__ import annotations

from datetime import timedelta

from plan import NOW, make_firing

from ledger import begin, claim_one
from runner.ledger.ledger import Ledger
from runner.plan.history import State

COUNT = 2_345  # several statements, of which the last one has fewer rows


def test_every_firing_is_recorded_once(ledger: Ledger) -> None:
    sent = [make_firing(f"episode-{number:04}", at=NOW - timedelta(days=1)) for number in range(COUNT)]
    run = begin(ledger)
    assert claim_one(ledger, run, sent[1_234], NOW)
    assert ledger.record_as_sent(run, sent, NOW, "sent before \0") == COUNT - 1
    assert ledger.record_as_sent(run, sent, NOW, "again") == 0
    rows = ledger.rows(state=State.FIRED, limit=None)
    assert {row.key for row in rows} == {firing.key for firing in sent} - {sent[1_234].key}
    assert {row.reason for row in rows} == {"sent before \ufffd"}
    assert ledger.own_run(run).claims == COUNT
    assert not any(finding.is_fault for finding in ledger.check())


def test_nothing_is_recorded_for_no_firings(ledger: Ledger) -> None:
    assert ledger.record_as_sent(begin(ledger), [], NOW, "sent before") == 0
