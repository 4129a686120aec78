"""The slots of accounts: how many requests may be in flight over all runs, leased with the run that holds them.

A slot is a row, and free where there is none or its run is over. Functions over a transaction; `now` is the
ledger's time.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from runner.ledger.database.tables import firings, runs, slots
from runner.ledger.records.runs import Now, is_live, is_over
from runner.plan.history import State

_INSERTS: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(slots),
    "postgresql": postgresql.insert(slots),
}


def free(connection: Connection, run: str, account: str, limit: int, now: Now) -> list[int]:
    """The numbers from 1 to `limit` that no other live run holds."""
    statement = select(slots.c.number).join(runs, runs.c.id == slots.c.run)
    of_others = (slots.c.account == account, slots.c.run != run, is_live(now))
    busy = set(connection.execute(statement.where(*of_others)).scalars())
    return [number for number in range(1, limit + 1) if number not in busy]


def take(connection: Connection, run: str, account: str, number: int, now: Now) -> bool:
    """Leases a slot to a run; False where another was quicker."""
    values = {"account": account, "number": number, "run": run, "taken_at": now}
    inserted = _INSERTS[connection.dialect.name]
    # Not "is not live": a run that began while this statement waited for the row is not seen by it at all.
    holder_is_over = exists().where(runs.c.id == slots.c.run, is_over(now))
    statement = inserted.on_conflict_do_update(
        index_elements=[slots.c.account, slots.c.number],
        set_={"run": inserted.excluded.run, "taken_at": inserted.excluded.taken_at},
        where=or_(slots.c.run == run, holder_is_over),
    )
    return connection.execute(statement.values(values).returning(slots.c.number)).first() is not None


def give_back(connection: Connection, run: str, account: str, numbers: Iterable[int]) -> None:
    """Frees slots that a run holds; those that another took over stay."""
    mine = (slots.c.run == run, slots.c.account == account, slots.c.number.in_(list(numbers)))
    connection.execute(delete(slots).where(*mine))


def held_by(connection: Connection, run: str, account: str) -> list[int]:
    """The numbers of an account's slots that a run holds."""
    statement = select(slots.c.number).where(slots.c.run == run, slots.c.account == account)
    return list(connection.execute(statement.order_by(slots.c.number)).scalars())


def demand(connection: Connection, account: str, now: Now) -> dict[str, int]:
    """How many slots each live run holds, of those that have one or hold a claim that waits for one."""
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
