"""Claims of a group of firings, with one statement for each step. Functions over a transaction.

A run sends a firing only with a claim. A firing gets none if it is already claimed, fired, in doubt, recorded as
expired or settled, or if a budget has no room. A unique index refuses a second row of the firing that is claimed, fired
or in doubt.

Repeating. If a connection breaks, nobody knows whether a write arrived. So a request can be repeated with the same id:
the second time changes nothing and returns the same claim.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Integer, Text, and_, exists, or_, select
from sqlalchemy.types import TypeEngine

from runner.ledger.database import locks
from runner.ledger.database.tables import BLOCKING_ROWS, EXPIRED_ROWS, KEY, Instant, firings, watches
from runner.ledger.records import budget_use, other_occurrence_names, queries
from runner.ledger.records.firings import INSERT_UNLESS_THERE, row_values
from runner.ledger.records.row_lists import as_parameter, listed
from runner.ledger.values import Claim, ClaimRequest
from runner.plan.budget import HeldByBudget
from runner.plan.firing import Firing
from runner.plan.history import State

_COLUMNS: Mapping[str, type[TypeEngine[Any]]] = {
    "request": Text,
    "account": Text,
    "bulletin": Text,
    "occurrence": Text,
    "due_at": Instant,
    "expires_at": Instant,
    "recurs": Boolean,
    "revision": Integer,
    **other_occurrence_names.COLUMNS,
}


def scope(request: ClaimRequest) -> tuple[str, str]:
    """Return what only one claim of a group may have: its bulletin in its account, or an account with budgets.

    So the answer to a claim never depends on another claim of the same group.
    """
    account, bulletin, _ = request.firing.key
    return (account, "") if request.limits else (account, bulletin)


def claim(connection: Connection, run: str, requests: Sequence[ClaimRequest]) -> list[Claim | HeldByBudget | None]:
    """Claim firings for a run; return for each its claim, the budget that holds it back, or None.

    Each request must have a `scope` of its own.
    """
    locks.for_claims(connection, requests)
    held = {each.id: found for each in requests if (found := _held(connection, each)) is not None}
    within = [each for each in requests if each.id not in held]
    without = refused(connection, within)
    claimed = _insert(connection, run, [each for each in within if each.id not in without])
    claimed |= _claimed_before(connection, [each.id for each in requests if each.id not in claimed])
    blocked = {each.id for each in requests if each.id in held and _is_blocked(connection, each.firing)}
    return [
        Claim(each.id, each.firing.key) if each.id in claimed else held.get(each.id) if each.id not in blocked else None
        for each in requests
    ]


def _held(connection: Connection, request: ClaimRequest) -> HeldByBudget | None:
    return budget_use.held(connection, request.limits, request.now, request.id) if request.limits else None


def refused(connection: Connection, requests: Iterable[ClaimRequest]) -> set[str]:
    """Return the ids of requests whose firing was recorded as expired, is settled, or has another occurrence name."""
    rows = [_listed_row(each) for each in requests]
    if not rows:
        return set()
    found = connection.execute(_REFUSED[connection.dialect.name], as_parameter(_COLUMNS, rows))
    return set(found.scalars())


def _insert(connection: Connection, run: str, requests: Iterable[ClaimRequest]) -> set[str]:
    """Insert the rows of these claims, sorted by key; return the ids of those that no other row blocks."""
    rows = [
        row_values(run, each.firing, each.now, State.CLAIMED, each.id)
        for each in sorted(requests, key=lambda each: each.firing.key)
    ]
    if not rows:
        return set()
    return set(connection.execute(INSERT_UNLESS_THERE[connection.dialect.name][State.CLAIMED.value], rows).scalars())


def _claimed_before(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return the ids of claims that were written over a connection that broke before it confirmed the write."""
    return {
        found
        for chunk in queries.chunks(ids)
        for found in connection.execute(select(firings.c.id).where(firings.c.id.in_(chunk))).scalars()
    }


def _is_blocked(connection: Connection, firing: Firing) -> bool:
    same = [column == value for column, value in zip(KEY, firing.key, strict=True)]
    return connection.execute(select(firings.c.id).where(*same, BLOCKING_ROWS).limit(1)).first() is not None


def _listed_row(request: ClaimRequest) -> dict[str, Any]:
    firing = request.firing
    return {
        "request": request.id,
        **firing.key._asdict(),
        "due_at": firing.occurrence.due_at,
        "expires_at": firing.occurrence.expires_at,
        "recurs": firing.watch_key is not None,
        "revision": firing.bulletin.revision,
        **other_occurrence_names.columns_of(firing),
    }


def _refusing(dialect: str) -> Any:
    """Return the statement for the listed requests that get no claim.

    An expiry counts for a firing that can expire. If the firing does not recur, the end of its grace must be the same.
    A recurring firing is also settled if its due time is before that of its watch.
    """
    wanted = listed(dialect, _COLUMNS)
    same = (column == wanted.c[column.name] for column in KEY)
    is_same_window = or_(wanted.c.recurs, firings.c.expires_at == wanted.c.expires_at)
    is_settled = exists().where(
        *(watches.c[name] == wanted.c[name] for name in ("account", "bulletin", "revision")),
        wanted.c.recurs,
        wanted.c.due_at < watches.c.settled_until,
    )
    expired = or_(exists().where(*same, EXPIRED_ROWS, is_same_window), is_settled)
    return select(wanted.c.request).where(
        or_(and_(wanted.c.expires_at.is_not(None), expired), other_occurrence_names.is_held(wanted))
    )


# Built once, because building a statement costs more than running it.
_REFUSED = {dialect: _refusing(dialect) for dialect in ("sqlite", "postgresql")}
