"""Runs of the program as processes that can be killed: forked off a zygote, which is fast, or started from nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from end_to_end.site import Done, Site

_TIMEOUT_S = 300.0  # of one process; then it is killed, and found to have been


class Process(Protocol):
    """A run under way."""

    pid: int

    def kill(self) -> None:
        """SIGKILL."""

    def poll(self) -> Any:
        """The same as `wait`, or None while it runs."""

    def wait(self) -> Any:
        """Its exit code, once it has ended; negative where a signal ended it."""


Start = Callable[..., Process]  # (site, *arguments) → a run of `bulletins` there


@contextmanager
def starter(*, spawn: bool) -> Iterator[Start]:
    """How to start a run: from nothing, or by a zygote of its own."""
    if spawn:
        yield _spawned
        return
    with _Zygote() as zygote:
        yield zygote.start


def run(start: Start, site: Site, *arguments: str) -> Done:
    """A run to its end."""
    before = len(output(site))
    code = ended(start(site, *arguments))
    return Done(code, output(site)[before:], "")


def ended(process: Process) -> int:
    """The exit code of a run, which is killed where it takes far too long."""
    watchdog = threading.Timer(_TIMEOUT_S, process.kill)
    watchdog.start()
    try:
        return int(process.wait())
    finally:
        watchdog.cancel()


def output(site: Site) -> str:
    """All that the runs of a site have said."""
    path = site.folder / "output"
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _spawned(site: Site, *arguments: str) -> Process:
    with (site.folder / "output").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments],
            cwd=site.folder,
            env=site.whole_environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )


class _Forked:
    """A child of the zygote, which keeps its id from being given to another process until `wait`."""

    def __init__(self, pid: int, zygote: _Zygote) -> None:
        self.pid = pid
        self._zygote = zygote
        self._code: int | None = None

    def kill(self) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> int | None:
        return self._ask("poll")

    def wait(self) -> int | None:
        return self._ask("wait")

    def _ask(self, what: str) -> int | None:
        if self._code is None:  # once only: afterwards the id is another's
            self._code = self._zygote.ask({"do": what, "process": self.pid})["code"]
        return self._code


class _Zygote:
    """The zygote as a process: see `torture.zygote`."""

    def __enter__(self) -> _Zygote:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "torture.zygote"],
            env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, site: Site, *arguments: str) -> Process:
        command = {
            "do": "start",
            "arguments": arguments,
            "folder": str(site.folder),
            "environment": site.whole_environment(),
            "output": str(site.folder / "output"),
        }
        return _Forked(self.ask(command)["process"], self)

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
