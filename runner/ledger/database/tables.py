"""The tables of the ledger, the same for SQLite and PostgreSQL.

Times are stored as UTC text of fixed width, so that they sort. A change here needs a new version and a migration.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect

from runner.plan.history import BLOCKING, State

SCHEMA_VERSION = 4
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as `2026-12-01T13:00:00.000000Z`: readable in any shell and sortable."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromisoformat(value)


def instant_text(value: datetime) -> str:
    """Return an instant as the ledger stores it: UTC with microseconds, such as `2026-12-01T13:00:00.000000Z`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def is_instant(text: str) -> bool:
    """Whether the text is a valid time in the format of `Instant`."""
    try:
        return _INSTANT.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


class Prose(TypeDecorator[str]):
    """Text from outside, such as answers and names of files and people. No character in it makes a write fail.

    PostgreSQL refuses NUL, and both databases refuse text that is not valid UTF-8; such characters are replaced.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """Return the text with a replacement for each character that a database refuses."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


metadata = MetaData()

ledger = Table(
    "ledger",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Prose, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("command", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),  # also set when another run gave it up, so that it can't renew its lease
    Column("lease_until", Instant, nullable=False),
    Column("exit_code", Integer),
    Column("interrupted", Boolean, nullable=False, default=False),
    Column("who", Prose, nullable=False),
    Column("host", Prose, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", Text, nullable=False),  # differs from that of a later process with the same pid; may be empty
    Column("version", Text, nullable=False),
    Column("git_commit", Text),
    Column("git_dirty", Boolean),
    Column("number", Integer, nullable=False, server_default=text("0")),  # from 1, in the order of recording
    # The report of a run that ended: its counts as JSON, and its row in `report_entries`; none for an empty list.
    Column("summary", Prose),
    Column("entries", String(71)),
)

# The firings that reports list, without what `firings` and `attempts` hold. Runs with the same list share one row, so
# that a run every minute adds no row as long as nothing changes.
report_entries = Table(
    "report_entries",
    metadata,
    Column("id", String(71), primary_key=True),  # the hash of the text
    Column("entries", Prose, nullable=False),  # as JSON
)

# One row for each time that a run claimed a firing or recorded it as expired. Rows are never deleted.
firings = Table(
    "firings",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("account", Text, nullable=False),
    Column("bulletin", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("claimed_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Column("due_at", Instant),
    Column("expires_at", Instant),
    Column("file", Prose, nullable=False),
    Column("line", Integer, nullable=False),
    Column("payload", Text, nullable=False),  # the exact body of the request
    Column("payload_hash", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("reason", Prose),
    Column("http_status", Integer),
    Column("error", Prose),
    Column("bulletins_sent", Integer),
    Column("swept_by", String(26)),  # the run that put the claim of an ended run in doubt
    Column("business_event", Prose, nullable=False, server_default=text("''")),  # as in the payload; for budgets
    Column("local_due", String(16)),  # recurring bulletins only: the due date and time in the schedule's zone
    # For expired firings and firings in doubt: the run whose report shows the row, and when that report was published.
    # The reporter recorded the row or took it over. Rows of older versions have none and count as reported.
    Column("reporter", String(26)),
    Column("reported_at", Instant),
)

# One row for each request of a claimed firing.
attempts = Table(
    "attempts",
    metadata,
    Column("firing", ForeignKey("firings.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("http_status", Integer),
    Column("answer", Prose),
    Column("error", Prose),
)

# One row for each time that a person resolved a firing in doubt.
resolutions = Table(
    "resolutions",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("firing", ForeignKey("firings.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Prose, nullable=False),
    Column("host", Prose, nullable=False),
    Column("sent", Boolean, nullable=False),
    Column("note", Prose, nullable=False),
)

# One row for each slot: a request that a run may have in flight in an account. Free once that run is over.
slots = Table(
    "slots",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1 to the account's concurrency
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("taken_at", Instant, nullable=False),
)

# Up to when each recurring bulletin is settled in an account. No run looks at earlier occurrences again.
watches = Table(
    "watches",
    metadata,
    Column("account", Text, primary_key=True),
    Column("bulletin", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("settled_until", Instant, nullable=False),
    Column("looked_at", Instant, nullable=False),  # when a run last looked at the bulletin
    Column("times", Text, nullable=False),  # a hash of the schedule's due times at that moment
)

# One row for each time that a person accepted that the ledger lacks a run, or claims of a run, that a machine had seen.
acceptances = Table(
    "acceptances",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("ledger", Text, nullable=False),  # id of the ledger that held the run
    Column("run", Text, nullable=False),
    Column("number", Integer, nullable=False),  # number of the run in that ledger
    Column("claims", Integer, nullable=False),  # claims of the run that the machine had seen
    Column("at", Instant, nullable=False),
    Column("who", Prose, nullable=False),
    Column("host", Prose, nullable=False),
    Column("note", Prose, nullable=False),
)

KEY = (firings.c.account, firings.c.bulletin, firings.c.occurrence)
# Plain text, because an insert must repeat the condition of its index: PostgreSQL can't match bound parameters.
BLOCKING_ROWS = text(f"state IN ({', '.join(repr(state.value) for state in BLOCKING)})")
EXPIRED_ROWS = text(f"state = '{State.EXPIRED.value}'")
# Rows that no published report has shown yet.
UNREPORTED_ROWS = text("reporter IS NOT NULL AND reported_at IS NULL")
_unfinished = runs.c.finished_at.is_(None)

# Index -> which rows it holds. Only creation needs it, in a keyword of the dialect: naming the dialect here would
# import it.
_CONDITIONS: dict[Index, ColumnElement[bool] | TextClause] = {}


def _partial_index(
    name: str, *columns: Column[Any], where: ColumnElement[bool] | TextClause, unique: bool = False
) -> None:
    _CONDITIONS[Index(name, *columns, unique=unique)] = where


def complete_metadata(dialect: str) -> MetaData:
    """Return the tables with the conditions of their indexes, for creating them with this dialect."""
    for index, where in _CONDITIONS.items():
        index.dialect_kwargs[f"{dialect}_where"] = where
    return metadata


# At most once: no two rows of one firing can be claimed, fired or in doubt.
_partial_index("firings_at_most_once", *KEY, unique=True, where=BLOCKING_ROWS)
# An expiry is recorded once for each end of the grace.
WINDOW = (*KEY, firings.c.expires_at)
_partial_index("firings_expired_once", *WINDOW, unique=True, where=EXPIRED_ROWS)
Index("firings_by_bulletin", firings.c.bulletin, firings.c.occurrence, firings.c.account)
LOCAL_DUE_ROWS = text("local_due IS NOT NULL")
_partial_index("firings_by_local_due", firings.c.bulletin, firings.c.local_due, firings.c.account, where=LOCAL_DUE_ROWS)
Index("firings_by_payload", firings.c.payload_hash, firings.c.account, firings.c.claimed_at)
Index("firings_by_state", firings.c.state, firings.c.claimed_at)
Index("firings_by_run", firings.c.run)
# For the budgets of an account.
SPENT = (firings.c.account, firings.c.claimed_at, firings.c.business_event)
_partial_index("firings_spent", *SPENT, where=BLOCKING_ROWS)
_partial_index("firings_unreported", firings.c.reporter, where=UNREPORTED_ROWS)
_partial_index("runs_unfinished", runs.c.lease_until, where=_unfinished)
Index("runs_by_number", runs.c.number, unique=True)
Index("resolutions_by_firing", resolutions.c.firing)
Index("slots_by_run", slots.c.run)
