"""PgBouncer before a private PostgreSQL, one server session a transaction: what a session keeps is soon another's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from servers.postgres import USER, PrivatePostgres, url_of
from servers.unprivileged import ServerMissingError, free_port, give, last_words, launch, server_folder

_PATIENCE_S = 60.0
# Fewer server sessions than clients, so that transactions do change sessions.
_SETTINGS = """
    [databases]
    * = host=127.0.0.1 port={server}
    [pgbouncer]
    listen_addr = 127.0.0.1
    listen_port = {port}
    unix_socket_dir =
    auth_type = trust
    auth_file = {users}
    pool_mode = transaction
    default_pool_size = 3
    max_client_conn = 200
"""


def find_pgbouncer() -> str | None:
    """The program, or None."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


class PgBouncer:
    """Every database of `postgres`, by transaction, as long as the `with` block lasts."""

    def __init__(self, postgres: PrivatePostgres) -> None:
        program = find_pgbouncer()
        if program is None:
            raise ServerMissingError("no PgBouncer is installed here")
        self._program = program
        self._postgres = postgres
        self._undo = ExitStack()
        self.port = 0

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            folder = undo.enter_context(server_folder("pgbouncer"))
            self.port = free_port()
            process = launch([self._program, self._configure(folder)], folder)
            undo.callback(_end, process)
            self._wait(process, folder)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def url(self) -> str:
        """The URL of the server's first database, through the pooler."""
        return url_of(self.port, "postgres")

    def url_through(self, url: str) -> str:
        """The URL of one of the server's databases, through the pooler."""
        return url_of(self.port, url.rsplit("/", 1)[1])

    def _configure(self, folder: Path) -> Path:
        users, settings = folder / "users.txt", folder / "pgbouncer.ini"
        users.write_text(f'"{USER}" ""\n', encoding="utf-8")
        text = textwrap.dedent(_SETTINGS).format(server=self._postgres.port, port=self.port, users=users)
        settings.write_text(text, encoding="utf-8")
        for path in (users, settings):
            give(path)
        return settings

    def _wait(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PgBouncer does not run:\n{last_words(folder)}") from None
                time.sleep(0.02)
            else:
                return


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.kill(process.pid, signal.SIGTERM)  # at once; SIGINT would wait for the clients
    process.wait(_PATIENCE_S)
