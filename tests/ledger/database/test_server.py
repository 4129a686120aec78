"""What a ledger needs of a PostgreSQL server: UTF-8, whatever the environment, the role and the database ask for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from plan import NOW, make_firing
from refusals import refused
from servers.postgres import PrivatePostgres
from sqlalchemy import create_engine, text

from ledger import begin, claim_one
from runner.errors import ErrorCode, Exit
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger, import_into

NAME = "नमस्ते 🎉 \u20ac"
Administer = Callable[[str], None]


@pytest.fixture
def administer(postgres: PrivatePostgres) -> Iterator[Administer]:
    """Runs a statement as the server's superuser."""
    engine = create_engine(parse_url(postgres.url), isolation_level="AUTOCOMMIT")

    def run(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement))

    yield run
    engine.dispose()


def sent_and_read_again(url: str) -> str:
    """Creates a ledger, claims a firing with a name of many scripts, and reads the name from the ledger."""
    create(parse_url(url), now=NOW, who="आशा")
    with Ledger(parse_url(url)) as ledger:
        assert claim_one(ledger, begin(ledger), make_firing(name=NAME), NOW)
    with Ledger(parse_url(url)) as again:
        assert again.describe().created_by == "आशा"
        (row,) = again.rows()
    return row.payload


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_the_environment_does_not_change_the_encoding(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    monkeypatch.setenv("PGOPTIONS", f"-c client_encoding={encoding}")
    assert NAME in sent_and_read_again(postgres_url)


@pytest.mark.parametrize("what", ["DATABASE {database}", "ROLE bulletins IN DATABASE {database}"])
def test_the_settings_of_the_database_and_the_role_do_not_change_the_encoding(
    postgres_url: str, administer: Administer, what: str
) -> None:
    database = parse_url(postgres_url).database
    administer(f"ALTER {what.format(database=database)} SET client_encoding = 'LATIN1'")
    assert NAME in sent_and_read_again(postgres_url)


@pytest.mark.parametrize("query", ["client_encoding=LATIN1", "options=-cclient_encoding%3DLATIN1"])
def test_the_url_of_the_ledger_does_not_change_the_encoding(postgres_url: str, query: str) -> None:
    assert NAME in sent_and_read_again(f"{postgres_url}?{query}")


def test_a_pooler_takes_the_encoding(pgbouncer_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert NAME in sent_and_read_again(pgbouncer_url)


@pytest.mark.parametrize("name", ["ledger_{id}", 'Old "ledger" {id}'])
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "WIN1252", "EUC_JP"])
def test_a_database_of_another_encoding_is_refused_with_the_statement_that_creates_one(
    postgres: PrivatePostgres, administer: Administer, encoding: str, name: str
) -> None:
    name = name.format(id=uuid.uuid4().hex[:8])
    quoted = '"' + name.replace('"', '""') + '"'
    administer(f"CREATE DATABASE {quoted} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    url = parse_url(postgres.url).set(database=name)
    exported = _export(postgres.new_database())
    for attempt in (
        lambda: create(url, now=NOW, who="asha"),
        lambda: import_into(url, exported, now=NOW, who="asha"),
        lambda: Ledger(url).close(),
    ):
        with refused(ErrorCode.LEDGER_ENCODING, encoding) as error:
            attempt()
        assert error.value.exit_code is Exit.REFUSED
    statement = error.value.help[error.value.help.index("CREATE DATABASE") :].partition(";")[0]
    administer(statement)
    assert NAME in sent_and_read_again(url.set(database=f"{name}_utf8").render_as_string(hide_password=False))


def test_a_database_whose_encoding_the_server_cannot_convert_is_refused(
    postgres: PrivatePostgres, administer: Administer
) -> None:
    name = f"ledger_{uuid.uuid4().hex[:8]}"
    administer(f"CREATE DATABASE {name} ENCODING 'MULE_INTERNAL' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    with refused(ErrorCode.LEDGER_ENCODING) as error:
        create(parse_url(postgres.url).set(database=name), now=NOW, who="asha")
    assert error.value.exit_code is Exit.REFUSED
    assert "CREATE DATABASE" in error.value.help


def _export(url: str) -> list[str]:
    create(parse_url(url), now=NOW, who="asha")
    with Ledger(parse_url(url)) as ledger:
        return list(ledger.export())
