"""The locks between those who claim and those who tell what expired, each until its transaction ends.

PostgreSQL alone needs them: on SQLite a transaction that writes has kept out all others from its beginning. No index
knows of both, so neither would wait for the other. Whoever takes several takes them in this order: that of budgets,
those of accounts, that of a bulletin, and only then rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, String, bindparam, func, select

from runner.plan.firing import Firing

_EXPIRY = 0x62756C65  # "bule" and "bulc": the first halves of their keys, for other programs may use the database
_CLAIM = 0x62756C63
_RUNS = 0x62756C72  # "bulr"
_NAME = bindparam("name", type_=String)
_BULLETIN = bindparam("bulletin", type_=String)
_KEEP_ACCOUNT = select(func.pg_advisory_xact_lock(_EXPIRY, func.hashtext(_NAME)))
_KEEP_BULLETIN = select(func.pg_advisory_xact_lock(_CLAIM, func.hashtext(_BULLETIN)))
_NUMBER_RUNS = select(func.pg_advisory_xact_lock(_RUNS, 0))
_SHARE_ACCOUNT = func.pg_advisory_xact_lock_shared(_EXPIRY, func.hashtext(_NAME))
_SHARE_AND_KEEP = select(_SHARE_ACCOUNT, *_KEEP_BULLETIN.selected_columns)  # the server is asked once


def for_claim(connection: Connection, firing: Firing) -> None:
    """Keeps the bulletin, whose firing may have two names; nobody tells what can expire as expired meanwhile."""
    if connection.dialect.name != "postgresql":
        return
    expires = firing.occurrence.expires_at is not None
    names = {"name": firing.key.account, "bulletin": f"{firing.key.account}/{firing.key.bulletin}"}
    connection.execute(_SHARE_AND_KEEP if expires else _KEEP_BULLETIN, names)


def for_expiry(connection: Connection, accounts: Iterable[str]) -> None:
    """Nobody claims what can expire in these accounts meanwhile, or tells of it."""
    if connection.dialect.name == "postgresql":
        for account in sorted(set(accounts)):
            connection.execute(_KEEP_ACCOUNT, {"name": account})


def for_run_numbers(connection: Connection) -> None:
    """Until this transaction ends, no other one gives a number to a run: numbers follow the order of commits."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NUMBER_RUNS)
