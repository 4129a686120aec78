"""Which ledger a command means, opened."""

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
    from runner.ledger.values import Identity, Row


def identity() -> Identity:
    """This user, machine and process."""
    from runner.ledger.values import Identity

    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        who = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return Identity(who, socket.gethostname(), os.getpid(), process.this_process())


def open_ledger(url: str | None) -> Ledger:
    """The ledger at `url`, or at its usual place. Raises UserError where there is none."""
    from runner.ledger.database.connect import parse_url

    return _opened(parse_url(url or str(local.LEDGER)))


def _opened(url: URL) -> Ledger:
    from runner.ledger.ledger import Ledger

    ledger = Ledger(url)
    # What a crashed run of this machine held is in doubt at once, not only when its lease runs out.
    ledger.end_leases(process.is_gone)
    return ledger


def named_ledger() -> bool:
    """Whether the command line itself names the ledger, so that commands to copy must name it too."""
    source = click.get_current_context().get_parameter_source("ledger_url")
    return source is click.core.ParameterSource.COMMANDLINE


def lingering(rows: Iterable[Row]) -> list[Row]:
    """Those rows whose run lost its lease but not its process, which is still on this machine, frozen or slow."""
    return [row for row in rows if row.exit_code is None and process.is_here(row.process)]


def ledger_files(url: str | None) -> list[Path]:
    """The files of the ledger at `url`, or at its usual place, there or not; none of a server."""
    from runner.ledger.database.connect import parse_url

    parsed = parse_url(url or str(local.LEDGER))
    if parsed.drivername != "sqlite":
        return []
    return [Path(f"{parsed.database}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]


def open_ledger_if_there(url: str | None) -> Ledger | None:
    """The same, or None where there is nothing at that place."""
    from runner.ledger.database.connect import exists, parse_url
    from runner.ledger.ledger import Ledger

    parsed = parse_url(url or str(local.LEDGER))
    return Ledger(parsed) if exists(parsed) else None


def open_sandbox_ledger(now: datetime) -> Ledger:
    """The sandbox's own ledger, made where it is not there yet."""
    from runner.ledger.database.connect import AlreadyThere, create, exists, parse_url

    url = parse_url(str(local.SANDBOX_LEDGER))
    if not exists(url):
        with contextlib.suppress(AlreadyThere):  # another process has made it meanwhile
            create(url, now=now, who=identity().who)
    return _opened(url)
