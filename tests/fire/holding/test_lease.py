"""A run's lease: when it certainly holds, and what becomes of one that ran out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from fire import IDENTITY, PATIENCE_S
from runner import clock
from runner.errors import ErrorCode
from runner.fire.holding.lease import Lease
from runner.fire.holding.ledger_access import LedgerAccess
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.values import Origin
from runner.ledger.writer import LedgerWriter

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
LENGTH = timedelta(seconds=30)


class Clocks:
    """Both clocks of this machine, moved by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.elapsed_s = 1000.0
        self.now = NOW
        monkeypatch.setattr(clock, "elapsed_s", lambda: self.elapsed_s)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def pass_s(self, seconds: float) -> None:
        self.elapsed_s += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


class Reported:
    """What the lease says, and a signal for each."""

    def __init__(self) -> None:
        self.lost: list[Exception] = []
        self.late = threading.Event()
        self.ended = threading.Event()

    def on_lost(self, error: Exception) -> None:
        self.lost.append(error)
        self.ended.set()


@contextmanager
def begun(ledger: Ledger, reported: Reported, run: str = "RUN") -> Iterator[Lease]:
    """The lease of a run that has begun; its thread waits for somebody who needs it."""
    reach = LedgerAccess(120.0, lambda away: None, lambda text: None)
    lease = Lease(LedgerWriter(ledger, run), LENGTH, reach, on_late=reported.late.set, on_lost=reported.on_lost)
    lease.begin(lambda: ledger.start_run(Origin("fire", "1"), IDENTITY, lease=LENGTH, run=run))
    with lease:
        yield lease


def test_it_holds_until_it_has_run_out(ledger: Ledger, clocks: Clocks) -> None:
    with begun(ledger, Reported()) as lease:
        assert lease.holds()
        clocks.pass_s(29.9)
        assert lease.holds()
        clocks.pass_s(0.1)
        assert not lease.holds()


def test_it_counts_from_before_the_ledger_did(ledger: Ledger, clocks: Clocks) -> None:
    reach = LedgerAccess(120.0, lambda away: None, lambda text: None)
    lease = Lease(LedgerWriter(ledger, "RUN"), LENGTH, reach, on_late=lambda: None, on_lost=lambda error: None)
    lease.begin(lambda: clocks.pass_s(20))
    assert lease.holds()
    clocks.pass_s(10)
    assert not lease.holds()


@pytest.mark.parametrize("seconds", [31.0, 86400.0])
def test_on_a_file_a_clock_set_ahead_ends_it(ledger: Ledger, clocks: Clocks, seconds: float) -> None:
    with begun(ledger, Reported()) as lease:
        clocks.now += timedelta(seconds=seconds)
        assert not lease.holds()


def test_a_clock_set_back_prolongs_nothing(ledger: Ledger, clocks: Clocks) -> None:
    with begun(ledger, Reported()) as lease:
        clocks.now -= timedelta(days=1)
        assert lease.holds()
        clocks.elapsed_s += 30
        assert not lease.holds()


def test_with_a_servers_time_this_machines_clock_says_nothing(ledger: Ledger, clocks: Clocks) -> None:
    ledger.clock.source = lambda: NOW
    with begun(ledger, Reported()) as lease:
        clocks.now += timedelta(days=1)
        assert lease.holds()


def test_one_that_ran_out_is_renewed_where_nobody_took_over(ledger: Ledger, clocks: Clocks) -> None:
    reported = Reported()
    with begun(ledger, reported) as lease:
        clocks.pass_s(100)
        assert lease.wait(unless=lambda: False)
        assert reported.late.is_set()  # the slots must be looked at again
        assert lease.holds()
        assert reported.lost == []


def test_one_that_was_taken_over_is_lost(ledger: Ledger, clocks: Clocks) -> None:
    reported = Reported()
    with begun(ledger, reported) as lease:
        clocks.pass_s(100)
        with ledger.writing() as connection:
            connection.exec_driver_sql("UPDATE runs SET finished_at = lease_until")
        assert not lease.wait(unless=lambda: False)
        assert reported.ended.wait(PATIENCE_S)
        assert "did not renew its lease in time" in str(reported.lost[0])
        clocks.pass_s(-100)
        assert not lease.holds()  # for good


def test_nobody_waits_longer_than_they_want(ledger: Ledger, clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")

    with begun(ledger, Reported()) as lease:
        clocks.pass_s(100)
        monkeypatch.setattr(ledger, "renew", away)
        assert not lease.wait(unless=lambda: True)


def test_a_renewal_that_came_late_is_reported_before_anybody_relies_on_it(
    ledger: Ledger, clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew = ledger.renew
    reported = Reported()
    with begun(ledger, reported) as lease:

        def slow(run: str, *, lease: timedelta) -> None:
            renew(run, lease=lease)
            clocks.pass_s(40)  # this thread was frozen after the ledger had done it

        monkeypatch.setattr(ledger, "renew", slow)
        clocks.pass_s(29)
        lease.renew()
        assert reported.late.is_set()
        assert not lease.holds()
