"""What a plan reads from the ledger is the ledger at one moment."""

from __future__ import annotations

import pytest
from plan import HOUR, NOW, make_bulletin, make_firing

from ledger import begin, claim_one, settle_one
from runner.definitions.model import Definitions, Recurrence
from runner.ledger.ledger import Ledger
from runner.ledger.records import queries
from runner.ledger.values import Settlement
from runner.plan.firing import WatchKey, firings
from runner.plan.history import State, Watch
from runner.plan.missed import times_of

HOURLY = make_bulletin("hourly", schedule=Recurrence("0 * * * *", "UTC", HOUR))
SELECTED = list(firings(Definitions({}, {}, (HOURLY,), ()), NOW))
KEY = WatchKey("india", "hourly", 1)


def watch(ledger: Ledger) -> None:
    assert isinstance(HOURLY.schedule, Recurrence)
    ledger.watch({KEY: Watch(NOW - 4 * HOUR, NOW - 4 * HOUR, times_of(HOURLY.schedule))})


def test_missed_firings_come_with_what_the_ledger_knows_of_them(ledger: Ledger, run: str) -> None:
    watch(ledger)
    early, *_ = firings(Definitions({}, {}, (HOURLY,), ()), NOW - 3 * HOUR)
    claim = claim_one(ledger, run, early, NOW)
    assert claim
    settle_one(ledger, claim, Settlement(State.FIRED), NOW)
    known = ledger.history(SELECTED, NOW, bulletins=[HOURLY])
    assert known.settled == {KEY: NOW - 4 * HOUR}
    assert early.key in {firing.key for firing in known.missed}
    assert {key: entry.state for key, entry in known.entries.items()} == {early.key: State.FIRED}
    assert ledger.history(SELECTED, NOW).missed == ()  # without the bulletins as they are defined


def test_what_is_written_meanwhile_is_not_seen_in_part(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    history, due = queries.history, SELECTED[0]

    def claimed_meanwhile(*arguments: object, **options: object) -> object:
        other = begin(ledger)
        assert claim_one(ledger, other, due, NOW)
        return history(*arguments, **options)  # type: ignore[arg-type]

    watch(ledger)
    assert claim_one(ledger, begin(ledger), make_firing("other"), NOW)  # a ledger without firings is asked nothing else
    with monkeypatch.context() as patch:
        patch.setattr(queries, "history", claimed_meanwhile)
        known = ledger.history(SELECTED, NOW, bulletins=[HOURLY])
    assert due.key not in known.entries
    assert due.key in ledger.history(SELECTED, NOW).entries
