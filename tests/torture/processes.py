"""Runs of the program as processes that can be killed: forked off a zygote, which is fast, or started from nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from end_to_end.site import Done, Run, Site

from torture.zygote import CLIENT

_TIMEOUT_S = 200.0  # of one process; then it is killed, and found to have been


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
_POLL_S = 0.01


@contextmanager
def starter(*, spawn: bool) -> Iterator[Start]:
    """How to start a run: from nothing, or by a zygote of its own."""
    if spawn:
        yield _spawned
        return
    with _Zygote() as zygote:
        yield zygote.start


@contextmanager
def runner() -> Iterator[Run]:
    """How to have a run done, by a zygote of its own; several may be under way at once."""
    with _Zygote() as zygote:
        yield zygote.run


@contextmanager
def client() -> Iterator[str]:
    """The text of a program that stands for `bulletins`: its runs are forked off a zygote of its own."""
    with tempfile.TemporaryDirectory(prefix="bulletins-door-") as folder:
        door = os.path.join(folder, "door")
        with _Zygote(door):
            yield f"#!{sys.executable} -SE\nDOOR = {door!r}{CLIENT}"


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
    """The zygote as a process: see `torture.zygote`. May be used from several threads."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._lock = threading.Lock()

    def __enter__(self) -> _Zygote:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "torture.zygote", *self._arguments],
            env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def start(self, site: Site, *arguments: str) -> Process:
        output = site.folder / "output"
        return self._start(site.folder, site.whole_environment(), arguments, output, output)

    def run(self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> Done:
        with tempfile.TemporaryDirectory(prefix="bulletins-said-") as said:
            output, errors = Path(said, "output"), Path(said, "errors")
            process = self._start(folder, environment, arguments, output, errors)
            over_at = time.monotonic() + _TIMEOUT_S
            while (code := process.poll()) is None:
                time.sleep(_POLL_S)
                if time.monotonic() > over_at:
                    process.kill()
            return Done(code, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8"))

    def _start(
        self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str], output: Path, errors: Path
    ) -> Process:
        command = {
            "do": "start",
            "arguments": arguments,
            "folder": str(folder),
            "environment": dict(environment),
            "output": str(output),
            "errors": str(errors),
        }
        return _Forked(self.ask(command)["process"], self)

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            self._process.stdin.flush()
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
