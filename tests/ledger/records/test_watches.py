"""Up to when recurring bulletins are settled, and what that changes for claims and expiries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from plan import HOUR, NOW, make_bulletin, make_firing

from ledger import all_of, begin, claim_one, connected, counting, expire_claimed, fill, settle_one
from runner.definitions.model import Definitions, Recurrence
from runner.ledger.database.tables import watches
from runner.ledger.ledger import Ledger
from runner.ledger.records import watches as watch_records
from runner.ledger.values import Settlement
from runner.plan.firing import Firing, WatchKey, firings
from runner.plan.history import State, Watch

KEY = WatchKey("india", "a", 1)
LATER = NOW + timedelta(minutes=5)


def watched(ledger: Ledger, keys: Sequence[WatchKey]) -> dict[WatchKey, Watch]:
    with ledger.reading() as connection:
        return watch_records.read(connection, keys)


def newest_sent(ledger: Ledger, keys: Sequence[WatchKey], since: datetime) -> dict[WatchKey, datetime]:
    with ledger.reading() as connection:
        return watch_records.newest_sent(connection, keys, since)


def hourly() -> list[Firing]:
    """Two that are due, and the next one."""
    bulletin = make_bulletin(schedule=Recurrence("0 * * * *", "UTC", HOUR))
    return list(firings(Definitions({}, {}, (bulletin,), ()), NOW))


def test_what_was_never_looked_at_is_not_there(ledger: Ledger) -> None:
    assert watched(ledger, [KEY]) == {}
    assert watched(ledger, []) == {}


def settled(at: datetime, looked_at: datetime = NOW, times: str = "sha256:1") -> Watch:
    return Watch(at, looked_at, times)


def test_each_part_of_the_key_counts(ledger: Ledger) -> None:
    others = [KEY._replace(account="europe"), KEY._replace(bulletin="b"), KEY._replace(revision=2)]
    ledger.watch({KEY: settled(NOW)})
    assert watched(ledger, [KEY, *others]) == {KEY: settled(NOW)}
    ledger.watch(dict.fromkeys(others, settled(LATER)))
    assert watched(ledger, [KEY, *others]) == {KEY: settled(NOW), **dict.fromkeys(others, settled(LATER))}


def test_it_never_goes_back(ledger: Ledger) -> None:
    for at in (NOW, LATER, NOW):
        ledger.watch({KEY: settled(at)})
    assert watched(ledger, [KEY]) == {KEY: settled(LATER)}
    ledger.watch({})
    assert watched(ledger, [KEY]) == {KEY: settled(LATER)}


def test_of_two_looks_at_other_schedules_the_later_one_counts(ledger: Ledger) -> None:
    ledger.watch({KEY: settled(LATER, NOW, "sha256:1")})
    ledger.watch({KEY: settled(NOW, LATER, "sha256:2")})
    assert watched(ledger, [KEY]) == {KEY: settled(LATER, LATER, "sha256:2")}
    ledger.watch({KEY: settled(LATER + HOUR, NOW, "sha256:1")})
    assert watched(ledger, [KEY]) == {KEY: settled(LATER + HOUR, LATER, "sha256:2")}


def test_thousands_are_read_and_moved_on_at_once(ledger: Ledger, ledger_url: str) -> None:
    keys = [WatchKey("india", f"b-{number}", 1) for number in range(1200)]
    first, second = settled(NOW), settled(LATER)
    ledger.watch(dict.fromkeys(keys, first))
    ledger.watch(dict.fromkeys(keys[:600], second))
    assert watched(ledger, keys) == {**dict.fromkeys(keys, first), **dict.fromkeys(keys[:600], second)}
    assert len(all_of(ledger_url, watches)) == 1200


def test_a_reason_is_kept_with_what_is_passed_over(ledger: Ledger, run: str) -> None:
    first, second, _ = hourly()
    assert ledger.expire(run, [first, second], NOW, {first.key: "a later one goes"}) == {first.key, second.key}
    assert {row.key: row.reason for row in ledger.rows()} == {first.key: "a later one goes", second.key: None}


def test_what_was_passed_over_is_claimed_by_nobody(ledger: Ledger, run: str) -> None:
    first, second, _ = hourly()
    assert ledger.expire(run, [first], NOW) == {first.key}
    assert claim_one(ledger, begin(ledger), first, LATER) is None
    assert claim_one(ledger, begin(ledger), second, LATER) is not None


def test_what_was_settled_without_a_word_is_claimed_by_nobody(ledger: Ledger, run: str) -> None:
    first, second, _ = hourly()
    assert claim_one(ledger, run, first, NOW, claim_id="01CLAIM")
    ledger.watch({KEY: settled(NOW)})
    assert claim_one(ledger, begin(ledger), first, LATER) is None
    assert claim_one(ledger, run, first, NOW, claim_id="01CLAIM")  # asked again by the one who has it
    assert claim_one(ledger, begin(ledger), second, LATER)


@pytest.mark.parametrize("settlement", [None, Settlement(State.FIRED), Settlement(State.IN_DOUBT)])
def test_what_is_claimed_or_sent_is_not_passed_over(ledger: Ledger, run: str, settlement: Settlement | None) -> None:
    first, *_ = hourly()
    claim = claim_one(ledger, run, first, NOW)
    assert claim
    if settlement:
        assert settle_one(ledger, claim, settlement, LATER)
    assert ledger.expire(begin(ledger), [first], LATER) == set()
    assert len(ledger.rows()) == 1


def test_a_claim_whose_window_closed_is_given_back_and_reported(ledger: Ledger, run: str) -> None:
    first, *_ = hourly()
    claim = claim_one(ledger, run, first, NOW)
    assert claim
    expire_claimed(ledger, claim, run, first, Settlement(State.RELEASED, "too late"), LATER)
    assert sorted(row.state.value for row in ledger.rows()) == ["expired", "released"]


def test_an_expiry_may_be_written_twice_by_its_run(ledger: Ledger, run: str) -> None:
    first, *_ = hourly()
    assert ledger.expire(run, [first], NOW) == ledger.expire(run, [first], LATER) == {first.key}
    assert ledger.expire(begin(ledger), [first], LATER) == set()


def test_two_runs_that_differ_in_the_grace_report_it_once(ledger: Ledger, run: str) -> None:
    """Of two checkouts: each has planned before the other recorded."""
    first, *_ = hourly()
    longer = replace(first, occurrence=replace(first.occurrence, expires_at=LATER + HOUR))
    assert ledger.expire(run, [first], NOW) == {first.key}
    assert ledger.expire(begin(ledger), [longer], NOW) == set()
    assert len(ledger.rows()) == 1


def test_the_newest_that_was_sent_is_found_whatever_the_schedule_is_now(ledger: Ledger, run: str) -> None:
    first, second, later = hourly()
    other = WatchKey("india", "a", 2)
    assert newest_sent(ledger, [KEY], NOW - HOUR) == {}
    for firing, state in ((first, State.FIRED), (second, State.IN_DOUBT), (later, State.FAILED)):
        claim = claim_one(ledger, run, firing, NOW)
        assert claim
        assert settle_one(ledger, claim, Settlement(state), LATER)
    assert newest_sent(ledger, [KEY, other], NOW - 2 * HOUR) == {KEY: NOW}
    assert newest_sent(ledger, [KEY], NOW) == newest_sent(ledger, [], NOW - HOUR) == {}


def test_of_the_revisions_and_names_of_a_bulletin_each_is_found_by_itself(ledger: Ledger, run: str) -> None:
    schedule = Recurrence("0 * * * *", "UTC", HOUR)
    for revision in (1, 12):
        bulletin = make_bulletin(schedule=schedule, revision=revision, allow_duplicate=True)
        for firing in list(firings(Definitions({}, {}, (bulletin,), ()), NOW))[: 2 if revision == 1 else 1]:
            assert claim_one(ledger, run, firing, NOW)
    assert claim_one(ledger, run, make_firing(revision=2, at=LATER), NOW)
    keys = [KEY, KEY._replace(revision=2), KEY._replace(revision=12), KEY._replace(revision=3)]
    assert newest_sent(ledger, keys, NOW - 2 * HOUR) == dict(zip(keys, (NOW, LATER, NOW - HOUR), strict=False))


def test_the_index_bounds_what_is_looked_at_for_the_newest(ledger: Ledger, ledger_url: str, run: str) -> None:
    """Of a history of months no more is read than of an hour."""
    bulletin = make_bulletin(schedule=Recurrence("0 * * * *", "UTC", HOUR))
    years = firings(Definitions({}, {}, (bulletin,), ()), NOW - timedelta(days=100), until=NOW)
    fill(ledger_url, run, years, State.FIRED)
    with counting() as statements:
        assert newest_sent(ledger, [KEY], NOW - HOUR) == {KEY: NOW}
    explain = "EXPLAIN QUERY PLAN " if ledger_url.endswith("sqlite3") else "EXPLAIN "
    with connected(ledger_url) as connection:
        connection.exec_driver_sql("ANALYZE")
        for statement, parameters in statements:
            reported = " ".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            # In SQLite's words, and in PostgreSQL's.
            assert re.search(r"USING INDEX firings_\w+ \(.*occurrence[>=]|Index Cond: .*occurrence [>=]", reported), (
                reported
            )
