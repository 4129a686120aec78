"""Servers as processes of a user without rights: neither PostgreSQL nor PgBouncer runs as root."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_USERS = ("postgres", "nobody")
_HOST = "127.0.0.1"
_MEMORY = "/dev/shm"
# Below what Linux gives to outgoing connections: while a server is stopped, none of them must take its port.
_PORTS = range(20_000, 32_000)


class ServerMissingError(Exception):
    """A server can't be started here: what it needs is not installed."""


def run_as() -> dict[str, Any]:
    """Options for `subprocess` under which a server agrees to run; none where we are not root."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in _USERS:
        if name in known:
            return {"user": name, "group": known[name].pw_gid, "extra_groups": []}
    raise ServerMissingError("no user without rights to run a server as")


@contextmanager
def server_folder(name: str, *, in_memory: bool = False) -> Iterator[Path]:
    """A temporary folder that belongs to that user. Not pytest's: the user could not enter it."""
    parent = _MEMORY if in_memory and os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"bulletins-{name}-", dir=parent))
    try:
        give(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def give(path: Path) -> None:
    """Lets that user own `path`."""
    options = run_as()
    if options:
        shutil.chown(path, options["user"], options["group"])


def launch(command: Sequence[str | Path], folder: Path) -> subprocess.Popen[bytes]:
    """The server as a process in `folder`; what it says goes to the file `log` there."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **run_as()
        )


def last_words(folder: Path) -> str:
    """The end of what the server said."""
    log = folder / "log"
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    while True:
        port = random.choice(_PORTS)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True
