"""Finds where an HTTP answer begins and ends. Takes the bytes of a connection, returns the lines and the body.

Reading is strict: an ambiguous head is refused. http.client accepts an incomplete head, chooses one of two lengths, and
drops the bytes that follow an answer. So the answer to one request could be read as the answer to another.
Source of the rules: RFC 9112, sections 2, 5, 6 and 7.
"""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead

MAX_HEAD_BYTES = 256 * 1024  # of one answer, including the interim answers before it and the lines between its chunks

_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]*"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) [1-5][0-9]{2}(?: " + _TEXT + rb")?\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(" + _TEXT + rb")\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;" + _TEXT + rb")?\r\n")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_BLANK = (b"\r\n", b"\n")


@dataclass(frozen=True, slots=True)
class Framing:
    """How the end of an answer is found, according to its head."""

    chunked: bool
    closes: bool  # the server closes the connection after the answer


def framing(head: Sequence[bytes]) -> Framing:
    """Read the lines of a head, from the status line to the blank line. Raises HTTPException if it is malformed."""
    status_line = _STATUS_LINE.fullmatch(head[0])
    if not status_line:
        raise HTTPException("the answer's status line is malformed")
    values: dict[bytes, list[bytes]] = {b"content-length": [], b"transfer-encoding": [], b"connection": []}
    for line in head[1:-1]:
        field = _FIELD.fullmatch(line)
        if not field:
            raise HTTPException("a line in the answer's head is malformed")
        values.get(field[1].lower(), []).append(field[2].strip(b" \t").lower())
    lengths, codings, connection = values.values()
    is_old = status_line[1] == b"0"
    if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or (codings and is_old):
        raise HTTPException("the answer's head states its length twice, or in an unknown way")
    if not all(map(_LENGTH.fullmatch, lengths)):
        raise HTTPException("the answer's Content-Length is not a number")
    return Framing(bool(codings), is_old or any(b"close" in value for value in connection))


class AnswerReader(io.BufferedReader):
    """The bytes of one answer. Checks each head as soon as its blank line has been read.

    `on_more` is called if more bytes have arrived after the answer when the reader is closed.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__(raw)
        self.in_head = True
        self.framing: Framing | None = None  # of the last complete head
        self.on_more: Callable[[], None] | None = None
        self._sock = sock
        self._head: list[bytes] = []
        self._head_bytes = 0

    def readline(self, limit: int | None = -1) -> bytes:
        """Return a line, or nothing at the end of the connection. Raises HTTPException if the head is unusable."""
        line = super().readline(limit)
        self._head_bytes += len(line)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HTTPException(f"the head of the answer is longer than {MAX_HEAD_BYTES:,} bytes")
        if self.in_head:
            self._add(line)
        return line

    def _add(self, line: bytes) -> None:
        if self._head and not line:
            raise HTTPException("the head of the answer is incomplete")
        self._head.append(line)
        if line in _BLANK and len(self._head) > 1:
            self.framing = framing(self._head)
            self._head = []

    def close(self) -> None:
        """Close the reader, after a check whether more bytes have arrived."""
        if not self.closed and self.on_more is not None and self._has_more():
            self.on_more()
        super().close()

    def _has_more(self) -> bool:
        limit_s = self._sock.gettimeout()
        try:
            self._sock.settimeout(0)  # return at once
            return bool(self.peek(1))
        except (OSError, ValueError):  # no more bytes; a broken connection is noticed before the next request
            return False
        finally:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(limit_s)


class ChunkedBody:
    """The body of a chunked answer, without the sizes of the chunks."""

    def __init__(self, reader: AnswerReader) -> None:
        self._reader = reader
        self._left: int | None = 0  # bytes of the current chunk; None after the last chunk

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, or none at the end. Raises HTTPException for a malformed or incomplete body."""
        if self._left == 0:
            self._begin_chunk()
        if self._left is None:
            return b""
        wanted = min(size, self._left)
        data = self._reader.read(wanted)
        if len(data) < wanted:
            raise IncompleteRead(data, self._left - len(data))
        self._left -= wanted
        if not self._left and self._reader.read(2) != b"\r\n":
            raise HTTPException("a chunk of the answer is longer than its size")
        return data

    def _begin_chunk(self) -> None:
        chunk = _CHUNK.fullmatch(self._reader.readline(MAX_HEAD_BYTES))
        if not chunk:
            raise HTTPException("the size of a chunk of the answer is malformed")
        self._left = int(chunk[1], 16) or None
        if self._left is None:
            while (line := self._reader.readline(MAX_HEAD_BYTES)) != b"\r\n":
                if not _FIELD.fullmatch(line):
                    raise HTTPException("a line after the chunks of the answer is malformed or missing")

    def flush(self) -> None:
        """Do nothing. http.client calls this method."""

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()
