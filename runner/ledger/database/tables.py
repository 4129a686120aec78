"""The ledger's tables, for SQLite and PostgreSQL alike. Times are UTC texts of one width, so that they sort."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect

from runner.plan.history import BLOCKING, State

SCHEMA_VERSION = 4
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as `2026-12-01T13:00:00.000000Z`: readable in any shell, and it sorts."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromisoformat(value)


def instant_text(value: datetime) -> str:
    """Return an instant as the ledger keeps it: UTC with microseconds, such as `2026-12-01T13:00:00.000000Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_instant(text: str) -> bool:
    """Whether the text is a time as an `Instant` is kept."""
    try:
        return _INSTANT.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


class Prose(TypeDecorator[str]):
    """Text that the program did not make: answers, names of files and people. No character of it fails a write.

    PostgreSQL takes no NUL, and neither database takes what is no UTF-8.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


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
    Column("finished_at", Instant),  # also set where another gave the run up: it can't renew its lease any more
    Column("lease_until", Instant, nullable=False),
    Column("exit_code", Integer),
    Column("interrupted", Boolean, nullable=False, default=False),
    Column("who", Prose, nullable=False),
    Column("host", Prose, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", Text, nullable=False),  # tells the process from later ones of the same id; may be empty
    Column("version", Text, nullable=False),
    Column("git_commit", Text),
    Column("git_dirty", Boolean),
    Column("number", Integer, nullable=False, server_default=text("0")),  # from 1, in the order of the ledger itself
)

# One row for each time that a run claimed a firing, or reported it expired. Rows are kept for good.
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
    Column("payload", Text, nullable=False),  # the body of the request, to the byte
    Column("payload_hash", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("reason", Prose),
    Column("http_status", Integer),
    Column("error", Prose),
    Column("bulletins_sent", Integer),
    Column("swept_by", String(26)),  # the run that found it claimed by one that was over, and put it in doubt
    Column("business_event", Prose, nullable=False, server_default=text("''")),  # as in the payload: budgets count it
    Column("local_due", String(16)),  # of what recurs: for which date and time by the clocks of its zone
    # Of an expired firing and of one in doubt: the run whose report shows it, and when that report had been published.
    # It is the run that recorded this, or that took it over. None in rows of older versions: they count as reported.
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

# One row for each time that a person settled a firing in doubt.
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

# One row for each request that may be in flight in an account, leased to a run; free where that run is over.
slots = Table(
    "slots",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1 to the account's concurrency
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("taken_at", Instant, nullable=False),
)

# Up to when every occurrence of a recurring bulletin is recorded in an account: none before it is looked at again.
watches = Table(
    "watches",
    metadata,
    Column("account", Text, primary_key=True),
    Column("bulletin", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("settled_until", Instant, nullable=False),
    Column("looked_at", Instant, nullable=False),  # when a run last looked, and found this schedule:
    Column("times", Text, nullable=False),  # the hash of what its times are made of
)

# One row for each time that a person accepted a ledger that lacks a run, or claims of it, which a machine had seen.
acceptances = Table(
    "acceptances",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("ledger", Text, nullable=False),  # the id of the ledger that held the run
    Column("run", Text, nullable=False),
    Column("number", Integer, nullable=False),  # of the run in that ledger
    Column("claims", Integer, nullable=False),  # of the run, as the machine had seen them
    Column("at", Instant, nullable=False),
    Column("who", Prose, nullable=False),
    Column("host", Prose, nullable=False),
    Column("note", Prose, nullable=False),
)

KEY = (firings.c.account, firings.c.bulletin, firings.c.occurrence)
# Texts, so that an insert can name its index by the same words: PostgreSQL infers none from bound parameters.
BLOCKING_ROWS = text(f"state IN ({', '.join(repr(state.value) for state in BLOCKING)})")
EXPIRED_ROWS = text(f"state = '{State.EXPIRED.value}'")
# Rows that no published report has shown yet.
UNREPORTED_ROWS = text("reporter IS NOT NULL AND reported_at IS NULL")
_unfinished = runs.c.finished_at.is_(None)

# What makes "at most once" true: two rows of one firing can't both be claimed, fired or in doubt.
Index("firings_at_most_once", *KEY, unique=True, sqlite_where=BLOCKING_ROWS, postgresql_where=BLOCKING_ROWS)
# A missed window is reported once.
WINDOW = (*KEY, firings.c.expires_at)
Index("firings_expired_once", *WINDOW, unique=True, sqlite_where=EXPIRED_ROWS, postgresql_where=EXPIRED_ROWS)
Index("firings_by_bulletin", firings.c.bulletin, firings.c.occurrence, firings.c.account)
LOCAL_DUE_ROWS = text("local_due IS NOT NULL")
Index(
    "firings_by_local_due",
    *(firings.c.bulletin, firings.c.local_due, firings.c.account),
    sqlite_where=LOCAL_DUE_ROWS,
    postgresql_where=LOCAL_DUE_ROWS,
)
Index("firings_by_payload", firings.c.payload_hash, firings.c.account, firings.c.claimed_at)
Index("firings_by_state", firings.c.state, firings.c.claimed_at)
Index("firings_by_run", firings.c.run)
# What counts against the budgets of an account.
SPENT = (firings.c.account, firings.c.claimed_at, firings.c.business_event)
Index("firings_spent", *SPENT, sqlite_where=BLOCKING_ROWS, postgresql_where=BLOCKING_ROWS)
Index("firings_unreported", firings.c.reporter, sqlite_where=UNREPORTED_ROWS, postgresql_where=UNREPORTED_ROWS)
Index("runs_unfinished", runs.c.lease_until, sqlite_where=_unfinished, postgresql_where=_unfinished)
Index("runs_by_number", runs.c.number, unique=True)
Index("resolutions_by_firing", resolutions.c.firing)
Index("slots_by_run", slots.c.run)
