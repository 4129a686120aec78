"""Finds where an HTTP answer begins and ends. Takes the bytes of a connection, returns the head and the body.

Reading is strict: an ambiguous head is refused. http.client accepts an incomplete head, chooses one of two lengths, and
drops the bytes that follow an answer. So the answer to one request could be read as the answer to another.
Source of the rules: RFC 9112, sections 2, 5, 6 and 7.
"""

from __future__ import annotations

import http
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException, RemoteDisconnected

MAX_HEAD_BYTES = 256 * 1024  # of one answer, including the interim answers before it and the lines between its chunks
MAX_LINE_BYTES = 64 * 1024
MAX_FIELDS = 100  # of one head
_RECEIVED_BYTES = 64 * 1024

_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]*"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: " + _TEXT + rb")?\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(" + _TEXT + rb")\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;" + _TEXT + rb")?\r\n")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_BLANK = (b"\r\n", b"\n")
_FRAMING_FIELDS = (b"content-length", b"transfer-encoding", b"connection", b"content-encoding")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of an answer says about its status and its body.

    `length_bytes` is None if the body ends with the connection, or is `chunked`. `encoding` is how the body is
    compressed, or empty. `closes` is true if the server closes the connection after the answer.
    """

    status: int
    length_bytes: int | None
    chunked: bool
    encoding: str
    closes: bool


def parse_head(lines: Sequence[bytes]) -> Head:
    """Read the lines of a head, from the status line to the blank line. Raises HTTPException if it is malformed."""
    status_line = _STATUS_LINE.fullmatch(lines[0])
    if not status_line:
        raise HTTPException("the answer's status line is malformed")
    values: dict[bytes, list[bytes]] = {name: [] for name in _FRAMING_FIELDS}
    for line in lines[1:-1]:
        field = _FIELD.fullmatch(line)
        if not field:
            raise HTTPException("a line in the answer's head is malformed")
        if (name := field[1].lower()) in values:
            values[name].append(field[2].strip(b" \t").lower())
    lengths, codings, connection, encodings = values.values()
    is_old, status = status_line[1] == b"0", int(status_line[2])
    if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or (codings and is_old):
        raise HTTPException("the answer's head states its length twice, or in an unknown way")
    if not all(map(_LENGTH.fullmatch, lengths)):
        raise HTTPException("the answer's Content-Length is not a number")
    length_bytes = int(lengths[0]) if lengths else None
    is_chunked = bool(codings)
    if status < 200 or status in (http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_MODIFIED):
        length_bytes, is_chunked = 0, False  # such an answer never has a body, even if its head announces one
    return Head(
        status,
        length_bytes,
        is_chunked,
        b", ".join(encodings).decode("latin-1"),
        is_old or any(b"close" in value for value in connection) or (length_bytes is None and not is_chunked),
    )


class AnswerReader:
    """Reads one answer from a socket: first `read_head`, then `read` until it returns no bytes.

    All methods raise OSError if the connection breaks, and HTTPException if the answer is malformed or incomplete.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._unread = b""
        self._head_bytes = 0
        self._left: int | None = 0  # bytes of the body, or of its present chunk; None if it ends with the connection
        self._chunked = False
        self.closed = False  # urllib3 asks for this where it decompresses a body

    def read_head(self) -> Head:
        """Return the head of the answer. Interim answers are skipped.

        101 is not an interim answer: after it, the connection uses another protocol.
        """
        head = self._one_head()
        while head.status < 200 and head.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            head = self._one_head()
        self._chunked, self._left = head.chunked, 0 if head.chunked else head.length_bytes
        return head

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the body, or none at its end."""
        if self._chunked and not self._left:
            self._begin_chunk()
        if self._left == 0:
            return b""
        if not self._unread and not self._receive():
            if self._left is None:
                return b""
            raise HTTPException(f"the answer ends {self._left:,} bytes too early")
        wanted = size if self._left is None else min(size, self._left)
        data, self._unread = self._unread[:wanted], self._unread[wanted:]
        if self._left is not None:
            self._left -= len(data)
            if self._chunked and not self._left:
                self._end_chunk()
        return data

    def has_more(self) -> bool:
        """Whether bytes have arrived that do not belong to the answer, which has been read completely."""
        return bool(self._unread) or bool(received_now(self._socket))

    def close(self) -> None:
        """Do nothing: the socket belongs to the connection. urllib3 calls this at the end of a compressed body."""

    def _one_head(self) -> Head:
        lines = [self._line()]
        if not lines[0]:
            raise RemoteDisconnected("Remote end closed connection without response")
        while lines[-1] not in _BLANK or len(lines) == 1:
            lines.append(line := self._line())
            if not line:
                raise HTTPException("the head of the answer is incomplete")
            if len(lines) > MAX_FIELDS + 2:
                raise HTTPException(f"the head of the answer has more than {MAX_FIELDS} fields")
        return parse_head(lines)

    def _line(self) -> bytes:
        """Return the next line with its end, or without one at the end of the connection."""
        while (end := self._unread.find(b"\n") + 1) == 0 and len(self._unread) <= MAX_LINE_BYTES:
            if not self._receive():
                end = len(self._unread)
                break
        if end == 0 < len(self._unread) or end > MAX_LINE_BYTES:
            raise HTTPException(f"a line in the answer's head is longer than {MAX_LINE_BYTES:,} bytes")
        self._head_bytes += end
        if self._head_bytes > MAX_HEAD_BYTES:
            raise HTTPException(f"the head of the answer is longer than {MAX_HEAD_BYTES:,} bytes")
        line, self._unread = self._unread[:end], self._unread[end:]
        return line

    def _receive(self) -> bool:
        data = self._socket.recv(_RECEIVED_BYTES)
        self._unread += data
        return bool(data)

    def _begin_chunk(self) -> None:
        chunk = _CHUNK.fullmatch(self._line())
        if not chunk:
            raise HTTPException("the size of a chunk of the answer is malformed")
        self._left = int(chunk[1], 16)
        if not self._left:
            self._chunked = False
            while (line := self._line()) != b"\r\n":
                if not _FIELD.fullmatch(line):
                    raise HTTPException("a line after the chunks of the answer is malformed or missing")

    def _end_chunk(self) -> None:
        while len(self._unread) < 2 and self._receive():
            pass
        end, self._unread = self._unread[:2], self._unread[2:]
        if end != b"\r\n":
            raise HTTPException("a chunk of the answer is longer than its size")


def received_now(sock: socket.socket) -> bytes | None:
    """Return a byte that the server has sent, empty bytes if it has closed the connection, or None if neither.

    TLS's own messages don't count. A connection that is broken counts as closed.
    """
    limit_s = sock.gettimeout()
    sock.settimeout(0)
    try:
        return sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    except OSError:
        return b""
    finally:
        sock.settimeout(limit_s)
