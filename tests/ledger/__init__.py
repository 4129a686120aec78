"""Tests of the ledger, on real databases, and what they share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from plan import NOW
from sqlalchemy import Connection, Engine, Table, event, insert, select

import runner
from runner.ledger.database import connect, tables
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.records.firings import row_values
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, ClaimRequest, Identity, Origin, OutcomeRecord, Settlement
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.firing import Firing
from runner.plan.history import State

LEASE = timedelta(seconds=30)
PATIENCE_S = 120.0  # for what comes in a moment: a busy machine fails no test
T = TypeVar("T")
WHO = Identity("asha", "builder", 4321)
ORIGIN = Origin("fire", "1.2.3", "0123abc", False)


def at(ledger: Ledger, now: datetime) -> Ledger:
    """The ledger, whose own time is `now` from here on."""
    ledger.clock.source = lambda: now
    return ledger


def begin(ledger: Ledger, now: datetime = NOW, *, identity: Identity = WHO) -> str:
    """A run that began at `now`, with a lease of 30 s; the ledger's own time stays there."""
    return at(ledger, now).start_run(ORIGIN, identity, lease=LEASE)


def attempt(number: int = 1, **fields: Any) -> Attempt:
    """One request that was answered well."""
    return Attempt(number, **{"started_at": NOW, "latency_ms": 12.5, "verdict": "yes", "http_status": 200, **fields})


def claim_one(ledger: Ledger, run: str, firing: Firing, now: datetime, *, claim_id: str | None = None) -> Claim | None:
    """Claim one firing, in an account without budgets."""
    answer = claim_within(ledger, run, firing, now, (), claim_id=claim_id)
    return answer if isinstance(answer, Claim) else None


def claim_within(
    ledger: Ledger,
    run: str,
    firing: Firing,
    now: datetime,
    limits: tuple[Limit, ...],
    *,
    claim_id: str | None = None,
) -> Claim | HeldByBudget | None:
    """Claim one firing within the limits of its account's budgets."""
    return ledger.claim_all(run, [ClaimRequest(claim_id or new_ulid(), firing, now, limits)])[0]


def settle_one(ledger: Ledger, claim: Claim, settlement: Settlement, now: datetime) -> bool:
    """Record how one claimed firing ended."""
    return ledger.settle_all("", [OutcomeRecord(claim, settlement, now)])[0]


def expire_claimed(
    ledger: Ledger, claim: Claim, run: str, firing: Firing, settlement: Settlement, now: datetime
) -> bool:
    """Record that a claimed firing expired before it was sent."""
    return ledger.settle_all(run, [OutcomeRecord(claim, settlement, now, firing)])[0]


def at_once(*works: Callable[[], T]) -> list[T]:
    """Does each in a thread of its own, begun together; returns what they return, in order. What fails there fails."""
    barrier = threading.Barrier(len(works))

    def begun_together(work: Callable[[], T]) -> T:
        barrier.wait(PATIENCE_S)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        doing = [pool.submit(begun_together, work) for work in works]
        return [each.result(PATIENCE_S) for each in doing]


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A transaction of one's own on the tables themselves."""
    parsed = parse_url(url)
    engine = connect.open_engine(parsed)
    try:
        with connect.transaction(engine, parsed) as connection:
            yield connection
    finally:
        engine.dispose()


def all_of(url: str, table: Table) -> list[dict[str, Any]]:
    """All rows of a table, in the order of their keys."""
    with connected(url) as connection:
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]


def fill(url: str, run: str, firings: Iterable[Firing], state: State, now: datetime = NOW) -> None:
    """Rows of these firings, written at one go."""
    with connected(url) as connection:
        connection.execute(insert(tables.firings), [row_values(run, firing, now, state) for firing in firings])


@contextmanager
def counting() -> Iterator[list[tuple[str, Any]]]:
    """The statements that ledgers run meanwhile, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def for_children() -> dict[str, str]:
    """The environment of a process that imports the runner and these tests."""
    paths = (Path(runner.__file__).parents[1], Path(__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
