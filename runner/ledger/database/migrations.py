"""Migrations: upgrade older tables of a ledger to the present version, all in one transaction.

Each version has one function. It is written in SQL for both databases and never changes, whatever tables come later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection, bindparam, select, text, update

from runner.ledger.database import tables

Migration = Callable[[Connection], None]
_PIECE = 500  # rows that are read together


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


def _events_and_watches(connection: Connection) -> None:
    for statement in (
        """CREATE TABLE watches (
            account TEXT NOT NULL, bulletin TEXT NOT NULL, revision INTEGER NOT NULL,
            settled_until VARCHAR(27) NOT NULL, looked_at VARCHAR(27) NOT NULL, times TEXT NOT NULL,
            PRIMARY KEY (account, bulletin, revision))""",
        "ALTER TABLE firings ADD COLUMN business_event TEXT DEFAULT '' NOT NULL",
    ):
        connection.exec_driver_sql(statement)
    rows = text("SELECT id, payload FROM firings WHERE id > :after ORDER BY id LIMIT :piece")
    fill = text("UPDATE firings SET business_event = :event WHERE id IN :ids").bindparams(
        bindparam("ids", expanding=True)
    )
    after = ""
    while found := connection.execute(rows, {"after": after, "piece": _PIECE}).all():
        after = found[-1].id
        for event, ids in _by_event((row.id, row.payload) for row in found).items():
            connection.execute(fill, {"event": event, "ids": ids})
    connection.exec_driver_sql(
        "CREATE INDEX firings_spent ON firings (account, claimed_at, business_event)"
        " WHERE state IN ('claimed', 'fired', 'in_doubt')"
    )


def _local_times(connection: Connection) -> None:
    """Add local due times. Existing rows keep none, because the ledger does not hold their schedules."""
    connection.exec_driver_sql("ALTER TABLE firings ADD COLUMN local_due VARCHAR(16)")
    connection.exec_driver_sql(
        "CREATE INDEX firings_by_local_due ON firings (bulletin, local_due, account) WHERE local_due IS NOT NULL"
    )


def _run_numbers_and_acceptances(connection: Connection) -> None:
    for statement in (
        "ALTER TABLE runs ADD COLUMN number INTEGER DEFAULT 0 NOT NULL",
        """UPDATE runs SET number = ordered.number
            FROM (SELECT id, row_number() OVER (ORDER BY started_at, id) AS number FROM runs) AS ordered
            WHERE ordered.id = runs.id""",
        "CREATE UNIQUE INDEX runs_by_number ON runs (number)",
        """CREATE TABLE acceptances (
            id VARCHAR(26) NOT NULL, ledger TEXT NOT NULL, run TEXT NOT NULL, number INTEGER NOT NULL,
            claims INTEGER NOT NULL, at VARCHAR(27) NOT NULL, who TEXT NOT NULL, host TEXT NOT NULL, note TEXT NOT NULL,
            PRIMARY KEY (id))""",
    ):
        connection.exec_driver_sql(statement)


def _by_event(rows: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row_id, payload in rows:
        if event := event_of(payload):
            found.setdefault(event, []).append(row_id)
    return found


def event_of(payload: str) -> str:
    """Return the business event in the body of a request, as stored from version 3 on; empty if there is none."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return ""
    event = value.get("business_event") if isinstance(value, dict) else None
    return event.replace("\0", "\ufffd").encode("utf-8", "replace").decode() if isinstance(event, str) else ""


def _reporters(connection: Connection) -> None:
    """Add reporters. Existing rows get none and so count as reported: an upgrade reports nothing old again."""
    for statement in (
        "ALTER TABLE firings ADD COLUMN reporter VARCHAR(26)",
        "ALTER TABLE firings ADD COLUMN reported_at VARCHAR(27)",
        "CREATE INDEX firings_unreported ON firings (reporter) WHERE reporter IS NOT NULL AND reported_at IS NULL",
    ):
        connection.exec_driver_sql(statement)


def _run_reports(connection: Connection) -> None:
    """Add the reports of runs. Existing runs get none: their reports are made from their firings."""
    for statement in (
        "ALTER TABLE runs ADD COLUMN summary TEXT",
        "ALTER TABLE runs ADD COLUMN entries VARCHAR(71)",
        "CREATE TABLE report_entries (id VARCHAR(71) NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (id))",
    ):
        connection.exec_driver_sql(statement)


def _version_4(connection: Connection) -> None:
    _run_numbers_and_acceptances(connection)
    _local_times(connection)
    _reporters(connection)
    _run_reports(connection)


# Version -> the function that upgrades the tables from the version before. Version 1 was the first.
MIGRATIONS: Mapping[int, Migration] = {2: _slots_and_sweepers, 3: _events_and_watches, 4: _version_4}


def migrate(connection: Connection, migrations: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Upgrade the tables to the newest version in `migrations`, in the caller's transaction."""
    # The row lock lasts to the end of the transaction: of two programs, only one migrates.
    version = connection.execute(select(tables.ledger.c.version).with_for_update()).scalar_one()
    for target in sorted(target for target in migrations if target > version):
        migrations[target](connection)
        connection.execute(update(tables.ledger).values(version=target))
