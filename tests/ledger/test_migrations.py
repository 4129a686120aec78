from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, inspect, text, update

from ledger import all_of, connected
from runner.errors import Exit, UserError
from runner.ledger import connect, migrations, tables
from runner.ledger.connect import open_engine, parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.migrations import migrate


@pytest.fixture
def old(ledger: Ledger, ledger_url: str) -> str:
    """The place of a ledger that says it is of version 0."""
    ledger.close()
    with connected(ledger_url) as connection:
        connection.execute(update(tables.ledger).values(version=0))
    return ledger_url


def adding(name: str) -> Callable[[Connection], None]:
    return lambda connection: connection.execute(text(f"CREATE TABLE {name} (a INTEGER)"))


def migrate_alone(url: str, steps: dict[int, migrations.Migration]) -> tuple[int, set[str]]:
    """Migrates as it would happen on opening; the version and the tables after that, failed or not."""
    parsed = parse_url(url)
    engine = connect._engine(parsed)
    try:
        try:
            with connect.transaction(engine, parsed) as connection:
                migrate(connection, steps)
        except RuntimeError:
            pass
        with connect.transaction(engine, parsed, reading=True) as connection:
            version = connection.execute(tables.ledger.select()).one().version
            return version, set(inspect(connection).get_table_names()) - set(tables.metadata.tables)
    finally:
        engine.dispose()


def test_each_step_is_taken_in_order(old: str) -> None:
    taken: list[int] = []
    steps = {number: lambda connection, number=number: taken.append(number) for number in (3, 1, 2)}
    assert migrate_alone(old, steps) == (3, set())
    assert taken == [1, 2, 3]


def test_steps_that_were_taken_are_not_taken_again(old: str) -> None:
    assert migrate_alone(old, {1: adding("new")}) == (1, {"new"})
    assert migrate_alone(old, {1: adding("new"), 2: adding("newer")}) == (2, {"new", "newer"})


def test_a_step_that_fails_changes_nothing_of_the_others(old: str) -> None:
    def failing(connection: Connection) -> None:
        adding("second")(connection)
        raise RuntimeError("no")

    assert migrate_alone(old, {1: adding("first"), 2: failing}) == (0, set())


def test_an_older_ledger_is_migrated_when_it_is_opened(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect.migrations, "migrate", lambda connection: migrate(connection, {1: adding("new")}))
    with Ledger(parse_url(old)) as opened:
        assert opened.describe().version == 1
    assert all_of(old, tables.ledger)[0]["version"] == 1


def test_a_ledger_that_no_step_leads_on_from_is_refused(old: str) -> None:
    with pytest.raises(UserError, match="has tables of version 0, from which no way leads to version 1") as error:
        open_engine(parse_url(old))
    assert error.value.exit_code is Exit.REFUSED


def test_the_steps_lead_to_the_present_version() -> None:
    assert sorted(migrations.MIGRATIONS) == list(range(2, tables.SCHEMA_VERSION + 1))
