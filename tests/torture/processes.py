"""Runs of the program as processes that can be killed: forked off a zygote, which is fast, or started from nothing."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from end_to_end.site import Done, Process, Site

from torture.zygote import CLIENT

_TIMEOUT_S = 200.0  # of one process; then it is killed, and found to have been


Start = Callable[..., Process]  # (site, *arguments) → a run of `bulletins` there


@contextmanager
def starter(*, spawn: bool) -> Iterator[Start]:
    """How to start a run: from nothing, or by a zygote of its own."""
    if spawn:
        yield _spawned
        return
    with Zygote() as zygote:
        yield zygote.start_at


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
            text=True,
        )


class Forked:
    """A child of the zygote, used as `subprocess.Popen` is. Its id is given to no other process until `wait`."""

    def __init__(self, pid: int, zygote: Zygote) -> None:
        self.pid = pid
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self.returncode: int | None = None
        self._zygote = zygote
        self._stdin = -1

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        if self.returncode is None:  # once only: afterwards the id is another's
            self.returncode = self._zygote.ask({"do": "poll", "process": self.pid})["code"]
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            watched = os.pidfd_open(self.pid)
            try:
                if not select.select([watched], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired("bulletins", timeout or 0)
            finally:
                os.close(watched)
            self.returncode = self._zygote.ask({"do": "wait", "process": self.pid})["code"]
        assert self.returncode is not None
        return self.returncode

    def type(self, text: str) -> None:
        """Writes to its standard input, where it has one that never ends."""
        os.write(self._stdin, text.encode())

    def communicate(self) -> tuple[str, str]:
        """All that it still says on its two streams, once it has ended."""
        assert self.stdout is not None
        assert self.stderr is not None
        with ThreadPoolExecutor(1) as pool:
            errors = pool.submit(self.stderr.read)
            said = self.stdout.read()
            found = said, errors.result()
        self.wait()
        return found

    def use_pipes(self, stdout: int, stderr: int, stdin: int) -> None:
        """Takes the other ends of its streams; `stdin` is -1 where there is none."""
        self.stdout, self.stderr = (os.fdopen(end, encoding="utf-8") for end in (stdout, stderr))
        self._stdin = stdin

    def close(self) -> None:
        """Closes the pipes."""
        for stream in filter(None, (self.stdout, self.stderr)):
            stream.close()
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1


class Zygote:
    """The zygote as a process: see `torture.zygote`. May be used from several threads."""

    def __init__(self, through: Sequence[str] = ()) -> None:
        """`through` is a command that the zygote is run by."""
        self._through = through
        self._lock = threading.Lock()

    def __enter__(self) -> Zygote:
        self._folder = tempfile.TemporaryDirectory(prefix="bulletins-door-")
        self._door = os.path.join(self._folder.name, "door")
        self._commands, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = os.pathsep.join(path for path in sys.path if path)
        with theirs:
            self._process = subprocess.Popen(
                [*self._through, sys.executable, "-P", "-m", "torture.zygote", self._door],
                env={**os.environ, "PYTHONPATH": paths, "PYTHONWARNINGS": "error"},
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
            )
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._commands.close()
        self._process.communicate()
        self._folder.cleanup()

    @property
    def client(self) -> str:
        """The text of a program that replaces `bulletins`: its runs are forked off this zygote."""
        return f"#!{sys.executable} -SE\nDOOR = {self._door!r}{CLIENT}"

    def start(
        self,
        folder: Path,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        streams: Sequence[int],
        *,
        on_terminal: bool = False,
        finalizes: bool = False,
        script: str | None = None,
    ) -> Forked:
        """A run with these three descriptors as its streams; `on_terminal`, they are its controlling terminal.

        With `finalizes`, the interpreter ends as it always does, so that the last word about streams is its own. With
        `script`, a Python file is run instead of the program.
        """
        command = {
            "do": "start",
            "arguments": arguments,
            "folder": str(folder),
            "environment": dict(environment),
            "on_terminal": on_terminal,
            "finalizes": finalizes,
            "script": script,
        }
        return Forked(self.ask(command, streams)["process"], self)

    def start_at(self, site: Site, *arguments: str) -> Forked:
        """A run at a site; what it says is added to a file there."""
        with (site.folder / "output").open("ab") as out, open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno(), out.fileno(), out.fileno())
            return self.start(site.folder, site.whole_environment(), arguments, streams)

    @contextmanager
    def started(
        self,
        folder: Path,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        *,
        stdin: bool = False,
        script: str | None = None,
    ) -> Iterator[Forked]:
        """A run whose output is read from pipes. With `stdin`, its standard input never ends; else it is empty.

        With `script`, a Python file is run instead of the program. The run is killed if it has not ended in time, or
        when the block is left.
        """
        (out, its_out), (errors, its_errors) = os.pipe(), os.pipe()
        its_stdin, typed = os.pipe() if stdin else (os.open(os.devnull, os.O_RDONLY), -1)
        its_streams = (its_stdin, its_out, its_errors)
        process = self.start(folder, environment, arguments, its_streams, script=script)
        for stream in its_streams:
            os.close(stream)
        process.use_pipes(out, errors, typed)
        watchdog = threading.Timer(_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            process.close()

    def run(self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str]) -> Done:
        """A run to its end."""
        with self.started(folder, environment, arguments) as process:
            out, errors = process.communicate()
        assert process.returncode is not None
        return Done(process.returncode, out, errors)

    def ask(self, command: dict[str, Any], streams: Sequence[int] = ()) -> dict[str, Any]:
        """What the zygote answers."""
        with self._lock:
            socket.send_fds(self._commands, [json.dumps(command).encode()], streams)
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
