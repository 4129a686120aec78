"""Ledgers opened well, and servers out of reach."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from refusals import refused

from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database.connect import open_engine
from runner.ledger.database.database_errors import reporting
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger


def test_a_server_out_of_reach_is_refused_without_the_password() -> None:
    with pytest.raises(UserError) as error:
        open_engine(parse_url("postgresql://asha:s3cr3t@127.0.0.1:1/bulletins"))
    assert error.value.exit_code is Exit.REFUSED
    assert error.value.help
    assert "s3cr3t" not in error.value.message


def test_a_fault_without_words_has_its_name() -> None:
    with refused(ErrorCode.LEDGER_UNUSABLE, "OSError"), reporting(parse_url("x.db")):
        raise OSError


def test_what_is_committed_is_on_the_disk(sqlite_path: Path) -> None:
    with Ledger(parse_url(str(sqlite_path))) as ledger, ledger.reading() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]


def test_a_ledger_back_from_a_backup_writes_ahead_again(sqlite_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(sqlite_path)) as connection:
        assert connection.execute("PRAGMA journal_mode=DELETE").fetchone() == ("delete",)
    with Ledger(parse_url(str(sqlite_path))) as ledger, ledger.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_closed_ledger_leaves_only_its_file(sqlite_path: Path) -> None:
    with Ledger(parse_url(str(sqlite_path))):
        pass
    assert [path.name for path in sqlite_path.parent.iterdir()] == ["ledger.sqlite3"]
