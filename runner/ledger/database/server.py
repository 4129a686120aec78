"""PostgreSQL servers: options of a connection, and server settings that are checked each time a ledger is opened.

Bulletins may contain any text, so the encoding of the database must be UTF8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from runner.errors import ErrorCode, UserError
from runner.ledger.database.database_errors import UTF8, shown

# Options of libpq: a lost connection is noticed after about 15 s, instead of the hours that TCP itself takes.
_LIBPQ = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# An option of the connection overrides PGCLIENTENCODING, PGOPTIONS, and the settings of role and database.
_ENCODING = {"client_encoding": "utf8"}
_CREATING = 0x62756C6E  # "buln": a lock key of our own, because other programs may use the database
_PLAIN_NAME = re.compile("[a-z_][a-z0-9_]*")  # names that SQL accepts without quotes
_SETTINGS = select(
    *(func.current_setting(name).label(name) for name in ("server_encoding", "synchronous_commit")),
    func.current_database().label("database"),
)


def connect_options(url: URL) -> Mapping[str, object]:
    """Return the options of a connection to `url`. Options in the URL take precedence, except for the encoding."""
    return {**{name: value for name, value in _LIBPQ.items() if name not in url.query}, **_ENCODING}


def check_settings(connection: Connection, url: URL) -> None:
    """Raise UserError if the database can't store every text, or may lose confirmed writes in a crash."""
    settings = connection.execute(_SETTINGS).one()
    if settings.server_encoding != "UTF8":
        raise UserError(
            ErrorCode.LEDGER_ENCODING,
            f"the database of the ledger {shown(url)} has the encoding {settings.server_encoding}; a ledger needs UTF8",
            help=f"Create another database and name it in the ledger's URL: {_create_database(settings.database)}"
            " An existing ledger moves there with pg_dump and psql.",
        )
    if settings.synchronous_commit == "off":
        raise UserError(
            ErrorCode.LEDGER_NOT_DURABLE,
            f"the ledger {shown(url)} may lose confirmed records in a crash: synchronous_commit is off on its server",
            help="Turn it on for this role: ALTER ROLE … SET synchronous_commit = on",
        )


def _create_database(old: str) -> str:
    name = f"{old}_utf8"
    if not _PLAIN_NAME.fullmatch(name):
        name = '"' + name.replace('"', '""') + '"'
    return f"CREATE DATABASE {name} {UTF8}"


def lock_creation(connection: Connection) -> None:
    """Make other programs that create a ledger in this database wait until this transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
