"""The writer: what accumulates shares a commit, a refused request fails alone, and a repeated one changes nothing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from plan import HOUR, NOW, make_bulletin, make_firing, make_firings
from sqlalchemy import Engine, event

from ledger import LEASE, PATIENCE_S, all_of, at_once, attempt, begin, connected
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway, Unstorable
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Claim, ClaimRequest, OutcomeRecord, Settlement
from runner.ledger.writer import LedgerWriter
from runner.plan.budget import HOUR as AN_HOUR
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.firing import Firing
from runner.plan.history import State

FORTY = [make_firing(f"episode-{number:02}", at=NOW) for number in range(40)]
FIRED = Settlement(State.FIRED, http_status=200, bulletins_sent=1, attempts=(attempt(),))


class Slow(Ledger):
    """A ledger that notes the groups that it is asked to write, and holds up the first one."""

    def __init__(self, url: str) -> None:
        super().__init__(parse_url(url))
        self.groups: list[tuple[str, int]] = []
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()

    def _note(self, what: str, count: int) -> None:
        self.groups.append((what, count))
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE_S)

    def claim_all(self, run: str, requests: Sequence[ClaimRequest]) -> list[Claim | HeldByBudget | None]:
        self._note("claims", len(requests))
        return super().claim_all(run, requests)

    def settle_all(self, run: str, outcomes: Sequence[OutcomeRecord]) -> list[bool]:
        self._note("outcomes", len(outcomes))
        return super().settle_all(run, outcomes)

    def renew(self, run: str, *, lease: timedelta) -> None:
        self._note("lease", 1)
        super().renew(run, lease=lease)


@pytest.fixture
def slow(ledger_url: str) -> Iterator[Slow]:
    create(parse_url(ledger_url), now=NOW, who="asha")
    with Slow(ledger_url) as opened:
        yield opened


def request(firing: Firing, *limits: Limit) -> ClaimRequest:
    return ClaimRequest(new_ulid(), firing, NOW, limits)


def outcome(claim: object, settlement: Settlement = FIRED, expired: Firing | None = None) -> OutcomeRecord:
    assert isinstance(claim, Claim)
    return OutcomeRecord(claim, settlement, NOW, expired)


@contextmanager
def held_up(slow: Slow, writer: LedgerWriter, *works: Callable[[], Any]) -> Iterator[list[Future[Any]]]:
    """Asks for the first work; once it is being written, for the others; then lets the writer go on."""
    with ThreadPoolExecutor(len(works)) as pool, writer:
        doing = [pool.submit(works[0])]
        assert slow.has_begun.wait(PATIENCE_S)
        for number, work in enumerate(works[1:], start=1):
            doing.append(pool.submit(work))
            deadline = time.monotonic() + PATIENCE_S
            while writer.waiting < number:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        slow.may_go_on.set()
        yield doing


def test_what_accumulates_meanwhile_is_one_group(slow: Slow, ledger_url: str) -> None:
    writer = LedgerWriter(slow, begin(slow))
    requests = [request(firing) for firing in FORTY]
    with held_up(slow, writer, *(partial(writer.claim, each) for each in requests)) as doing:
        answers = [each.result(PATIENCE_S) for each in doing]
    assert answers == [Claim(each.id, each.firing.key) for each in requests]
    assert slow.groups == [("claims", 1), ("claims", 39)]
    assert slow.own_run(writer.run).claims == len(all_of(ledger_url, tables.firings)) == 40


def test_outcomes_go_first_and_never_with_claims(slow: Slow) -> None:
    run = begin(slow)
    slow.may_go_on.set()
    claims = slow.claim_all(run, [request(firing) for firing in FORTY[:5]])
    slow.may_go_on.clear()
    slow.has_begun.clear()
    slow.groups.clear()
    writer = LedgerWriter(slow, run)
    works: list[Callable[[], object]] = [
        *(partial(writer.claim, request(firing)) for firing in FORTY[5:9]),
        *(partial(writer.settle, outcome(claim)) for claim in claims),
    ]
    with held_up(slow, writer, *works) as doing:
        assert all(each.result(PATIENCE_S) for each in doing)
    assert slow.groups == [("claims", 1), ("outcomes", 5), ("claims", 3)]


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
def test_a_lease_is_renewed_before_all_that_waits(slow: Slow) -> None:
    writer = LedgerWriter(slow, begin(slow))
    claiming = (partial(writer.claim, request(firing)) for firing in FORTY[:4])
    works: list[Callable[[], object]] = [*claiming, partial(writer.renew, LEASE)]
    with held_up(slow, writer, *works) as doing:
        for each in doing:
            each.result(PATIENCE_S)
    assert slow.groups == [("claims", 1), ("lease", 1), ("claims", 3)]


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_a_lease_is_renewed_while_claims_are_being_written(slow: Slow) -> None:
    writer = LedgerWriter(slow, begin(slow))
    with ThreadPoolExecutor(1) as pool, writer:
        claiming = pool.submit(writer.claim, request(FORTY[0]))
        assert slow.has_begun.wait(PATIENCE_S)
        Ledger.renew(slow, writer.run, lease=LEASE)
        assert not claiming.done()
        slow.may_go_on.set()
        assert claiming.result(PATIENCE_S)


def test_claims_of_one_bulletin_or_one_budget_never_share_a_group(slow: Slow) -> None:
    limit = Limit("india", 2, AN_HOUR)
    writer = LedgerWriter(slow, begin(slow))
    same = [request(make_firing("sale", at=NOW)) for _ in range(3)]
    budgeted = [request(make_firing(f"budgeted-{number}", at=NOW), limit) for number in range(4)]
    works = [partial(writer.claim, each) for each in (request(FORTY[0]), *same, *budgeted)]
    with held_up(slow, writer, *works) as doing:
        answers = [each.result(PATIENCE_S) for each in doing]
    assert [isinstance(each, Claim) for each in answers[1:4]] == [True, False, False]
    assert [type(each) for each in answers[4:]].count(Claim) <= 2  # FORTY[0] and sale count, too, where they came first
    assert slow.groups == [("claims", 1), ("claims", 2), ("claims", 2), ("claims", 2), ("claims", 1)]


def refuse(ledger_url: str, table: str, condition: str, event: str = "INSERT") -> None:
    """Makes the database refuse rows under that condition."""
    with connected(ledger_url) as connection:
        if connection.dialect.name == "sqlite":
            body = f"FOR EACH ROW WHEN {condition} BEGIN SELECT RAISE(ABORT, 'refused'); END"
        else:
            connection.exec_driver_sql(
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'refused'; END$$"
            )
            body = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION no()"
        connection.exec_driver_sql(f"CREATE TRIGGER no BEFORE {event} ON {table} {body}")


def test_of_forty_claims_with_one_refused_the_other_39_go(slow: Slow, ledger_url: str) -> None:
    refuse(ledger_url, "firings", "NEW.bulletin = 'episode-17'")
    writer = LedgerWriter(slow, begin(slow))
    with held_up(slow, writer, *(partial(writer.claim, request(firing)) for firing in FORTY)) as doing:
        errors = [each.exception(PATIENCE_S) for each in doing]
    assert [number for number, error in enumerate(errors) if error] == [17]
    assert isinstance(errors[17], Unstorable)
    assert len(all_of(ledger_url, tables.firings)) == 39


def test_of_forty_outcomes_with_one_refused_the_other_39_are_recorded(slow: Slow, ledger_url: str) -> None:
    run = begin(slow)
    slow.may_go_on.set()
    claims = slow.claim_all(run, [request(firing) for firing in FORTY])
    refuse(ledger_url, "attempts", "NEW.answer = 'bad'")
    slow.may_go_on.clear()
    slow.has_begun.clear()
    writer = LedgerWriter(slow, run)
    bad = Settlement(State.FAILED, attempts=(attempt(answer="bad"),))
    outcomes = [outcome(claim, bad if number == 17 else FIRED) for number, claim in enumerate(claims)]
    with held_up(slow, writer, *(partial(writer.settle, each) for each in outcomes)) as doing:
        errors = [each.exception(PATIENCE_S) for each in doing]
    assert [number for number, error in enumerate(errors) if error] == [17]
    states = Counter(row["state"] for row in all_of(ledger_url, tables.firings))
    assert (states, len(all_of(ledger_url, tables.attempts))) == ({"fired": 39, "claimed": 1}, 39)


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_a_group_whose_connection_broke_at_its_commit_is_repeated(slow: Slow, ledger_url: str) -> None:
    broken: list[int] = []

    def break_once(connection: Any) -> None:
        if slow.groups and not broken:
            broken.append(connection.connection.driver_connection.info.backend_pid)
            with connected(ledger_url) as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({broken[0]}, 10000)")

    writer = LedgerWriter(slow, begin(slow))
    requests = [request(firing) for firing in FORTY]
    slow.may_go_on.set()
    event.listen(Engine, "commit", break_once)
    try:
        with writer:
            errors = at_once(*(partial(_claimed_after_all, writer, each) for each in requests))
    finally:
        event.remove(Engine, "commit", break_once)
    assert sum(errors) > 0
    assert sorted(row["id"] for row in all_of(ledger_url, tables.firings)) == sorted(each.id for each in requests)


def _claimed_after_all(writer: LedgerWriter, asked: ClaimRequest) -> int:
    """Claims until the ledger answers; how often it was away."""
    for errors in range(100):
        try:
            assert writer.claim(asked) == Claim(asked.id, asked.firing.key)
        except LedgerAway:
            continue
        return errors
    raise AssertionError("the ledger was away a hundred times")


def test_a_request_after_the_end_is_written_by_the_thread_that_asks(ledger: Ledger, run: str) -> None:
    with LedgerWriter(ledger, run) as writer:
        claim = writer.claim(request(FORTY[0]))
    assert writer.settle(outcome(claim))
    assert not writer.settle(outcome(claim, Settlement(State.FAILED)))


def test_an_expired_claim_is_given_back_and_its_expiry_recorded_once(ledger: Ledger, run: str, ledger_url: str) -> None:
    firings = [make_firing(f"late-{number}", at=NOW - 3 * HOUR) for number in range(3)]
    claims = ledger.claim_all(run, [request(firing) for firing in firings])
    released = Settlement(State.RELEASED, "too late")
    outcomes = [outcome(claim, released, firing) for claim, firing in zip(claims, firings, strict=True)]
    for _ in range(2):
        assert ledger.settle_all(run, outcomes) == [True] * 3
    states = Counter(row["state"] for row in all_of(ledger_url, tables.firings))
    assert states == {"released": 3, "expired": 3}


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_six_writers_over_the_same_firings_never_deadlock(ledger: Ledger, ledger_url: str) -> None:
    accounts = tuple(f"account-{number}" for number in range(8))
    firings = make_firings(*(make_bulletin(f"b{n}", at=NOW - HOUR, accounts=accounts) for n in range(25)))
    limits = {account: (Limit(account, 1000, AN_HOUR),) for account in accounts[::2]}
    with connected(ledger_url) as connection:
        before = connection.exec_driver_sql(_DEADLOCKS).scalar_one()

    def work(number: int) -> list[str]:
        with Ledger(parse_url(ledger_url)) as own:
            run = begin(own)
            with LedgerWriter(own, run) as writer:
                turned = firings[number * 31 :] + firings[: number * 31]
                mine = turned[::-1] if number % 2 else turned
                return [key for got in at_once(*(partial(send, writer, mine[n::5]) for n in range(5))) for key in got]

    def send(writer: LedgerWriter, firings: Sequence[Firing]) -> list[str]:
        sent = []
        for number, firing in enumerate(firings):
            claim = writer.claim(request(firing, *limits.get(firing.key.account, ())))
            if isinstance(claim, Claim):
                is_late = number % 7 == 0
                settlement = Settlement(State.RELEASED) if is_late else FIRED
                assert writer.settle(outcome(claim, settlement, firing if is_late else None))
                sent += [] if is_late else [claim.id]
        return sent

    sent = [key for got in at_once(*(partial(work, number) for number in range(6))) for key in got]
    rows = [row for row in all_of(ledger_url, tables.firings) if row["state"] == "fired"]
    assert sorted(row["id"] for row in rows) == sorted(sent)
    assert len({(row["account"], row["bulletin"]) for row in rows}) == len(rows)
    with connected(ledger_url) as connection:
        assert connection.exec_driver_sql(_DEADLOCKS).scalar_one() == before


_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def test_before_and_after_its_time_the_asking_thread_writes(ledger: Ledger) -> None:
    writer = LedgerWriter(ledger, begin(ledger))
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(writer.claim, request(FORTY[0])).result(PATIENCE_S)
        with writer:
            pass
        after = pool.submit(writer.claim, request(FORTY[1])).result(PATIENCE_S)
    assert [isinstance(each, Claim) for each in (before, after)] == [True, True]


def test_the_end_waits_for_what_is_being_written(slow: Slow) -> None:
    writer = LedgerWriter(slow, begin(slow))
    with ThreadPoolExecutor(1) as pool:
        with writer:
            claiming = pool.submit(writer.claim, request(FORTY[0]))
            assert slow.has_begun.wait(PATIENCE_S)
            threading.Timer(0.05, slow.may_go_on.set).start()
        assert slow.may_go_on.is_set()
        assert isinstance(claiming.result(PATIENCE_S), Claim)
