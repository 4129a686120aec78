"""Standard output and standard error that handle a full disk or a closed pipe.

If standard output can't be written, the command ends with an error. If standard error can't be written, its text is
dropped and the command goes on: a run must not end because its log is full.
"""

from __future__ import annotations

import io
import os
import select
import sys
from typing import TYPE_CHECKING, Literal, TextIO

from runner.errors import OutputLost

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Descriptor(io.FileIO):
    """A descriptor that waits for its reader, also if the parent process (Node does so) made the pipe non-blocking."""

    def write(self, data: ReadableBuffer, /) -> int:
        while (size := super().write(data)) is None:
            select.select([], [self], [])
        return size


class _Output(_Descriptor):
    """The descriptor of standard output. Raises OutputLost once, and drops all later output."""

    _is_lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        size = memoryview(data).nbytes
        if self._is_lost or not size:  # click probes a stream with an empty write and hides errors
            return size
        try:
            return super().write(data)
        except OSError as error:
            self._is_lost = True
            raise OutputLost(error) from None


class _Commentary(_Descriptor):
    """The descriptor of standard error: output that can't be written is dropped."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def prepare() -> None:
    """Replace the standard streams. Call it once, before anything is printed.

    Afterwards no character causes an encoding error, and output to a closed stream is dropped. Streams that are not
    files, as in tests or inside of other programs, stay as they are.
    """
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = _prepared(sys.stdout, _Output)
    sys.stderr = _prepared(sys.stderr, _Commentary)


def _nowhere(mode: Literal["r", "w"]) -> TextIO:
    # Takes the lowest free descriptor. Else a ledger could get it, and a library could write its output into it.
    return open(os.devnull, mode, encoding="utf-8")


def _prepared(stream: TextIO | None, kind: type[_Output | _Commentary]) -> TextIO:
    if stream is None:
        return _nowhere("w")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)  # with python -u there is no buffer
    if type(raw) is not io.FileIO:  # a Windows console, or another program's stream
        stream.reconfigure(errors="backslashreplace")
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(kind(raw.fileno(), "w", closefd=False)),  # repeats after a partial write
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering or stream.write_through,
    )
