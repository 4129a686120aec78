"""Each rule that a ledger can break is found, on both databases; nothing is repaired."""

from __future__ import annotations

from datetime import timedelta

import pytest
from plan import NOW, make_firing
from sqlalchemy import text

from ledger import claim_one, connected, settle_one
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.transfer.check import LedgerFinding
from runner.ledger.values import Attempt, Identity, Origin, Settlement, SlotRequest
from runner.plan.firing import digest
from runner.plan.history import State

LEASE = timedelta(seconds=30)
KEY = "account, bulletin, occurrence"


@pytest.fixture
def used(ledger: Ledger, ledger_url: str) -> str:
    """The place of a ledger with a fired, a failed, a claimed and a resolved row, of a run that is live at NOW."""
    ledger.clock.source = lambda: NOW
    run = ledger.start_run(Origin("fire", "1"), Identity("asha", "builder", 1), lease=LEASE)
    for name, state in (("fired", State.FIRED), ("failed", State.FAILED), ("doubt", State.IN_DOUBT)):
        claim = claim_one(ledger, run, make_firing(name), NOW)
        assert claim
        settle_one(ledger, claim, Settlement(state, attempts=(Attempt(1, NOW, 1.0, "yes"),)), NOW)
    assert claim_one(ledger, run, make_firing("claimed"), NOW)
    (doubt,) = ledger.in_doubt()
    assert ledger.resolve(doubt, sent=True, note="seen", identity=Identity("meera", "laptop", 2))
    ledger.take_slots(run, [SlotRequest("india", 3, 1)])
    ledger.close()
    return ledger_url


def findings(url: str, *, later: timedelta = timedelta()) -> list[LedgerFinding]:
    with Ledger(parse_url(url), clock=lambda: NOW + later) as ledger:
        return ledger.check()


def test_a_ledger_in_use_is_sound(used: str) -> None:
    assert findings(used) == []


def test_a_new_ledger_is_sound(ledger: Ledger) -> None:
    assert ledger.check() == []


def test_a_run_that_ended_without_a_word_is_no_fault(used: str) -> None:
    found = findings(used, later=2 * LEASE)
    assert [finding.message for finding in found] == [
        "1 firings are claimed by runs that are over, so they are in doubt; see bulletins status",
        "1 runs ended without recording an exit code",
    ]
    assert not any(finding.is_fault for finding in found)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("UPDATE firings SET state = 'sent' WHERE bulletin = 'failed'", "'sent' is not a valid state"),
        (
            "UPDATE firings SET settled_at = NULL WHERE bulletin = 'fired'",
            "its state is fired, but it has no time of settlement",
        ),
        (
            "UPDATE firings SET settled_at = claimed_at WHERE bulletin = 'claimed'",
            "its state is claimed, but it has a time of settlement",
        ),
        (
            "UPDATE firings SET claimed_at = 'yesterday' WHERE bulletin = 'fired'",
            "claimed_at is not a valid time: 'yesterday'",
        ),
        (
            "UPDATE firings SET due_at = '2026-13-01T00:00:00.000000Z' WHERE bulletin = 'fired'",
            "due_at is not a valid time",
        ),
        ("UPDATE firings SET payload = '{}' WHERE bulletin = 'fired'", "its payload does not match its hash"),
        (
            f"UPDATE firings SET payload = '[]', payload_hash = '{digest(b'[]')}' WHERE bulletin = 'fired'",
            "its payload is not a JSON object",
        ),
        (
            "UPDATE firings SET business_event = 'Episode' WHERE bulletin = 'fired'",
            "its business event differs from the one in its payload: 'Episode'",
        ),
        (
            "INSERT INTO watches VALUES ('india', 'daily', 1, 'noon', '2026-12-01T13:00:00.000000Z', '')",
            "the watch of daily in india: settled_until is not a valid time: 'noon'",
        ),
        (
            "INSERT INTO watches VALUES ('india', 'daily', 1, '2026-12-01T13:00:00.000000Z', 'noon', '')",
            "the watch of daily in india: looked_at is not a valid time: 'noon'",
        ),
        (
            "UPDATE firings SET state = 'in_doubt' WHERE bulletin = 'doubt'",
            "was resolved by a person, but its state is in_doubt",
        ),
        ("UPDATE runs SET lease_until = '2999-01-01T00:00:00.000000Z'", "has a lease of more than a day"),
        ("UPDATE runs SET started_at = '2999-01-01T00:00:00.000000Z'", "started in the future"),
        ("DROP INDEX firings_by_run", "the index firings_by_run is missing, or has other columns"),
        (
            "DROP INDEX firings_by_run; CREATE INDEX firings_by_run ON firings (file)",
            "the index firings_by_run is missing, or has other columns",
        ),
        (
            f"DROP INDEX firings_at_most_once; CREATE INDEX firings_at_most_once ON firings ({KEY})",
            "the index firings_at_most_once does not keep its rows unique",
        ),
        (
            "DROP INDEX firings_at_most_once; UPDATE firings SET bulletin = 'fired' WHERE bulletin = 'doubt'",
            "fired in india (r1) is claimed, fired or in doubt 2 times",
        ),
    ],
)
def test_what_is_broken_is_found_and_left_as_it_is(used: str, broken: str, said: str) -> None:
    with connected(used) as connection:
        for statement in broken.split("; "):
            connection.execute(text(statement))
    for _ in range(2):
        faults = [finding.message for finding in findings(used) if finding.is_fault]
        assert any(said in message for message in faults), faults


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("runs", "a row of firings refers to run 01"),
        ("firings", "a row of attempts refers to firing 01"),
        ("firings", "a row of resolutions refers to firing 01"),
        ("runs", "a row of slots refers to run 01"),
    ],
)
def test_rows_that_refer_to_nothing_are_found(used: str, table: str, said: str) -> None:
    with connected(used) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
            connection.exec_driver_sql("BEGIN")
        else:
            for child, name in (
                ("firings", "firings_run_fkey"),
                ("attempts", "attempts_firing_fkey"),
                ("resolutions", "resolutions_firing_fkey"),
                ("slots", "slots_run_fkey"),
            ):
                connection.exec_driver_sql(f"ALTER TABLE {child} DROP CONSTRAINT {name}")
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert any(said in finding.message for finding in findings(used) if finding.is_fault)


def test_a_run_without_a_number_and_a_damaged_acceptance_are_found(used: str) -> None:
    with connected(used) as connection:
        connection.execute(text("UPDATE runs SET number = 0"))
        values = "'01A', 'L', 'R', 1, 0, 'yesterday', 'asha', 'builder', 'restored'"
        connection.execute(text(f"INSERT INTO acceptances VALUES ({values})"))
    messages = [finding.message for finding in findings(used)]
    assert any("has the number 0" in message for message in messages)
    assert any("'yesterday'" in message for message in messages)
