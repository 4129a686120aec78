from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plan import NOW, make_firing
from refusals import refused
from sqlalchemy import Connection, inspect, text, update

from ledger import all_of, begin, claim_one, connected
from runner.errors import ErrorCode, Exit
from runner.ledger.database import connect, creation, migrations, tables
from runner.ledger.database.connect import open_engine
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.migrations import migrate
from runner.ledger.ledger import Ledger
from runner.ledger.values import SlotRequest


@pytest.fixture
def old(ledger: Ledger, ledger_url: str) -> str:
    """The place of a ledger that says it is of version 0."""
    ledger.close()
    with connected(ledger_url) as connection:
        connection.execute(update(tables.ledger).values(version=0))
    return ledger_url


def adding(name: str) -> Callable[[Connection], None]:
    def add(connection: Connection) -> None:
        connection.execute(text(f"CREATE TABLE {name} (a INTEGER)"))

    return add


def migrate_alone(url: str, steps: dict[int, migrations.Migration]) -> tuple[int, set[str]]:
    """Migrates as it would happen on opening; the version and the tables after that, failed or not."""
    parsed = parse_url(url)
    engine = connect.new_engine(parsed)
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


def noting(number: int, taken: list[int]) -> Callable[[Connection], None]:
    return lambda connection: taken.append(number)


def test_each_step_is_taken_in_order(old: str) -> None:
    taken: list[int] = []
    steps = {number: noting(number, taken) for number in (3, 1, 2)}
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


@pytest.fixture(params=[1, 2, 3])
def version(request: pytest.FixtureRequest) -> int:
    """Each older version of the tables."""
    number: int = request.param
    return number


@pytest.fixture
def older(ledger_url: str, version: int) -> str:
    """The place of a ledger as an older version made and used it."""
    url = parse_url(ledger_url)
    if url.drivername == "sqlite":
        Path(url.database or "").touch()
    engine = connect.new_engine(url)
    script = (Path(__file__).parent / f"version_{version}.sql").read_text(encoding="utf-8")
    with connect.transaction(engine, url) as connection:
        for statement in script.split(";\n"):
            connection.exec_driver_sql(statement) if statement.strip() else None
    engine.dispose()
    return ledger_url


def test_an_older_ledger_is_migrated_when_it_is_opened_and_loses_nothing(older: str) -> None:
    with Ledger(parse_url(older)) as opened:
        reported = opened.describe()
        assert (reported.version, reported.id, reported.created_by) == (
            tables.SCHEMA_VERSION,
            "01M8000000000000000000LEDG",
            "asha",
        )
        assert (reported.runs, reported.states["fired"], reported.states["claimed"]) == (1, 1, 1)
    (kept,) = all_of(older, tables.attempts)
    assert (kept["latency_ms"], kept["answer"]) == (212.4, '{"status": "success"}')
    (said,) = all_of(older, tables.resolutions)
    assert (said["who"], said["sent"]) == ("meera", True)
    with Ledger(parse_url(older)) as again:
        assert again.describe() == reported


@pytest.mark.parametrize("version", [2], indirect=True)
def test_rows_of_before_get_the_business_event_of_their_payload(older: str) -> None:
    with Ledger(parse_url(older)):
        events = {row["bulletin"]: row["business_event"] for row in all_of(older, tables.firings)}
    assert events == {"fired": 'Jagat "सा"', "claimed": "", "damaged": ""}


@pytest.mark.parametrize("version", [2], indirect=True)
def test_business_events_are_filled_in_piece_by_piece(older: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_PIECE", 1)
    with Ledger(parse_url(older)):
        assert [row["business_event"] for row in all_of(older, tables.firings)] == ['Jagat "सा"', "", ""]


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ('{"business_event":"Program Released"}', "Program Released"),
        ('{"business_event":"a\\u0000b\\ud800"}', "a\ufffdb?"),
        ('{"business_event":7}', ""),
        ("{}", ""),
        ("[]", ""),
        ("no JSON", ""),
        ("[" * 100_000, ""),
    ],
)
def test_the_business_event_of_a_payload(payload: str, event: str) -> None:
    assert migrations.event_of(payload) == event


@pytest.mark.parametrize("version", [3], indirect=True)
def test_runs_of_before_get_numbers_in_the_order_of_their_starts(older: str) -> None:
    url = parse_url(older)
    engine = connect.new_engine(url)
    with connect.transaction(engine, url) as connection:
        for name, at in (("01A", "2026-12-01T12:00:01"), ("01Z", "2026-12-01T11:00:00")):  # clocks differ
            times = f"'{at}.000000Z', NULL, '{at}.000000Z'"
            connection.exec_driver_sql(
                f"INSERT INTO runs VALUES ('{name}', 'fire', {times}, NULL, false, 'a', 'b', 1, '', '1', NULL, NULL)"
            )
    engine.dispose()
    with Ledger(url) as opened:
        new = begin(opened)
        numbers = {row["id"]: row["number"] for row in all_of(older, tables.runs)}
    assert numbers == {"01Z": 1, "01M80000000000000000000RUN": 2, "01A": 3, new: 4}


def test_what_was_migrated_works_as_if_it_were_new(older: str) -> None:
    with Ledger(parse_url(older)) as opened:
        run = begin(opened)
        for name in ("fired", "claimed"):
            assert claim_one(opened, run, make_firing(name), NOW) is None
        assert claim_one(opened, run, make_firing("new"), NOW)
        assert opened.take_slots(run, [SlotRequest("india", 3, 2)]) == {"india": [1, 2]}
        assert [row.key.bulletin for row in opened.put_claims_in_doubt(run)] == ["claimed"]


def test_migrated_tables_are_those_of_a_new_ledger(older: str, tmp_path: Path) -> None:
    new = str(tmp_path / "new.sqlite3")
    creation.create(parse_url(new), now=NOW, who="asha")
    with Ledger(parse_url(older)), connected(older) as old, connected(new) as made:
        assert shape(old) == shape(made)


def shape(connection: Connection) -> dict[str, Any]:
    """The columns and indexes of each table, in words of both databases."""
    inspector = inspect(connection)
    return {
        table: (
            [(column["name"], column["nullable"]) for column in inspector.get_columns(table)],
            sorted(
                (index["name"], index["column_names"], bool(index["unique"])) for index in inspector.get_indexes(table)
            ),
            inspector.get_pk_constraint(table)["constrained_columns"],
        )
        for table in tables.metadata.tables
    }


def test_a_ledger_that_no_step_leads_on_from_is_refused(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "migrate", lambda connection: None)
    with refused(ErrorCode.LEDGER_TOO_OLD) as error:
        open_engine(parse_url(old))
    assert error.value.exit_code is Exit.REFUSED


def test_the_steps_lead_to_the_present_version() -> None:
    assert sorted(migrations.MIGRATIONS) == list(range(2, tables.SCHEMA_VERSION + 1))
