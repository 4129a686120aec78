"""What a database raises → UserError: what was found, the way out, and whether a moment later all may be well."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc
from sqlalchemy.engine import URL

from runner.errors import UserError

BUSY_TIMEOUT_S = 30
LOST_HELP = "Give the right place with --ledger; a ledger that was lost comes back from a backup, never empty."
# Of another locale, the server refuses an encoding that does not fit it; the locale C fits every encoding.
UTF8 = "ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C';"
_SECRET_OPTIONS = ("password", "sslpassword", "oauth_client_secret")
# Source: https://www.postgresql.org/docs/current/errcodes-appendix.html. Classes of two characters, or whole codes:
# connections, shutdowns and start-ups, too many connections, conflicts, time-outs and cancelled statements, a standby
# that took over.
_PASSING = ("08", "57014", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03", "25P03", "25006")

# The same page: values that don't fit, broken constraints and views, limits of the server, triggers and functions that
# refuse. They refuse one row; a missing row of the run itself (23503) concerns all.
_OF_VALUES = ("22", "23", "38", "39", "44", "54", "P0")
_OF_POLICY = "row-level security policy"  # of one row, with the code for missing rights, which concern all
_OF_THE_RUN = "23503"
_OF_VALUES_IN_SQLITE = ("SQLITE_CONSTRAINT", "SQLITE_TOOBIG", "SQLITE_MISMATCH")
_OF_THE_RUN_IN_SQLITE = "SQLITE_CONSTRAINT_FOREIGNKEY"


class LedgerAway(UserError):
    """The ledger can't be reached or written at this moment; whether the last write arrived is not known."""


class Unstorable(UserError):
    """The ledger refuses these values. It stored nothing, and may well store others."""


def shown(url: URL) -> str:
    """The URL as messages show it: without a password."""
    if url.drivername == "sqlite":
        return url.database or ""
    return url.difference_update_query(_SECRET_OPTIONS).render_as_string(hide_password=True)


@contextmanager
def reporting(url: URL) -> Iterator[None]:
    """Turns what a database raises into a UserError that names the ledger and the way out.

    LedgerAway if it passes; Unstorable if it concerns only the values that were to be stored.
    """
    try:
        yield
    except exc.NoResultFound:
        raise UserError(f"{shown(url)} is not a ledger: it has no id", help=LOST_HELP) from None
    except (exc.SQLAlchemyError, sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
        raise _explained(error, url) from None


def _explained(error: Exception, url: URL) -> UserError:
    text = str(getattr(error, "orig", None) or error)
    where = shown(url)
    kind = LedgerAway if _passes(error, text) else UserError
    if _is_of_values(error):
        hint = "Change the value, or the rule of the database that refuses it."
        return Unstorable(f"the ledger {where} can't store it: {_said(error, text, url)}", help=hint)
    for phrase, message, hint in _FAULTS:
        if phrase in text:
            return kind(f"the ledger {where} {message}", help=hint)
    said = _said(error, text, url)
    return kind(f"the ledger {where} can't be used: {said}", help="Nothing goes out without its ledger.")


def _said(error: Exception, text: str, url: URL) -> str:
    """The first line of what the database said, without secrets of the URL."""
    said = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    for secret in (url.password, *(url.query.get(option) for option in _SECRET_OPTIONS)):
        said = said.replace(str(secret), "***") if secret else said
    return said


def _is_of_values(error: Exception) -> bool:
    if isinstance(error, (UnicodeError, OverflowError)):
        return True
    if not isinstance(error, exc.StatementError):
        return False
    if not isinstance(error, exc.DBAPIError):  # raised before the database saw it
        return True
    cause: object = error.orig
    if state := getattr(cause, "sqlstate", None):
        return _OF_POLICY in str(cause) or (str(state).startswith(_OF_VALUES) and state != _OF_THE_RUN)
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name:
        return name.startswith(_OF_VALUES_IN_SQLITE) and name != _OF_THE_RUN_IN_SQLITE
    return isinstance(error, exc.DataError) or "Error binding parameter" in str(cause)


def _passes(error: Exception, text: str) -> bool:
    if isinstance(error, exc.TimeoutError) or "database is locked" in text:
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    cause: object = error.orig
    state = getattr(cause, "sqlstate", None)
    if state is None:  # no word from the server: the connection broke, or never came about
        return error.connection_invalidated or (
            isinstance(error, exc.OperationalError) and not isinstance(cause, sqlite3.Error)
        )
    return error.connection_invalidated or str(state).startswith(_PASSING)


_FAULTS = (
    ("ON CONFLICT", "has lost an index that keeps firings from being sent twice", "Restore it whole from a backup."),
    ("ledger.version", "is none: its tables are of another program", LOST_HELP),
    ('" already exists', "can't be made: tables of such names are there", "Give it a database or a schema of its own."),
    ("not a database", "is damaged or no SQLite file", "Restore it from a backup; never replace it with an empty one."),
    ("malformed", "is damaged", "Restore it from a backup; never replace it with an empty one."),
    ("database or disk is full", "can't be written: the disk is full", "Make room, then run again."),
    ("No space left on device", "can't be written: the server's disk is full", "Make room there, then run again."),
    ("readonly database", "can't be written: it is read-only", "Give write access to the file and its folder."),
    ("read-only transaction", "can't be written: the server is a standby, or this role may only read",
     "Give the address of the primary; on the primary, look at default_transaction_read_only of the role."),
    ("unable to open", "can't be opened", "Give read and write access to the file and its folder."),
    ("disk I/O error", "can't be written: the disk reports an error", "Check the disk and its free space."),
    ("database is locked", f"was locked for {BUSY_TIMEOUT_S} s by another process", "See what holds it; run again."),
    ("conversion between UTF8", "has another encoding than UTF8, which a ledger needs",
     f"Create another database and name it in the ledger's URL: CREATE DATABASE bulletins {UTF8}"),
    ("onnection refused", "can't be reached", "Check that the database server runs, and its address."),
)  # fmt: skip
