"""The time that leases are held against: the server's, or for a file this machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from plan import HOUR, NOW
from sqlalchemy import select

from ledger import ORIGIN, WHO, all_of
from runner import clock
from runner.ledger.database.tables import Instant, runs
from runner.ledger.ledger import Ledger


def reported(ledger: Ledger, plus: timedelta = timedelta()) -> datetime:
    with ledger.reading() as connection:
        value = connection.execute(select(ledger.clock.now(plus))).scalar_one()
        assert isinstance(value, datetime)
        return value


@pytest.mark.parametrize("plus", [timedelta(), timedelta(seconds=30), -HOUR, timedelta(days=400, microseconds=7)])
def test_a_source_of_time_replaces_the_clock(ledger: Ledger, plus: timedelta) -> None:
    ledger.clock.source = lambda: NOW
    assert reported(ledger, plus) == NOW + plus
    assert not ledger.clock.is_of_machine


def test_whose_time_it_is(ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: NOW + 400 * HOUR)
    of_server = "postgresql" in ledger_url
    assert ledger.clock.is_of_machine is not of_server
    if of_server:
        assert before - HOUR < reported(ledger) < before + HOUR
        assert before < reported(ledger, HOUR) < before + 2 * HOUR
    else:
        assert reported(ledger) == NOW + 400 * HOUR


def test_it_goes_on_and_is_written_as_every_other_time(ledger: Ledger, ledger_url: str) -> None:
    ledger.start_run(ORIGIN, WHO, lease=timedelta(seconds=30))
    (row,) = all_of(ledger_url, runs)
    assert abs(row["lease_until"] - row["started_at"] - timedelta(seconds=30)) < timedelta(seconds=20)
    assert reported(ledger) >= row["started_at"]
    with ledger.reading() as connection:
        (text,) = connection.exec_driver_sql("SELECT started_at FROM runs").one()
    assert text == Instant().process_bind_param(row["started_at"], connection.dialect)


def test_a_lease_does_not_care_about_this_machines_clock_on_a_server(
    ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.start_run(ORIGIN, WHO, lease=timedelta(seconds=30))
    assert len(ledger.live_runs()) == 1
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + HOUR)
    assert len(ledger.live_runs()) == (1 if "postgresql" in ledger_url else 0)
