"""A PostgreSQL cluster of one's own: in a temporary folder, on a free loopback port, to be stopped and killed at will.

It is as durable as a real one (fsync stays on), and trusts whoever connects.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from servers.unprivileged import (
    ServerMissingError,
    free_port,
    is_free,
    last_words,
    launch,
    run_as,
    server_folder,
)

USER = "bulletins"
Mode = Literal["fast", "immediate"]
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_PATIENCE_S = 60.0


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest where there are several; None where there is none."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")  # where Debian keeps them, off the PATH
    candidates += sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


class PrivatePostgres:
    """A cluster that lives as long as the `with` block. `url` is its database `postgres`.

    With its files `in_memory`, where that can be, it forgets no more than on a disk: the machine does not go down here.
    """

    def __init__(self, *, in_memory: bool = False) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise ServerMissingError("no PostgreSQL server is installed here")
        if importlib.util.find_spec("psycopg") is None:
            raise ServerMissingError("psycopg is not installed")
        self._binaries = binaries
        self._in_memory = in_memory
        self._process: subprocess.Popen[bytes] | None = None
        self._has_answered = False  # since it was started
        self._undo = ExitStack()
        self.port = 0

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._folder = undo.enter_context(server_folder("postgres", in_memory=self._in_memory))
            self._data = self._folder / "data"
            self._make()
            self.port = free_port()
            self.start()
            undo.callback(self.stop, "immediate")
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return url_of(self.port, "postgres")

    def new_database(self) -> str:
        """Makes an empty database; returns its URL."""
        return new_database(self.port)

    def start(self) -> None:
        """Starts the server, and returns once it answers. Where it runs, nothing is done."""
        if self._has_answered and self._process is not None and self._process.poll() is None:
            return
        deadline = time.monotonic() + _PATIENCE_S
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL does not answer:\n{last_words(self._folder)}")
            # It ends at once while a process of the one before still lives; then another try helps.
            if self._process is None or self._process.poll() is not None:
                self._process = launch(self._command(), self._folder)
            time.sleep(0.02)
        self._has_answered = True

    def stop(self, mode: Mode = "fast") -> None:
        """`fast` cuts the sessions off and writes all down; `immediate` is a crash, to be recovered from."""
        self._end(_SIGNALS[mode])

    def kill(self) -> None:
        """SIGKILL, as when the machine's memory runs out; returns once the port is free."""
        self._end(signal.SIGKILL)

    def restart(self, mode: Mode = "fast", *, down_s: float = 0.0) -> None:
        """Stops it and starts it again, `down_s` later."""
        self.stop(mode)
        time.sleep(down_s)
        self.start()

    def _make(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={USER}", "--no-sync"]
        made = subprocess.run(
            [self._binaries / "initdb", *options, "--pgdata", self._data],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **run_as(),
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stderr}")

    def _command(self) -> list[str]:
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
        pairs = itertools.chain.from_iterable(("-c", setting) for setting in settings)
        return [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port), *pairs]

    def _answers(self) -> bool:
        import psycopg

        if self._process is None or self._process.poll() is not None:
            return False
        try:
            with psycopg.connect(_conninfo(self.port), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _end(self, how: signal.Signals) -> None:
        self._has_answered = False
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        self._process.wait(_PATIENCE_S)
        self._process = None
        deadline = time.monotonic() + _PATIENCE_S
        while not is_free(self.port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"port {self.port} is still taken")
            time.sleep(0.01)


def url_of(port: int, database: str) -> str:
    """The URL of a ledger in that database of a server on loopback."""
    return f"postgresql+psycopg://{USER}@127.0.0.1:{port}/{database}"


def new_database(port: int) -> str:
    """Makes an empty database on that server; returns its URL."""
    import psycopg

    name = f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(_conninfo(port), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url_of(port, name)


def new_schema(port: int) -> str:
    """Makes an empty schema in that server's first database; returns its URL. It costs less than a database."""
    import psycopg

    name = f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(_conninfo(port), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{url_of(port, 'postgres')}?options=-csearch_path%3D{name}"


def _conninfo(port: int) -> str:
    return f"host=127.0.0.1 port={port} user={USER} dbname=postgres"
