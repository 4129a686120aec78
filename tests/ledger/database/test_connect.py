"""URLs, and ledgers made and opened well."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plan import NOW
from refusals import refused

from ledger import all_of
from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database import connect, tables
from runner.ledger.database.connect import open_engine
from runner.ledger.database.creation import create
from runner.ledger.database.database_errors import reporting, shown
from runner.ledger.database.ledger_url import exists, parse_url
from runner.ledger.ledger import Ledger


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("ledger.sqlite3", "ledger.sqlite3"),
        (".bulletins/ledger.sqlite3", ".bulletins/ledger.sqlite3"),
        ("/var/lib/a b?c#d%20.db", "/var/lib/a b?c#d%20.db"),
        (":memory:", ":memory:"),
        ("sqlite:///ledger.sqlite3", "ledger.sqlite3"),
        ("sqlite:////var/ledger.sqlite3", "/var/ledger.sqlite3"),
    ],
)
def test_a_path_is_a_sqlite_file(text: str, path: str) -> None:
    url = parse_url(text)
    assert (url.drivername, url.database) == ("sqlite", path)
    assert shown(url) == path


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_reached_through_psycopg(scheme: str) -> None:
    url = parse_url(f"{scheme}://asha@db.example.com:5432/bulletins")
    assert url.render_as_string() == "postgresql+psycopg://asha@db.example.com:5432/bulletins"
    assert exists(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "a\0b",
        "sqlite://",
        "sqlite:///",
        "sqlite://ledger.sqlite3",
        "sqlite://folder/ledger.sqlite3",
        "sqlite:///ledger.sqlite3?mode=ro",
        "mysql://host/db",
        "postgresql+asyncpg://host/db",
        "postgres://host:port/db",
        "://",
        "https://host/x",
    ],
)
def test_what_is_no_place_of_a_ledger_is_refused(text: str) -> None:
    with refused(ErrorCode.BAD_LEDGER_URL) as error:
        parse_url(text)
    assert error.value.exit_code is Exit.REFUSED
    assert error.value.help


@given(
    st.text()
    | st.builds("{}://{}".format, st.sampled_from(["sqlite", "postgres", "postgresql+psycopg", "x", ""]), st.text())
)
@example("postgresql://[::1/x")
@example("postgresql://u:p@h:99999999999/x?a=b&a=c")
@example("sqlite:///\udce9")
def test_any_text_is_a_url_or_refused(text: str) -> None:
    with contextlib.suppress(UserError):
        assert shown(parse_url(text))


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://asha:s3cr3t@db.example.com/bulletins",
        "postgresql://db.example.com/bulletins?user=asha&password=s3cr3t",
        "postgresql://db.example.com/bulletins?sslpassword=s3cr3t",
        "postgresql://db.example.com/bulletins?oauth_client_secret=s3cr3t",
        "postgresql://asha:s3cr3t@127.0.0.1:1/bulletins",
    ],
)
def test_a_password_is_never_shown(text: str) -> None:
    url = parse_url(text)
    assert "s3cr3t" not in shown(url)
    with pytest.raises(UserError) as error, reporting(url):
        raise OSError("the server says: wrong password s3cr3t")
    assert "s3cr3t" not in error.value.message + error.value.help


@pytest.mark.parametrize(
    "text",
    [
        "postgres://a:s3cr3t@h:port/b",
        "a:s3cr3t://h",
        "my+s3cr3t:x@h://b",
        "postgresql://a:pa@s3cr3t@h/b",
        "postgresql:/a:s3cr3t@h/b",
        "postgres:a/s3cr3t",
        "a:s3cr3t@h/b",
        "host=h password=s3cr3t dbname=b",
    ],
)
def test_a_url_that_is_refused_is_not_quoted(text: str) -> None:
    with pytest.raises(UserError) as error:
        parse_url(text)
    assert "s3cr3t" not in error.value.message + error.value.help


def test_a_server_out_of_reach_is_refused_without_the_password() -> None:
    with pytest.raises(UserError) as error:
        open_engine(parse_url("postgresql://asha:s3cr3t@127.0.0.1:1/bulletins"))
    assert error.value.exit_code is Exit.REFUSED
    assert error.value.help
    assert "s3cr3t" not in error.value.message


def test_a_fault_without_words_has_its_name() -> None:
    with refused(ErrorCode.LEDGER_UNUSABLE, "OSError"), reporting(parse_url("x.db")):
        raise OSError


def test_a_new_ledger_is_empty_and_has_an_id(ledger: Ledger, ledger_url: str) -> None:
    (row,) = all_of(ledger_url, tables.ledger)
    assert row == {"id": ledger.id, "version": tables.SCHEMA_VERSION, "created_at": NOW, "created_by": "asha"}
    assert all_of(ledger_url, tables.firings) == []
    assert "password" not in ledger.place


def test_a_ledger_is_never_made_twice(ledger: Ledger, ledger_url: str) -> None:
    with refused(ErrorCode.LEDGER_EXISTS) as error:
        create(parse_url(ledger_url), now=NOW, who="someone else")
    assert error.value.exit_code is Exit.REFUSED
    with Ledger(parse_url(ledger_url)) as opened:
        assert opened.id == ledger.id


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with refused(ErrorCode.LEDGER_EXISTS):
        create(parse_url(str(path)), now=NOW, who="asha")
    assert path.read_text() == "mine"


def test_its_folders_are_made_and_kept_out_of_git(tmp_path: Path) -> None:
    create(parse_url(str(tmp_path / "x" / ".bulletins" / "ledger.sqlite3")), now=NOW, who="asha")
    assert (tmp_path / "x" / ".bulletins" / ".gitignore").read_text() == "*\n"
    create(parse_url(str(tmp_path / "y" / "ledger.sqlite3")), now=NOW, who="asha")
    assert {path.name for path in (tmp_path / "y").iterdir()} == {"ledger.sqlite3"}


def test_a_path_of_any_bytes_will_do(tmp_path: Path) -> None:
    url = parse_url(str(tmp_path / "a b?c#d%20é\udce9.db"))
    try:
        create(url, now=NOW, who="asha")
    except UserError as error:
        if error.code is ErrorCode.LEDGER_NOT_CREATED:
            pytest.skip("this file system takes no such names")
        raise
    with Ledger(url) as opened:
        assert opened.id


def test_a_ledger_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with refused(ErrorCode.LEDGER_NOT_CREATED) as error:
        create(parse_url(str(tmp_path / "file" / "ledger.sqlite3")), now=NOW, who="asha")
    assert error.value.exit_code is Exit.REFUSED


def test_a_ledger_half_made_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(connect, "new_ulid", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create(parse_url(str(tmp_path / "ledger.sqlite3")), now=NOW, who="asha")
    assert list(tmp_path.iterdir()) == []


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


def test_a_closed_ledger_leaves_nothing_beside_its_file(sqlite_path: Path) -> None:
    with Ledger(parse_url(str(sqlite_path))):
        pass
    assert [path.name for path in sqlite_path.parent.iterdir()] == ["ledger.sqlite3"]
