"""Many expiries at once, and others who claim meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from plan import HOUR, NOW, make_bulletin, make_firings

from ledger import PATIENCE_S, at_once, begin, claim_one, connected, counting, expire_claimed
from runner.definitions.model import Definitions, Recurrence
from runner.ledger.ledger import Ledger
from runner.ledger.records import claims
from runner.ledger.records import firings as rows
from runner.ledger.values import ClaimRequest, Settlement
from runner.plan.firing import Firing, firings
from runner.plan.history import State

LATER = NOW + timedelta(minutes=1)


def recurring(count: int = 1, accounts: tuple[str, ...] = ("india",)) -> list[Firing]:
    """One that is due, of each of these bulletins."""
    schedule = Recurrence("0 13 * * *", "UTC", HOUR)
    made = tuple(make_bulletin(f"b{number}", schedule=schedule, accounts=accounts) for number in range(count))
    return [each for each in firings(Definitions({}, {}, made, ()), NOW) if each.occurrence.is_due(NOW)]


def once(count: int = 1) -> list[Firing]:
    """The same with one time only."""
    return make_firings(*(make_bulletin(f"b{number}", at=NOW) for number in range(count)))


KINDS = pytest.mark.parametrize("kind", [recurring, once])


def in_a_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    return thread, found


@KINDS
def test_who_claims_waits_for_who_shows_it_as_expired(
    ledger: Ledger, ledger_url: str, run: str, kind: Callable[[], list[Firing]]
) -> None:
    """Clocks differ, or one has planned a moment before: never is the same reported as expired and sent."""
    (firing,), other = kind(), begin(ledger)
    with connected(ledger_url) as connection:
        assert rows.expire(connection, run, [firing], NOW) == {firing.key}
        thread, claimed = in_a_thread(lambda: claim_one(ledger, other, firing, NOW))
        thread.join(0.3)
        assert claimed == []  # the expiry is not committed yet
    thread.join(PATIENCE_S)
    assert claimed == [None]
    assert [row.state for row in ledger.rows()] == [State.EXPIRED]


@KINDS
def test_who_shows_it_as_expired_waits_for_who_claims(
    ledger: Ledger, ledger_url: str, run: str, kind: Callable[[], list[Firing]]
) -> None:
    (firing,), other = kind(), begin(ledger)
    with connected(ledger_url) as connection:
        assert claims.claim(connection, run, [ClaimRequest("01CLAIM", firing, NOW)]) != [None]
        thread, reported = in_a_thread(lambda: ledger.expire(other, [firing], NOW))
        thread.join(0.3)
        assert reported == []
    thread.join(PATIENCE_S)
    assert reported == [set()]
    assert [row.state for row in ledger.rows()] == [State.CLAIMED]


@KINDS
def test_who_gives_back_what_expired_and_who_claims_it_do_not_wait_for_each_other(
    ledger: Ledger, run: str, kind: Callable[[int], list[Firing]]
) -> None:
    found = kind(20)
    claimed = [claim_one(ledger, run, firing, NOW) for firing in found]
    other = begin(ledger)

    def give_back() -> None:
        for claim, firing in zip(claimed, found, strict=True):
            assert claim
            expire_claimed(ledger, claim, run, firing, Settlement(State.RELEASED), LATER)

    def claim_again() -> None:
        assert [claim_one(ledger, other, firing, LATER) for firing in found] == [None] * 20

    at_once(give_back, claim_again)
    assert ledger.describe().states["expired"] == 20


def test_many_are_reported_in_a_few_statements(ledger: Ledger, run: str) -> None:
    found = recurring(200, ("europe", "india"))
    claimed, reported = found[:7], begin(ledger)
    assert all(claim_one(ledger, run, firing, NOW) for firing in claimed)
    assert ledger.expire(reported, found[7:20], NOW) == {firing.key for firing in found[7:20]}
    with counting() as statements:
        assert ledger.expire(run, found, NOW) == {firing.key for firing in found[20:]}
    assert len(statements) < 10
    assert ledger.expire(run, found, LATER) == {firing.key for firing in found[20:]}
    assert len(ledger.rows(state=State.EXPIRED)) == 393


@KINDS
def test_two_runs_that_report_the_same_in_another_order_do_not_wait_for_each_other(
    ledger: Ledger, run: str, kind: Callable[[int], list[Firing]]
) -> None:
    """Of two checkouts: the files have other names."""
    found, other = kind(200), begin(ledger)
    reported = at_once(lambda: ledger.expire(run, found, LATER), lambda: ledger.expire(other, found[::-1], LATER))
    assert sorted(map(len, reported)) == [0, 200]


@pytest.mark.parametrize("twice", [1, 2])
def test_what_is_given_twice_is_reported_once(ledger: Ledger, run: str, twice: int) -> None:
    assert ledger.expire(run, recurring() * twice, NOW) == {recurring()[0].key}
    assert len(ledger.rows()) == 1
