"""Locks between claims, expiries and new runs; each lasts until its transaction ends.

A firing must not be claimed by one run and recorded as expired by another at the same time, and no unique index
prevents that. Only PostgreSQL needs these locks: SQLite has one writer at a time.

The rule against deadlocks: a transaction takes its locks by kind, and each kind sorted by key: budgets, accounts,
bulletins, then rows. So of two transactions that need the same locks, one waits and never holds what the other needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select, text

from runner.ledger.values import ClaimRequest

# First halves of lock keys of our own, because other programs may use the database.
_BUDGET = 0x62756467  # "budg"
_EXPIRY = 0x62756C65  # "bule"
_CLAIM = 0x62756C63  # "bulc"
_RUNS = 0x62756C72  # "bulr"
_NUMBER_RUNS = select(func.pg_advisory_xact_lock(_RUNS, 0))
# Two names may have one key, so the keys are sorted, not the names. The rows of a sorted subquery keep their order.
_TAKE = text(
    """SELECT CASE WHEN is_shared THEN CAST(pg_advisory_xact_lock_shared(kind, key) AS text)
                   ELSE CAST(pg_advisory_xact_lock(kind, key) AS text) END
       FROM (SELECT DISTINCT rank, kind, hashtext(name) AS key, is_shared
             FROM json_to_recordset(CAST(:wanted AS json))
                  AS wanted(rank integer, kind integer, name text, is_shared boolean)
             ORDER BY rank, key) AS sorted"""
)


def for_claims(connection: Connection, requests: Sequence[ClaimRequest]) -> None:
    """Lock what these claims need, in one round trip.

    Budgets: other claims that are charged to the account must wait, so that the count stays true. Accounts, shared:
    nothing may expire there meanwhile. Bulletins: an occurrence may have two names.
    """
    if connection.dialect.name != "postgresql":
        return
    keys = [each.firing.key for each in requests]
    budgets = {each.firing.key.account for each in requests if each.limits}
    accounts = {each.firing.key.account for each in requests if each.firing.occurrence.expires_at is not None}
    bulletins = {f"{key.account}/{key.bulletin}" for key in keys}
    wanted = (
        *((1, _BUDGET, name, False) for name in budgets),
        *((2, _EXPIRY, name, True) for name in accounts),
        *((3, _CLAIM, name, False) for name in bulletins),
    )
    _take(connection, wanted)


def for_expiry(connection: Connection, accounts: Iterable[str]) -> None:
    """Block other expiries in these accounts, and claims of firings there that can expire."""
    if connection.dialect.name == "postgresql":
        _take(connection, [(2, _EXPIRY, name, False) for name in set(accounts)])


def _take(connection: Connection, wanted: Sequence[tuple[int, int, str, bool]]) -> None:
    names = ("rank", "kind", "name", "is_shared")
    if wanted:
        connection.execute(_TAKE, {"wanted": json.dumps([dict(zip(names, each, strict=True)) for each in wanted])})


def for_run_numbers(connection: Connection) -> None:
    """Block other transactions that number a run, so that run numbers follow the order of commits."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NUMBER_RUNS)
