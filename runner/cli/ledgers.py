"""Find and open the ledger that a command means.

In: the value of --ledger, or None for the usual place. Out: an open Ledger, or the names of its files.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import local, process

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from runner.ledger.ledger import Ledger
    from runner.ledger.values import FiringRow, Identity


def identity() -> Identity:
    """Return who runs this process: user, machine, process id and start of the process."""
    from runner.ledger.values import Identity

    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        who = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return Identity(who, socket.gethostname(), os.getpid(), process.this_process())


def open_ledger(url: str | None) -> Ledger:
    """Open the ledger at `url`, or at its usual place. Raises UserError if it does not exist."""
    from runner.ledger.database.connect import parse_url

    return _opened(parse_url(url or str(local.LEDGER)))


def _opened(url: URL) -> Ledger:
    from runner.ledger.ledger import Ledger

    ledger = Ledger(url)
    # A crashed run of this machine loses its leases now: its firings are in doubt at once, not after the lease time.
    ledger.end_leases(process.is_gone)
    return ledger


def named_ledger() -> bool:
    """Report whether --ledger was given on the command line: commands to copy must then contain it too."""
    source = click.get_current_context().get_parameter_source("ledger_url")
    return source is click.core.ParameterSource.COMMANDLINE


def lingering(rows: Iterable[FiringRow]) -> list[FiringRow]:
    """Return the rows whose run lost its lease while its process still exists on this machine, frozen or slow."""
    return [row for row in rows if row.exit_code is None and process.is_here(row.process)]


def ledger_files(url: str | None) -> list[Path]:
    """Return the paths of the SQLite ledger at `url` or at its usual place, existing or not; none for a server."""
    from runner.ledger.database.connect import parse_url

    parsed = parse_url(url or str(local.LEDGER))
    if parsed.drivername != "sqlite":
        return []
    return [Path(f"{parsed.database}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]


def open_ledger_if_there(url: str | None) -> Ledger | None:
    """Open the ledger at `url`, or at its usual place; None if it does not exist. Leases stay as they are."""
    from runner.ledger.database.connect import exists, parse_url
    from runner.ledger.ledger import Ledger

    parsed = parse_url(url or str(local.LEDGER))
    return Ledger(parsed) if exists(parsed) else None


def open_sandbox_ledger(now: datetime) -> Ledger:
    """Open the sandbox's own ledger; create it first if it is missing."""
    from runner.ledger.database.connect import AlreadyThere, create, exists, parse_url

    url = parse_url(str(local.SANDBOX_LEDGER))
    if not exists(url):
        with contextlib.suppress(AlreadyThere):  # another process created it meanwhile
            create(url, now=now, who=identity().who)
    return _opened(url)
