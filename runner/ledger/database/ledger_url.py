"""The place of a ledger: a path or a URL as text → a checked URL, and whether a file exists there. Opens nothing."""

from __future__ import annotations

import os
import re

from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url

from runner.errors import ErrorCode, UserError
from runner.files import check_no_tilde
from runner.ledger.database.database_errors import ENCODED_HELP, shown

_URL_HELP = "Write sqlite:///path/to/ledger.sqlite3 or postgresql+psycopg://user@host/database."
# A server that somebody meant, with a password: it must not be shown as the path of a file.
_WITH_PASSWORD = re.compile(r"password\s*=|\A\s*postgres(ql)?(\+\w+)?:|:[^/\\]*@", re.IGNORECASE)


def parse_url(text: str) -> URL:
    """Return the URL of a ledger; a plain path means a SQLite file. Raises UserError if it is no ledger URL."""
    if "://" not in text:
        if _WITH_PASSWORD.search(text):
            raise UserError(
                ErrorCode.BAD_LEDGER_URL, "the place of the ledger is neither a path nor a whole URL", help=_URL_HELP
            )
        return _sqlite_url(URL.create("sqlite", database=text))
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        scheme = text.split("://")[0]  # only the scheme is shown: a password may follow
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            f"{scheme}://… is not the URL of a ledger" if scheme.isalnum() else "this is not the URL of a ledger",
            help=f"{_URL_HELP} {ENCODED_HELP}" if "@" in text else _URL_HELP,
        ) from None
    if "@" in text and url.username is None:
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the ledger's URL contains an @, but no user name was found before it",
            help=ENCODED_HELP,
        )
    if "@" in (url.host or ""):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the ledger's URL contains more than one @, so it is not clear where the host begins",
            help=ENCODED_HELP,
        )
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            f"a ledger can't be kept in {url.drivername}",
            help=_URL_HELP,
        )
    return _sqlite_url(url, text) if url.drivername == "sqlite" else url


def _sqlite_url(url: URL, text: str = "") -> URL:
    if not (url.database or "").strip() or "\0" in (url.database or ""):
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the ledger's URL contains no path of a file",
            help="Write sqlite:///path/to/ledger.sqlite3.",
        )
    if url.host or url.query or "?" in text:  # sqlite://folder/file would mean `file` in the working directory
        raise UserError(
            ErrorCode.BAD_LEDGER_URL,
            "the URL of a SQLite ledger contains more than sqlite:/// and a path",
            help="Write sqlite:///path/to/ledger.sqlite3, or only the path: a path alone may contain ? and #.",
        )
    check_no_tilde(url.database or "", "the path of the ledger", "--ledger or BULLETINS_LEDGER")
    return url


def exists(url: URL) -> bool:
    """Whether a file exists at the place of the ledger; True for a server. Raises UserError if that can't be seen."""
    if url.drivername != "sqlite":
        return True
    try:
        os.lstat(url.database or "")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise UserError(
            ErrorCode.LEDGER_UNREACHABLE,
            f"the ledger {shown(url)} can't be reached: {error.strerror}",
            help="Give access to its folder, or name the right place with --ledger.",
        ) from None
    return True


def is_empty_file(url: URL) -> bool:
    """Whether the place of the ledger holds an empty file."""
    path = url.database or ""
    try:
        return url.drivername == "sqlite" and os.path.isfile(path) and not os.path.getsize(path)
    except OSError:
        return False
