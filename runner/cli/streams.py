"""Standard output and standard error, made so that a full disk behind one of them is told as what it is.

What can't be written to standard output is an error of the command. Standard error has nowhere to tell of its own:
what is said there is lost, and the command goes on, for a run must not end because its log is full.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from runner.errors import UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputLost(UserError):
    """Standard output takes no more; whoever catches it may go on, what is printed after it goes nowhere."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"standard output can't be written: {error.strerror or error}",
            help="Make room there, or let the output go elsewhere. What was recorded or written before that stays.",
        )
        self.is_nobody_there = error.errno == errno.EPIPE  # whoever read it has left, and misses nothing


class _Descriptor(io.FileIO):
    """A descriptor that waits for its reader, also where a parent, as Node does, made the pipe one that never waits."""

    def write(self, data: ReadableBuffer, /) -> int:
        while (size := super().write(data)) is None:
            select.select([], [self], [])
        return size


class _Output(_Descriptor):
    """That of standard output. Raises OutputLost once, and then takes all that comes and drops it."""

    _is_lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self._is_lost or not size:  # click writes nothing to see what it has, and swallows what that raises
            return size
        try:
            return super().write(data)
        except OSError as error:
            self._is_lost = True
            raise OutputLost(error) from None


class _Commentary(_Descriptor):
    """That of standard error: what can't be written is dropped."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def prepare() -> None:
    """To be called once, before anything is printed. No text breaks the streams, and one that is closed swallows all.

    Streams that are no file, as tests and other programs may put there, are left as they are.
    """
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = _prepared(sys.stdout, _Output)
    sys.stderr = _prepared(sys.stderr, _Commentary)


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    # It takes the lowest free descriptor, so that no ledger is opened as what libraries take for standard output.
    return open(os.devnull, mode, encoding="utf-8")


def _prepared(stream: TextIO | None, kind: type[_Output | _Commentary]) -> TextIO:
    if stream is None:
        return _nowhere("w")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)  # python -u puts nothing between
    if type(raw) is not io.FileIO:  # a console of Windows, or not the system's
        stream.reconfigure(errors="backslashreplace")
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(kind(raw.fileno(), "w", closefd=False)),  # which writes on where a disk takes a part
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering or stream.write_through,
    )
