"""The way from older tables to the present ones: one function for each version, run in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, select, update

from runner.ledger import tables

Migration = Callable[[Connection], None]

# version -> what makes that version's tables out of those of the version before. Version 1 was the first.
MIGRATIONS: Mapping[int, Migration] = {}


def migrate(connection: Connection, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Brings the tables up to the newest version that `migrations` leads to, in the caller's transaction."""
    # Held to the end on PostgreSQL, as the transaction itself is on SQLite: of two programs, one migrates.
    version = connection.execute(select(tables.ledger.c.version).with_for_update()).scalar_one()
    for target in sorted(target for target in migrations if target > version):
        migrations[target](connection)
        connection.execute(update(tables.ledger).values(version=target))
