"""Where the torture takes place: a site in a temporary folder, its ledger a file or a fresh database."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from end_to_end.site import Hold, Site
from servers.postgres import PrivatePostgres, new_database

from runner.sandbox.server import Sandbox
from torture.processes import output
from torture.promise import BrokenPromiseError, Verdict, judge

LEDGERS = ("sqlite", "postgresql")


@contextmanager
def server(ledger: str) -> Iterator[int | None]:
    """The port of a PostgreSQL server of our own; None where the ledger is to be a file."""
    with ExitStack() as stack:
        yield stack.enter_context(PrivatePostgres()).port if ledger == "postgresql" else None


@contextmanager
def new_site(ids: list[str], *, latency_s: float, port: int | None) -> Iterator[Site]:
    """A site with those bulletins and an empty ledger, on the server at `port` if there is one."""
    hold = Hold()
    with (
        tempfile.TemporaryDirectory(prefix="bulletins-torture-") as folder,
        Sandbox(latency_s=latency_s, on_answer=hold) as sandbox,
    ):
        site = Site(Path(folder), sandbox, ledger=new_database(port) if port else None, hold=hold)
        site.environment["XDG_STATE_HOME"] = os.path.join(folder, "state")
        site.write_accounts()
        site.make_ledger()
        site.write_bulletins(ids)
        yield site


def verdict(site: Site, ids: list[str], raised: Mapping[str, int] | None = None) -> Verdict:
    """Whether the promise was kept there, taken that no run is alive; `raised` is the sandbox's count if left out."""
    wait_for_writes(site)
    rows = [tuple(row.split(" ")) for row in site.query("SELECT bulletin || ' ' || state FROM firings")]
    return judge(ids, site.accepted() if raised is None else raised, rows)


def wait_for_writes(site: Site) -> None:
    """Returns once no process is connected any more: a server may still be doing what a dead one asked for."""
    if site.ledger is None:
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 60
    while site.query(others) != [0]:
        if time.monotonic() > deadline:
            raise TimeoutError("a dead process's session is still open after 60 s")
        time.sleep(0.005)


def must(holds: Any, what: str, seed: object, site: Site) -> None:
    """Raises BrokenPromiseError unless `holds`, with the seed and the end of what the runs said."""
    if not holds:
        raise BrokenPromiseError(f"seed {seed}: {what}\n{output(site)[-3000:]}")
