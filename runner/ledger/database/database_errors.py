"""Database errors: from an exception of the driver to a UserError with a cause and a fix.

The type says what to do next: LedgerAway may pass with time, Unstorable concerns one value only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import URL

from runner.errors import ErrorCode, UserError
from runner.ledger.ledger_errors import LedgerAway, Unstorable

BUSY_TIMEOUT_S = 30
LOST_HELP = (
    "Give the right place with --ledger. If the ledger was lost, restore it from a backup; never start with an empty"
    " ledger."
)
# The server refuses an encoding that does not fit the locale; the locale C fits every encoding.
UTF8 = "ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C';"
ENCODED_HELP = "In the user name and the password, write / as %2F, ? as %3F, # as %23, % as %25 and @ as %40."
_RESERVED = frozenset("/?#%@")
_SECRET_OPTIONS = ("password", "sslpassword", "oauth_client_secret")
# Errors that may pass. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html. Two-character classes or
# whole codes: connections, shutdowns and start-ups, too many connections, conflicts, time-outs and cancelled
# statements, a standby.
_MAY_PASS = ("08", "57014", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03", "25P03", "25006")

# Same source: values that don't fit, broken constraints and views, limits of the server, a trigger or function that
# refuses. Each concerns one row. A missing row of the run itself (23503) concerns all rows.
_OF_VALUES = ("22", "23", "38", "39", "44", "54", "P0")
_OF_POLICY = "row-level security policy"  # it concerns one row, but has the code for missing rights of the whole role
_OF_THE_RUN = "23503"
_OF_VALUES_IN_SQLITE = ("SQLITE_CONSTRAINT", "SQLITE_TOOBIG", "SQLITE_MISMATCH")
_OF_THE_RUN_IN_SQLITE = "SQLITE_CONSTRAINT_FOREIGNKEY"


def shown(url: URL) -> str:
    """Return the URL as messages show it: without a password."""
    if url.drivername == "sqlite":
        return url.database or ""
    return url.difference_update_query(_SECRET_OPTIONS).render_as_string(hide_password=True)


@contextmanager
def reporting(url: URL) -> Iterator[None]:
    """Turn a database exception into a UserError that names the ledger and the fix.

    Raises LedgerAway if the error may pass, and Unstorable if it concerns only the values to store.
    """
    try:
        yield
    except exc.NoResultFound:
        raise UserError(ErrorCode.NOT_A_LEDGER, f"{shown(url)} is not a ledger: it has no id", help=LOST_HELP) from None
    except (exc.SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
        raise _user_error(error, url) from None


def _user_error(error: Exception, url: URL) -> UserError:
    text = str(getattr(error, "orig", None) or error)
    where = shown(url)
    kind = LedgerAway if _may_pass(error, text) else UserError
    if _concerns_values(error):
        hint = "Change the value, or the rule of the database that refuses it."
        return Unstorable(
            ErrorCode.LEDGER_REFUSES_VALUE,
            f"the ledger {where} can't store it: {_first_line(error, text, url)}",
            help=hint,
        )
    for phrase, code, message, hint in _FAULTS:
        if phrase in text:
            if code is ErrorCode.LEDGER_UNREACHABLE and _RESERVED.intersection(f"{url.username}{url.password}"):
                hint = f"{hint} {ENCODED_HELP}"
            return kind(code, f"the ledger {where} {message}", help=hint)
    said = _first_line(error, text, url)
    if "authentication failed" in text:
        help_ = f"Check the user name and the password in the ledger's URL. {ENCODED_HELP}"
        return kind(ErrorCode.LEDGER_UNREACHABLE, f"the ledger {where} can't be used: {said}", help=help_)
    return kind(
        ErrorCode.LEDGER_UNUSABLE,
        f"the ledger {where} can't be used: {said}",
        help="bulletins sends nothing without its ledger. Fix the cause, then run the command again.",
    )


def _first_line(error: Exception, text: str, url: URL) -> str:
    """Return the first line of the database's message, without secrets from the URL."""
    said = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    for secret in (url.password, *(url.query.get(option) for option in _SECRET_OPTIONS)):
        said = said.replace(str(secret), "***") if secret else said
    return said


