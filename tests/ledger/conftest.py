"""A ledger for each test: a SQLite file, and a schema of its own on PostgreSQL where a server can be started."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from plan import NOW
from servers.postgres import PrivatePostgres
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema, DropSchema

from ledger import begin
from runner.ledger.database.connect import create, parse_url
from runner.ledger.ledger import Ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place of a ledger that is not made yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.sqlite3")
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")
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
    create(parse_url(str(path)), now=NOW, who="asha")
    return path


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A new ledger, open."""
    url = parse_url(ledger_url)
    create(url, now=NOW, who="asha")
    with Ledger(url) as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger) -> str:
    """A run on that ledger that began at NOW."""
    return begin(ledger)
