"""Find and open the ledger that a command means.

In: the value of --ledger, or None for the usual place. Out: an open Ledger, or the paths of its files.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock, local, process
from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from runner.ledger.ledger import Ledger
    from runner.ledger.values import FiringRow, Identity


@dataclass(frozen=True, slots=True)
class LedgerChoice:
    """The ledger that the options mean: its URL, or None for the usual place.

    `is_named`: it was given on the command line, so commands to copy must contain it too. `is_sandbox`: it is the
    sandbox's own ledger.
    """

    url: str | None = None
    is_named: bool = False
    is_sandbox: bool = False


def identity() -> Identity:
    """Return who runs this process: user, machine, process id and start of the process."""
    from runner.ledger.values import Identity

    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        who = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return Identity(who, socket.gethostname(), os.getpid(), process.this_process())


def create_ledger(url: str | None) -> None:
    """Create a new, empty ledger at `url`, or at its usual place. Raises UserError if something exists there."""
    from runner.ledger.database.creation import create
    from runner.ledger.database.ledger_url import parse_url

    create(parse_url(url or str(local.LEDGER)), now=clock.now(), who=identity().who)


def open_ledger(url: str | None) -> Ledger:
    """Open the ledger at `url`, or at its usual place. Raises UserError if it does not exist."""
    from runner.ledger.database.ledger_url import parse_url

    return _opened(parse_url(url or str(local.LEDGER)))


def _opened(url: URL) -> Ledger:
    from runner.ledger.ledger import Ledger

    ledger = Ledger(url)
    # A crashed run of this machine loses its leases now: its firings are in doubt at once, not after the lease time.
    ledger.end_leases(process.has_ended)
    return ledger


def lingering(rows: Iterable[FiringRow]) -> list[FiringRow]:
    """Return the rows whose run lost its lease while its process still exists on this machine, frozen or slow."""
    return [row for row in rows if row.exit_code is None and process.is_here(row.process)]


def ledger_files(url: str | None) -> list[Path]:
    """Return the paths of the SQLite ledger at `url` or at its usual place, existing or not; none for a server."""
    from runner.ledger.database.ledger_url import parse_url

    parsed = parse_url(url or str(local.LEDGER))
    if parsed.drivername != "sqlite":
        return []
    return [Path(f"{parsed.database}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]


@contextmanager
def ledger_if_exists(url: str | None, messages: Messages) -> Iterator[Ledger | None]:
    """Open the ledger at `url`, or at its usual place, for a plan. Leases stay as they are.

    If the ledger does not exist, give None, and show a note after the plan was made.
    """
    if url is None and _is_missing(local.LEDGER):  # known without importing SQLAlchemy
        yield None
        _note_missing(messages)
        return
    from runner.ledger.database.ledger_url import exists, parse_url
    from runner.ledger.ledger import Ledger

    parsed = parse_url(url or str(local.LEDGER))
    if exists(parsed):
        with Ledger(parsed) as ledger:
            yield ledger
    else:
        yield None
        _note_missing(messages)


def _note_missing(messages: Messages) -> None:
    messages.note("there is no ledger yet: the plan assumes that nothing was ever sent")


def _is_missing(path: Path) -> bool:
    """Whether nothing exists at a path that can be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def open_sandbox_ledger(now: datetime) -> Ledger:
    """Open the sandbox's own ledger; create it first if it is missing."""
    from runner.ledger.database.creation import AlreadyThere, create
    from runner.ledger.database.ledger_url import exists, parse_url

    url = parse_url(str(local.SANDBOX_LEDGER))
    if not exists(url):
        with contextlib.suppress(AlreadyThere):  # another process created it meanwhile
            create(url, now=now, who=identity().who)
    return _opened(url)