def _concerns_values(error: Exception) -> bool:
    if isinstance(error, (UnicodeError, OverflowError)):
        return True
    if not isinstance(error, exc.StatementError):
        return False
    if not isinstance(error, exc.DBAPIError):  # raised before the statement reached the database
        return True
    cause: object = error.orig
    if state := getattr(cause, "sqlstate", None):
        return _OF_POLICY in str(cause) or (str(state).startswith(_OF_VALUES) and state != _OF_THE_RUN)
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name:
        return name.startswith(_OF_VALUES_IN_SQLITE) and name != _OF_THE_RUN_IN_SQLITE
    return isinstance(error, exc.DataError) or "Error binding parameter" in str(cause)


def _may_pass(error: Exception, text: str) -> bool:
    if isinstance(error, exc.TimeoutError) or "database is locked" in text:
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    cause: object = error.orig
    state = getattr(cause, "sqlstate", None)
    if state is None:  # no answer from the server: the connection broke or failed
        return error.connection_invalidated or (
            isinstance(error, exc.OperationalError) and not isinstance(cause, sqlite3.Error)
        )
    return error.connection_invalidated or str(state).startswith(_MAY_PASS)


_FAULTS = (
    (
        "ON CONFLICT",
        ErrorCode.LEDGER_DAMAGED,
        "has lost an index that keeps firings from being sent twice",
        "Fire nothing with this ledger. Restore the whole ledger from a backup.",
    ),
    ("ledger.version", ErrorCode.NOT_A_LEDGER, "can't be used: its tables belong to another program", LOST_HELP),
    (
        '" already exists',
        ErrorCode.LEDGER_NOT_CREATED,
        "can't be created: the database already contains tables with the same names",
        "Give the ledger a database or schema of its own.",
    ),
    (
        "not a database",
        ErrorCode.LEDGER_DAMAGED,
        "is damaged, or is not a SQLite file",
        "Restore it from a backup; never replace it with an empty ledger.",
    ),
    (
        "malformed",
        ErrorCode.LEDGER_DAMAGED,
        "is damaged",
        "Restore it from a backup; never replace it with an empty ledger.",
    ),
    (
        "database or disk is full",
        ErrorCode.LEDGER_NOT_WRITABLE,
        "can't be written: the disk is full",
        "Free some space on its disk, then run the command again.",
    ),
    (
        "No space left on device",
        ErrorCode.LEDGER_NOT_WRITABLE,
        "can't be written: the server's disk is full",
        "Free some space on the server's disk, then run the command again.",
    ),
    (
        "readonly database",
        ErrorCode.LEDGER_NOT_WRITABLE,
        "can't be written: it is read-only",
        "Give write access to the file and its folder.",
    ),
    (
        "read-only transaction",
        ErrorCode.LEDGER_NOT_WRITABLE,
        "can't be written: the server is a standby, or this role may only read",
        "Give the address of the primary; on the primary, look at default_transaction_read_only of the role.",
    ),
    (
        "unable to open",
        ErrorCode.LEDGER_UNUSABLE,
        "can't be opened",
        "Give read and write access to the file and its folder.",
    ),
    (
        "disk I/O error",
        ErrorCode.LEDGER_NOT_WRITABLE,
        "can't be written: the disk reports an error",
        "Check the disk and its free space, then run the command again.",
    ),
    (
        "database is locked",
        ErrorCode.LEDGER_LOCKED,
        f"was locked for {BUSY_TIMEOUT_S} s by another process",
        "Wait until the other process has ended, or end it. Then run the command again.",
    ),
    (
        "conversion between UTF8",
        ErrorCode.LEDGER_ENCODING,
        "has an encoding other than UTF8, which a ledger needs",
        f"Create another database and name it in the ledger's URL: CREATE DATABASE bulletins {UTF8}",
    ),
    (
        "onnection refused",
        ErrorCode.LEDGER_UNREACHABLE,
        "can't be reached",
        "Check that the database server runs, and that the address is right.",
    ),
)
