"""The places of ledgers, as paths and URLs."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from refusals import refused

from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database.database_errors import reporting, shown
from runner.ledger.database.ledger_url import exists, parse_url


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
