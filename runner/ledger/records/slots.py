"""Slots: the right to have one request in flight in an account, shared by all runs. Functions over a transaction.

A slot is leased to a run and shares the lease of that run. It is free if it has no row, or if its run is over. `now`
is the ledger's time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Integer, Text, delete, exists, literal, or_, select, tuple_
from sqlalchemy.types import TypeEngine

from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import firings, runs, slots
from runner.ledger.records.queries import chunks
from runner.ledger.records.row_lists import as_parameter, listed
from runner.ledger.records.runs import Now, is_live, is_over
from runner.ledger.values import SlotRequest
from runner.plan.history import State

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_COLUMNS: Mapping[str, type[TypeEngine[Any]]] = {"account": Text, "number": Integer}
_INSERTS: ByDialect[sqlite.Insert | postgresql.Insert] = ByDialect(lambda dialect: dialect.insert(slots))


def free(connection: Connection, run: str, wanted: Iterable[SlotRequest], now: Now) -> list[tuple[str, int]]:
    """Return as many free slots as each request wants, sorted: those that no other live run holds."""
    requests = {each.account: each for each in wanted}
    busy = {(account, number) for account, number, holder in _held(connection, requests, now) if holder != run}
    found: list[tuple[str, int]] = []
    for account, each in sorted(requests.items()):
        numbers = (number for number in range(1, each.limit + 1) if number not in each.held)
        found += islice(((account, number) for number in numbers if (account, number) not in busy), each.wanted)
    return found


def _held(connection: Connection, accounts: Iterable[str], now: Now) -> Iterator[tuple[str, int, str]]:
    """Yield the account, the number and the run of each slot that a live run holds."""
    held = select(slots.c.account, slots.c.number, slots.c.run).join(runs, runs.c.id == slots.c.run)
    for chunk in chunks(accounts):
        for row in connection.execute(held.where(slots.c.account.in_(chunk), is_live(now))):
            yield row.account, row.number, row.run


def take(connection: Connection, run: str, numbers: Iterable[tuple[str, int]], now: Now) -> list[tuple[str, int]]:
    """Lease these slots to a run; return those that no other run took first."""
    dialect = connection.dialect.name
    wanted = listed(dialect, _COLUMNS)
    # In order, because another run may be taking or giving back several of them. SQLite needs the condition.
    rows = select(wanted.c.account, wanted.c.number, literal(run), now).where(wanted.c.number > 0)
    inserted = _INSERTS[dialect].from_select(
        ["account", "number", "run", "taken_at"], rows.order_by(wanted.c.account, wanted.c.number)
    )
    # Not "holder is not live": this statement can't see a run that began while it waited for the row lock.
    holder_is_over = exists().where(runs.c.id == slots.c.run, is_over(now))
    statement = inserted.on_conflict_do_update(
        index_elements=[slots.c.account, slots.c.number],
        set_={"run": inserted.excluded.run, "taken_at": inserted.excluded.taken_at},
        where=or_(slots.c.run == run, holder_is_over),
    ).returning(slots.c.account, slots.c.number)
    listed_rows = as_parameter(_COLUMNS, ({"account": account, "number": number} for account, number in numbers))
    return [(row.account, row.number) for row in connection.execute(statement, listed_rows)]


def give_back(connection: Connection, run: str, numbers: Mapping[str, Collection[int]]) -> None:
    """Free slots that a run holds. Slots that another run took over are kept."""
    mine = select(slots.c.account, slots.c.number).where(slots.c.run == run)
    # Locked in order, because another run may be taking several of them.
    held = connection.execute(mine.order_by(slots.c.account, slots.c.number).with_for_update()).all()
    freed = [tuple(row) for row in held if row.number in numbers.get(row.account, ())]
    for chunk in chunks(freed):
        connection.execute(delete(slots).where(slots.c.run == run, tuple_(slots.c.account, slots.c.number).in_(chunk)))


def held_by(connection: Connection, run: str) -> dict[str, list[int]]:
    """Return the numbers of the slots that a run holds, by account."""
    found: dict[str, list[int]] = {}
    mine = select(slots.c.account, slots.c.number).where(slots.c.run == run)
    for account, number in connection.execute(mine.order_by(slots.c.account, slots.c.number)):
        found.setdefault(account, []).append(number)
    return found


def demand(connection: Connection, accounts: Iterable[str], now: Now) -> dict[str, dict[str, int]]:
    """Return how many slots each live run holds in each account, including 0 for a run that has only claims."""
    wanted = sorted(set(accounts))
    found: dict[str, dict[str, int]] = {account: {} for account in wanted}
    for account, _, holder in _held(connection, wanted, now):
        found[account][holder] = found[account].get(holder, 0) + 1
    claiming = select(firings.c.account, firings.c.run).join(runs, runs.c.id == firings.c.run)
    claimed = claiming.where(firings.c.state == State.CLAIMED.value, is_live(now)).distinct()
    for chunk in chunks(wanted):
        for account, holder in connection.execute(claimed.where(firings.c.account.in_(chunk))):
            found[account].setdefault(holder, 0)
    return found
