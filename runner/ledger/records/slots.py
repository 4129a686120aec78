"""Slots: the right to have one request in flight in an account, shared by all runs. Functions over a transaction.

A slot is leased to a run and shares the lease of that run. It is free if it has no row, or if its run is over. `now`
is the ledger's time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, exists, func, literal, or_, select, union_all

from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import firings, runs, slots
from runner.ledger.records.runs import Now, is_live, is_over
from runner.plan.history import State

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: ByDialect[sqlite.Insert | postgresql.Insert] = ByDialect(lambda dialect: dialect.insert(slots))


def free(connection: Connection, run: str, account: str, limit: int, now: Now) -> list[int]:
    """Return the slot numbers from 1 to `limit` that no other live run holds."""
    statement = select(slots.c.number).join(runs, runs.c.id == slots.c.run)
    of_others = (slots.c.account == account, slots.c.run != run, is_live(now))
    busy = set(connection.execute(statement.where(*of_others)).scalars())
    return [number for number in range(1, limit + 1) if number not in busy]


def take(connection: Connection, run: str, account: str, number: int, now: Now) -> bool:
    """Lease a slot to a run. False if another run took it first."""
    values = {"account": account, "number": number, "run": run, "taken_at": now}
    inserted = _INSERTS[connection.dialect.name]
    # Not "holder is not live": this statement can't see a run that began while it waited for the row lock.
    holder_is_over = exists().where(runs.c.id == slots.c.run, is_over(now))
    statement = inserted.on_conflict_do_update(
        index_elements=[slots.c.account, slots.c.number],
        set_={"run": inserted.excluded.run, "taken_at": inserted.excluded.taken_at},
        where=or_(slots.c.run == run, holder_is_over),
    )
    return connection.execute(statement.values(values).returning(slots.c.number)).first() is not None


def give_back(connection: Connection, run: str, account: str, numbers: Iterable[int]) -> None:
    """Free slots that a run holds. Slots that another run took over are kept."""
    mine = (slots.c.run == run, slots.c.account == account, slots.c.number.in_(list(numbers)))
    connection.execute(delete(slots).where(*mine))


def held_by(connection: Connection, run: str, account: str) -> list[int]:
    """Return the numbers of an account's slots that a run holds."""
    statement = select(slots.c.number).where(slots.c.run == run, slots.c.account == account)
    return list(connection.execute(statement.order_by(slots.c.number)).scalars())


def demand(connection: Connection, account: str, now: Now) -> dict[str, int]:
    """Return how many slots each live run holds in the account, including 0 for a run that has only claims."""
    holding = select(slots.c.run, func.count().label("held")).join(runs, runs.c.id == slots.c.run)
    claiming = select(firings.c.run, literal(0).label("held")).join(runs, runs.c.id == firings.c.run)
    parts = (
        holding.where(slots.c.account == account, is_live(now)).group_by(slots.c.run),
        claiming.where(firings.c.state == State.CLAIMED.value, firings.c.account == account, is_live(now)).distinct(),
    )
    found: dict[str, int] = {}
    for row in connection.execute(union_all(*parts)):
        found[row.run] = found.get(row.run, 0) + row.held
    return found
