"""Fixtures for tests that need a database server: one cluster a session, an empty database a test.

Where no server is installed the tests are skipped; with BULLETINS_TEST_SERVICES=required they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from servers.pgbouncer import PgBouncer
from servers.postgres import PrivatePostgres
from servers.unprivileged import ServerMissingError

_REQUIRED = os.environ.get("BULLETINS_TEST_SERVICES") == "required"  # read at once: the tests' environment is emptied


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL cluster for the session. Tests may stop it: `postgres` starts it again."""
    try:
        cluster = PrivatePostgres(in_memory=True)
    except ServerMissingError as error:
        _do_without(error)
    with cluster:
        yield cluster


@pytest.fixture
def postgres(private_postgres: PrivatePostgres) -> PrivatePostgres:
    """The session's PostgreSQL cluster, running."""
    private_postgres.start()
    return private_postgres


@pytest.fixture
def postgres_url(postgres: PrivatePostgres) -> str:
    """The URL of an empty database."""
    return postgres.new_database()


@pytest.fixture
def pgbouncer(postgres: PrivatePostgres) -> Iterator[PgBouncer]:
    """A pooler before that cluster."""
    try:
        pooler = PgBouncer(postgres)
    except ServerMissingError as error:
        _do_without(error)
    with pooler:
        yield pooler


@pytest.fixture
def pgbouncer_url(pgbouncer: PgBouncer, postgres_url: str) -> str:
    """The URL of an empty database, through the pooler."""
    return pgbouncer.url_through(postgres_url)


def _do_without(error: ServerMissingError) -> NoReturn:
    if _REQUIRED:
        pytest.fail(f"BULLETINS_TEST_SERVICES=required, and {error}", pytrace=False)
    pytest.skip(str(error))
