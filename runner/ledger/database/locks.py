"""Locks between claims, expiries and new runs; each lasts until its transaction ends.

A firing must not be claimed by one run and recorded as expired by another at the same time, and no unique index
prevents that. Only PostgreSQL needs these locks: SQLite has one writer at a time. To avoid deadlocks, take them in this
order: budgets, accounts, bulletin, rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, String, bindparam, func, select

from runner.plan.firing import Firing

_EXPIRY = 0x62756C65  # "bule": first half of a lock key of our own, because other programs may use the database
_CLAIM = 0x62756C63  # "bulc"
_RUNS = 0x62756C72  # "bulr"
_NAME = bindparam("name", type_=String)
_BULLETIN = bindparam("bulletin", type_=String)
_KEEP_ACCOUNT = select(func.pg_advisory_xact_lock(_EXPIRY, func.hashtext(_NAME)))
_KEEP_BULLETIN = select(func.pg_advisory_xact_lock(_CLAIM, func.hashtext(_BULLETIN)))
_NUMBER_RUNS = select(func.pg_advisory_xact_lock(_RUNS, 0))
_SHARE_ACCOUNT = func.pg_advisory_xact_lock_shared(_EXPIRY, func.hashtext(_NAME))
_SHARE_AND_KEEP = select(_SHARE_ACCOUNT, *_KEEP_BULLETIN.selected_columns)  # one round trip for both locks


def for_claim(connection: Connection, firing: Firing) -> None:
    """Lock the bulletin, whose occurrence may have two names. If it can expire, block expiries in its account."""
    if connection.dialect.name != "postgresql":
        return
    expires = firing.occurrence.expires_at is not None
    names = {"name": firing.key.account, "bulletin": f"{firing.key.account}/{firing.key.bulletin}"}
    connection.execute(_SHARE_AND_KEEP if expires else _KEEP_BULLETIN, names)


def for_expiry(connection: Connection, accounts: Iterable[str]) -> None:
    """Block other expiries in these accounts, and claims of firings there that can expire."""
    if connection.dialect.name == "postgresql":
        for account in sorted(set(accounts)):
            connection.execute(_KEEP_ACCOUNT, {"name": account})


def for_run_numbers(connection: Connection) -> None:
    """Block other transactions that number a run, so that run numbers follow the order of commits."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NUMBER_RUNS)
