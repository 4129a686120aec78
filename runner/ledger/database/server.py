"""What a ledger needs of a PostgreSQL server: the options of a connection, and settings that are checked at each open.

A set may hold any text, so the database must hold any text: its encoding has to be UTF8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from runner.errors import UserError
from runner.ledger.database.database_errors import UTF8, shown

# Of libpq: a server that was cut off is given up after some 15 s, not after the hours that TCP itself takes.
_LIBPQ = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# A connection's own option wins over PGCLIENTENCODING, PGOPTIONS, and the settings of the role and the database.
_ENCODING = {"client_encoding": "utf8"}
_CREATING = 0x62756C6E  # "buln": the key of a lock, for other programs may use the database
_PLAIN_NAME = re.compile("[a-z_][a-z0-9_]*")  # one that SQL takes without quotes
_SETTINGS = select(
    *(func.current_setting(name).label(name) for name in ("server_encoding", "synchronous_commit")),
    func.current_database().label("database"),
)


def connect_options(url: URL) -> Mapping[str, object]:
    """The options of a connection to the database at `url`: the user's where it has them, except the encoding."""
    return {**{name: value for name, value in _LIBPQ.items() if name not in url.query}, **_ENCODING}


def check_settings(connection: Connection, url: URL) -> None:
    """Raises UserError where the database can't keep every text, or may lose what it has confirmed."""
    settings = connection.execute(_SETTINGS).one()
    if settings.server_encoding != "UTF8":
        raise UserError(
            f"the database of the ledger {shown(url)} has the encoding {settings.server_encoding}; a ledger needs UTF8",
            help=f"Create another database and name it in the ledger's URL: {_create_database(settings.database)}"
            " An existing ledger moves there with pg_dump and psql.",
        )
    if settings.synchronous_commit == "off":
        raise UserError(
            f"the ledger {shown(url)} may lose what it confirmed: synchronous_commit is off there",
            help="Turn it on for this role: ALTER ROLE … SET synchronous_commit = on",
        )


def _create_database(old: str) -> str:
    name = f"{old}_utf8"
    if not _PLAIN_NAME.fullmatch(name):
        name = '"' + name.replace('"', '""') + '"'
    return f"CREATE DATABASE {name} {UTF8}"


def lock_creation(connection: Connection) -> None:
    """Lets one program at a time create a ledger in this database, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
