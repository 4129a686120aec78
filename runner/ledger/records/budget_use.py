"""The use of budgets: which firings count, and whether there is room for one more claim. Functions over a transaction.

Firings that are claimed, fired or in doubt count from the time of their claim. A claim that is given back, or certainly
was not sent, no longer counts. Firings recorded by `ledger baseline` were sent by other means and never count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, bindparam, exists, select

from runner.ledger.database.tables import BLOCKING_ROWS, Instant, firings, runs
from runner.ledger.records.runs import BASELINE
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.history import Spent

_LOOK_BACK = timedelta(hours=48)  # a day's window that ends up to a day ago, when a firing expired
_COUNTED = (BLOCKING_ROWS, ~exists().where(runs.c.id == firings.c.run, runs.c.command == BASELINE))


def held(connection: Connection, of: tuple[Limit, ...], now: datetime, claim_id: str) -> HeldByBudget | None:
    """Return the limit without room that lasts longest, or None. An earlier try of the same claim does not count.

    The caller must have locked the budgets of the account, so that the count stays true.
    """
    # Clocks differ, so claims may be later than now: no window that contains a claim at `now` may hold too many.
    since = {f"since_{number}": now - limit.window for number, limit in enumerate(of)}
    before = {f"before_{number}": now + limit.window for number, limit in enumerate(of)}
    found = connection.execute(_freeing(of), {**since, **before, "claim": claim_id}).one()
    reached = [HeldByBudget(limit, at + limit.window) for limit, at in zip(of, found, strict=True) if at is not None]
    return max(reached, key=lambda each: each.until, default=None)


@lru_cache(maxsize=256)
def _freeing(of: tuple[Limit, ...]) -> Select[Any]:
    return select(*(_freeing_one(number, limit) for number, limit in enumerate(of)))


def _freeing_one(number: int, limit: Limit) -> ScalarSelect[Any]:
    """Return a query for the time of the claim that must leave the window before there is room; empty if there is."""
    rows = select(firings.c.claimed_at).where(
        firings.c.account == limit.account,
        firings.c.claimed_at > bindparam(f"since_{number}", type_=Instant),
        firings.c.claimed_at < bindparam(f"before_{number}", type_=Instant),
        *_COUNTED,
    )
    if limit.event is not None:
        rows = rows.where(firings.c.business_event == limit.event)
    rows = rows.where(firings.c.id != bindparam("claim"))
    return rows.order_by(firings.c.claimed_at.desc()).offset(limit.count - 1).limit(1).scalar_subquery()


def spent(connection: Connection, accounts: Iterable[str], now: datetime) -> dict[str, tuple[Spent, ...]]:
    """Return for each account the firings of the 48 hours before `now` that count against budgets."""
    found = {}
    for account in sorted(accounts):
        rows = select(firings.c.claimed_at, firings.c.business_event).where(
            firings.c.account == account, firings.c.claimed_at > now - _LOOK_BACK, *_COUNTED
        )
        found[account] = tuple(Spent(*row) for row in connection.execute(rows.order_by(firings.c.claimed_at)))
    return found
