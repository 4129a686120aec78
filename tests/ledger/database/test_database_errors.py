"""What databases raise: which of it may be well a moment later, and that no password is ever shown."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import create_engine, exc

from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database.database_errors import reporting, shown
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger_errors import LedgerAway, Unstorable

URL = parse_url("postgresql+psycopg://asha:s3cret@db/ledger?sslpassword=t0p")
FILE = parse_url("/srv/ledger.sqlite3")


class OfServer(Exception):
    """As psycopg raises it: with the server's code, or without one where the connection broke."""

    def __init__(self, sqlstate: str | None, text: str = "no") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def raised(cause: Exception, *, url: Any = URL, kind: type[exc.DBAPIError] = exc.OperationalError) -> UserError:
    with pytest.raises(UserError) as caught, reporting(url):
        raise kind("SELECT 1", {}, cause)
    return caught.value


@pytest.mark.parametrize(
    "sqlstate",
    ["08000", "08006", "57014", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03", "25P03", "25006", None],
)
def test_what_passes_is_reported_as_being_away(sqlstate: str | None) -> None:
    assert isinstance(raised(OfServer(sqlstate)), LedgerAway)


@pytest.mark.parametrize("sqlstate", ["42501", "42P01", "28P01", "53100", "23505", "XX001", "22P05"])
def test_what_stays_is_reported_as_it_is(sqlstate: str) -> None:
    assert not isinstance(raised(OfServer(sqlstate)), LedgerAway)


@pytest.mark.parametrize(
    "sqlstate", ["22P05", "22021", "22001", "23514", "23505", "38000", "39P01", "44000", "54000", "P0001", "P0004"]
)
def test_what_concerns_the_values_alone_is_distinguished(sqlstate: str) -> None:
    assert isinstance(raised(OfServer(sqlstate)), Unstorable)


def test_a_policy_that_refuses_a_row_concerns_that_row_alone() -> None:
    assert isinstance(raised(OfServer("42501", 'new row violates row-level security policy for "firings"')), Unstorable)
    assert not isinstance(raised(OfServer("42501", "permission denied for table firings")), Unstorable)


@pytest.mark.parametrize("sqlstate", ["23503", "42501", "42P01", "42P10", "28P01", "53100", "XX001", "08006", None])
def test_what_concerns_the_ledger_is_not_blamed_on_the_values(sqlstate: str | None) -> None:
    assert not isinstance(raised(OfServer(sqlstate)), Unstorable)


@pytest.mark.parametrize(
    ("statement", "value", "of_values"),
    [
        ("INSERT INTO t VALUES (?)", None, True),
        ("INSERT INTO t VALUES (?)", "forbidden", True),
        ("INSERT INTO t VALUES (?)", "taken", True),
        ("INSERT INTO t VALUES (?)", 2**63, True),
        ("INSERT INTO t VALUES (?)", "\ud800", True),
        ("INSERT INTO t VALUES (?)", object(), True),
        ("INSERT INTO child VALUES (?)", "unknown", False),
        ("INSERT INTO missing VALUES (?)", "a", False),
    ],
)
def test_what_sqlite_refuses(statement: str, value: object, of_values: bool) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for text in (
            "PRAGMA foreign_keys = ON",
            "CREATE TABLE t (a NOT NULL UNIQUE CHECK (a <> 'forbidden'))",
            "CREATE TABLE child (a REFERENCES t (a))",
            "INSERT INTO t VALUES ('taken')",
        ):
            connection.exec_driver_sql(text)
        with pytest.raises(UserError) as caught, reporting(FILE):
            connection.exec_driver_sql(statement, (value,))
    engine.dispose()
    assert isinstance(caught.value, Unstorable) is of_values


def test_a_pool_that_has_no_connection_left_passes() -> None:
    with pytest.raises(LedgerAway), reporting(URL):
        raise exc.TimeoutError("QueuePool limit")


@pytest.mark.parametrize(
    ("text", "passes", "code"),
    [
        ("database is locked", True, ErrorCode.LEDGER_LOCKED),
        ("database or disk is full", False, ErrorCode.LEDGER_NOT_WRITABLE),
        ("attempt to write a readonly database", False, ErrorCode.LEDGER_NOT_WRITABLE),
        ("disk I/O error", False, ErrorCode.LEDGER_NOT_WRITABLE),
        ("database disk image is malformed", False, ErrorCode.LEDGER_DAMAGED),
    ],
)
def test_faults_of_a_file(text: str, passes: bool, code: ErrorCode) -> None:
    error = raised(sqlite3.OperationalError(text), url=FILE)
    assert (isinstance(error, LedgerAway), error.exit_code) == (passes, Exit.REFUSED)
    assert error.code is code
    assert "/srv/ledger.sqlite3" in error.message
    assert error.help


def test_no_password_is_shown() -> None:
    assert shown(URL) == "postgresql+psycopg://asha:***@db/ledger"
    error = raised(OfServer("28P01", 'password "s3cret" of asha is wrong, and so is t0p'))
    assert "s3cret" not in error.message
    assert "t0p" not in error.message
    assert 'password "***" of asha is wrong, and so is ***' in error.message


def test_what_is_no_fault_of_the_database_goes_on_as_it_is() -> None:
    with pytest.raises(KeyError), reporting(URL):
        raise KeyError("x")
