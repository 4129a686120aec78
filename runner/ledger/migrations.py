"""The way from older tables to the present ones: one function for each version, run in one transaction.

Each says in SQL of both databases what its version was, and stays as it is whatever the tables become later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, select, update

from runner.ledger import tables

Migration = Callable[[Connection], None]


def _slots_and_sweepers(connection: Connection) -> None:
    for statement in (
        """CREATE TABLE slots (
            account TEXT NOT NULL, number INTEGER NOT NULL, run VARCHAR(26) NOT NULL, taken_at VARCHAR(27) NOT NULL,
            PRIMARY KEY (account, number), FOREIGN KEY(run) REFERENCES runs (id))""",
        "CREATE INDEX slots_by_run ON slots (run)",
        "ALTER TABLE firings ADD COLUMN swept_by VARCHAR(26)",
        "DROP INDEX firings_by_bulletin",
        "CREATE INDEX firings_by_bulletin ON firings (bulletin, occurrence, account)",
    ):
        connection.exec_driver_sql(statement)


# version -> what makes that version's tables out of those of the version before. Version 1 was the first.
MIGRATIONS: Mapping[int, Migration] = {2: _slots_and_sweepers}


def migrate(connection: Connection, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Brings the tables up to the newest version that `migrations` leads to, in the caller's transaction."""
    # Held to the end on PostgreSQL, as the transaction itself is on SQLite: of two programs, one migrates.
    version = connection.execute(select(tables.ledger.c.version).with_for_update()).scalar_one()
    for target in sorted(target for target in migrations if target > version):
        migrations[target](connection)
        connection.execute(update(tables.ledger).values(version=target))
