"""A ledger for each test: a SQLite file, and a schema of its own on PostgreSQL where a server can be started."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from new_ledger import make_ledger_file
from plan import NOW
from servers.postgres import PrivatePostgres
from sqlalchemy import Connection, create_engine
from sqlalchemy.schema import CreateSchema, DropSchema

from ledger import begin
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger

MANY_ROWS = 500


class LentLedger:
    """An empty ledger on PostgreSQL, lent to one test after another: making one takes longer than most tests do."""

    def __init__(self, server: PrivatePostgres) -> None:
        self._server = parse_url(server.url)
        self._engine = create_engine(self._server, pool_pre_ping=True)
        self._make()

    def _make(self) -> None:
        self._schema = f"lent_{uuid.uuid4().hex}"
        with self._engine.begin() as connection:
            connection.execute(CreateSchema(self._schema))
        url = self._server.update_query_dict({"options": f"-csearch_path={self._schema}"})
        self.url = url.render_as_string(hide_password=False)
        create(url, now=NOW, who="asha")
        with self._transaction() as connection:
            self._form = self._read_form(connection)
            self._row = connection.execute(tables.ledger.select()).mappings().one()

    def empty(self) -> None:
        """Deletes what a test left. Where it changed tables, or left very many rows, another ledger is made."""
        with self._transaction() as connection:
            is_spoilt = self._read_form(connection) != self._form
            if not is_spoilt:
                ordered = reversed(tables.metadata.sorted_tables)
                deleted = sum(connection.execute(table.delete()).rowcount for table in ordered)
                connection.execute(tables.ledger.insert().values(**self._row))
                is_spoilt = deleted > MANY_ROWS  # the server keeps their room for a while, and looks through it
        if is_spoilt:
            self.drop()
            self._make()

    def drop(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(DropSchema(self._schema, cascade=True))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL search_path = {self._schema}")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")  # a test that left a transaction open fails
            yield connection

    def _read_form(self, connection: Connection) -> list[str]:
        """The columns, indexes and constraints of its tables."""
        statement = f"""
            SELECT concat_ws(' ', c.relname, a.attname, a.atttypid, a.attnotnull) FROM pg_attribute a
                JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = '{self._schema}'::regnamespace AND a.attnum > 0
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = '{self._schema}'
            UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
                WHERE connamespace = '{self._schema}'::regnamespace
        """
        return sorted(connection.exec_driver_sql(statement).scalars())


@pytest.fixture(scope="session")
def lent_ledger(private_postgres: PrivatePostgres) -> Iterator[LentLedger]:
    """The ledger that is lent."""
    lent = LentLedger(private_postgres)
    yield lent
    lent.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place of a ledger: not made yet, or that of the fixture `ledger` where the test has it."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.sqlite3")
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")
    if "ledger" in request.fixturenames:
        lent: LentLedger = request.getfixturevalue("lent_ledger")
        yield lent.url
        lent.empty()
        return
    url = parse_url(server.url)
    engine = create_engine(url)
    schema = f"test_{uuid.uuid4().hex}"
    try:
        with engine.begin() as connection:
            connection.execute(CreateSchema(schema))
        own = url.update_query_dict({"options": f"-csearch_path={schema}"})
        yield own.render_as_string(hide_password=False)
        with engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True))
    finally:
        engine.dispose()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """A ledger that is a SQLite file."""
    path = tmp_path / "ledger.sqlite3"
    make_ledger_file(path, now=NOW, who="asha")
    return path


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger, open."""
    url = parse_url(ledger_url)
    if url.drivername == "sqlite":
        make_ledger_file(Path(ledger_url), now=NOW, who="asha")
    with Ledger(url) as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger) -> str:
    """A run on that ledger that began at NOW."""
    return begin(ledger)
