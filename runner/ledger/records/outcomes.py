"""Outcomes of a group of claimed firings, with one statement for each step. Functions over a transaction.

A claim ends when its outcome is recorded. A person's decision about the firing is never overwritten.

Repeating. If a connection breaks, nobody knows whether a write arrived. So an outcome can be recorded again with the
same time: the second time changes nothing and returns the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Integer, Text, and_, case, or_, select, update
from sqlalchemy.types import TypeEngine

from runner.ledger.database import locks
from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import Instant, Prose, attempts, firings
from runner.ledger.records.firings import IS_RESOLVED, expire
from runner.ledger.records.row_lists import as_parameter, listed
from runner.ledger.values import Attempt, Claim, OutcomeRecord
from runner.plan.history import State

_COLUMNS: Mapping[str, type[TypeEngine[Any]]] = {
    "claim": Text,
    "state": Text,
    "settled_at": Instant,
    "reason": Prose,
    "http_status": Integer,
    "error": Prose,
    "bulletins_sent": Integer,
}
_INSERT_ATTEMPTS = ByDialect(
    lambda dialect: (
        dialect.insert(attempts)
        .on_conflict_do_nothing(index_elements=[attempts.c.firing, attempts.c.number])
        .returning(attempts.c.number)  # with it, all rows go into one statement
    )
)


def settle(connection: Connection, run: str, outcomes: Sequence[OutcomeRecord]) -> list[bool]:
    """Record how claimed firings ended, and their attempts. False for each that a person resolved meanwhile.

    The attempts are recorded in any case. Each claim must be different.
    """
    expired = [each.expired for each in outcomes if each.expired is not None]
    if expired:
        locks.for_expiry(connection, (firing.key.account for firing in expired))  # before the rows
    if len(outcomes) > 1 and connection.dialect.name == "postgresql":
        ids = sorted(each.claim.id for each in outcomes)
        in_order = select(firings.c.id).where(firings.c.id.in_(ids)).order_by(firings.c.id).with_for_update()
        connection.execute(in_order)
    statement = _RECORD[connection.dialect.name]
    rows = as_parameter(_COLUMNS, (_listed_row(each) for each in outcomes))
    recorded = set(connection.execute(statement, rows).scalars())
    made = [_attempt_row(each.claim, attempt) for each in outcomes for attempt in each.settlement.attempts]
    if made:
        connection.execute(_INSERT_ATTEMPTS[connection.dialect.name], made)
    for each in outcomes:
        if each.expired is not None and each.claim.id in recorded:
            expire(connection, run, [each.expired], each.now)
    return [each.claim.id in recorded for each in outcomes]


def _listed_row(outcome: OutcomeRecord) -> dict[str, Any]:
    settlement = outcome.settlement
    return {
        "claim": outcome.claim.id,
        "state": settlement.state.value,
        "settled_at": outcome.now,
        "reason": settlement.reason,
        "http_status": settlement.http_status,
        "error": settlement.error,
        "bulletins_sent": settlement.bulletins_sent,
    }


def _attempt_row(claimed: Claim, attempt: Attempt) -> dict[str, Any]:
    names = ("number", "started_at", "latency_ms", "verdict", "http_status", "answer", "error")
    return {"firing": claimed.id, **{name: getattr(attempt, name) for name in names}}


def _recording(dialect: str) -> Any:
    ended = listed(dialect, _COLUMNS)
    return (
        update(firings)
        .where(
            firings.c.id == ended.c.claim,
            or_(
                firings.c.state.in_([State.CLAIMED.value, State.IN_DOUBT.value]),
                # Already written, over a connection that broke before it confirmed the write.
                and_(firings.c.state == ended.c.state, firings.c.settled_at == ended.c.settled_at),
            ),
            ~IS_RESOLVED,
        )
        .values({name: ended.c[name] for name in _COLUMNS if name != "claim"})
        .values(reporter=case((ended.c.state == State.IN_DOUBT.value, firings.c.run), else_=None))
        .returning(firings.c.id)
    )


_RECORD = {dialect: _recording(dialect) for dialect in ("sqlite", "postgresql")}
