from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan import NOW
from sqlalchemy import Dialect, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger import all_of, begin
from runner.ledger.database.tables import Instant, Prose, firings, metadata, runs
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity
from runner.plan.history import State

DIALECT = sqlite.dialect()
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
instants = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))


def kept(at: datetime) -> str:
    text = Instant().process_bind_param(at, DIALECT)
    assert text is not None
    return text


def test_an_instant_is_kept_as_a_text_that_people_read() -> None:
    assert kept(NOW) == "2026-12-01T13:00:00.000000Z"
    assert kept(NOW.astimezone(timezone(timedelta(hours=5.5)))) == "2026-12-01T13:00:00.000000Z"


@given(instants)
def test_an_instant_comes_back_to_the_microsecond(at: datetime) -> None:
    back = Instant().process_result_value(kept(at), DIALECT)
    assert back == at
    assert back.tzinfo is UTC


@given(instants, instants)
def test_instants_sort_as_their_texts_do(one: datetime, other: datetime) -> None:
    assert (one < other) == (kept(one) < kept(other))


def test_no_instant_stays_none() -> None:
    assert Instant().process_bind_param(None, DIALECT) is None
    assert Instant().process_result_value(None, DIALECT) is None


@given(st.text())
def test_prose_is_what_both_databases_take(text: str) -> None:
    written = Prose().process_bind_param(text, DIALECT)
    assert written is not None
    assert "\0" not in written
    written.encode()
    if "\0" not in text and text.isascii():
        assert written == text


def test_names_that_are_no_utf_8_can_be_recorded(ledger: Ledger, ledger_url: str) -> None:
    begin(ledger, identity=Identity("n\udce9e", "hos\0t", 1))
    (row,) = all_of(ledger_url, runs)
    assert (row["who"], row["host"]) == ("n?e", "hos\ufffdt")


def test_every_state_fits_its_column() -> None:
    kind = firings.c.state.type
    assert isinstance(kind, String)
    assert kind.length is not None
    assert all(len(state.value) <= kind.length for state in State)


@pytest.mark.parametrize("dialect", [DIALECT, POSTGRESQL], ids=lambda dialect: dialect.name)
def test_both_databases_have_the_index_that_lets_nothing_out_twice(dialect: Dialect) -> None:
    (index,) = (index for index in firings.indexes if index.name == "firings_at_most_once")
    assert str(CreateIndex(index).compile(dialect=dialect)) == (
        "CREATE UNIQUE INDEX firings_at_most_once ON firings (account, bulletin, occurrence)"
        " WHERE state IN ('claimed', 'fired', 'in_doubt')"
    )
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
