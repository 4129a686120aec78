"""A pseudo-terminal with the program on it: what a person at a keyboard sees, and types."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import runner

if TYPE_CHECKING:
    from torture.processes import Forked, Zygote

ROOT = Path(runner.__file__).parents[1]
PATIENCE_S = 120.0
# read() of standard input and epoll_wait() on x86-64, read() and epoll_pwait() on ARM. epoll_pwait2() on both.
_READS = ("0 0x0 ", "232 ", "281 ", "63 0x0 ", "22 ", "441 ")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The master's end of a terminal that a process runs on."""

    def __init__(self, master: int, process: subprocess.Popen[bytes] | Forked) -> None:
        self._master = master
        self._process = process
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may come in two pieces
        self.raw = ""

    @property
    def text(self) -> str:
        """What came so far, without colours and movements of the cursor."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def leave(self, keys: str) -> int:
        """Types the keys once the program waits for one, until it ends, and returns the exit code.

        A Ctrl-C between the question and its reading may be lost: Python notes the signal and then waits for a key.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            knows = self._wait_until_it_reads()
            self.type(keys)
            while select.select([self._master], [], [], PATIENCE_S if knows else 3.0)[0]:
                if not self._read():
                    return self._process.wait(timeout=PATIENCE_S)
        raise AssertionError(f"it never ended: {self.text!r}")

    def signal(self, number: int) -> int:
        """Sends a signal once the program waits for a key, and returns the exit code."""
        self._wait_until_it_reads()
        self._process.send_signal(number)
        return self.wait()

    def _wait_until_it_reads(self) -> bool:
        """Returns True once the program waits for a key; False where the system does not say."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                call = Path(f"/proc/{self._process.pid}/syscall").read_text(encoding="ascii")
            except OSError:
                return False
            if call.startswith(_READS):
                return True
            time.sleep(0.005)
        return False

    def wait_for(self, text: str) -> None:
        """Returns once the text has come."""
        while text not in self.text:
            assert self._read(), f"{text!r} never came: {self.text!r}"

    def wait(self) -> int:
        """Reads to the end, and returns the exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=PATIENCE_S)

    def _read(self) -> bool:
        readable, _, _ = select.select([self._master], [], [], PATIENCE_S)
        assert readable, f"nothing more came: {self.text!r}"
        data = b""
        with contextlib.suppress(OSError):  # Linux says so when the last process has ended
            data = os.read(self._master, 65536)
        self.raw += self._decoder.decode(data)
        return bool(data)


@contextmanager
def on_terminal(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    columns: int = 100,
    zygote: Zygote | None = None,
) -> Iterator[Terminal]:
    """Runs `bulletins` on a terminal of its own, as its controlling one, so that Ctrl-C works.

    With a `zygote`, the program need not be imported.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "CI")}
    whole = {**inherited, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **(environment or {})}
    process: subprocess.Popen[bytes] | Forked
    if zygote is not None:
        process = zygote.start(folder, whole, arguments, (slave, slave, slave), on_terminal=True)
    else:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *arguments],
            cwd=folder,
            env=whole,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
    os.close(slave)
    started = time.monotonic()
    try:
        yield Terminal(master, process)
        process.wait(timeout=PATIENCE_S - min(time.monotonic() - started, PATIENCE_S - 1))
    finally:
        process.kill()
        process.wait()
        os.close(master)


# A background job of a script ignores SIGINT, and its children inherit that; what a terminal's shell starts does not.
_MAIN = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from runner.cli import main
main()
"""
