"""One client's connection: takes a connected socket, reads requests, writes answers, and breaks it for a fault.

The head is parsed here and not by the standard library, whose handler is slow. Faults need the raw socket anyway.
"""

from __future__ import annotations

import os
import re
import select
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1024 * 1024
DRIP_INTERVAL_S = 0.05
_CHUNK_BYTES = 64 * 1024
_MAX_DRAIN_BYTES = 64 * 1024 * 1024
_LENGTH = re.compile(r"[0-9]{1,15}")
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request. Header names are lower case. If the request can't be read, `flaw` is the status and the text of the
    answer, and the connection ends after it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    keep_alive: bool = True
    flaw: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """One answer. `accepted` is true if the bulletin is raised, even if the client never receives the answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    accepted: bool = False


class Connection:
    """A connected socket. Any method may raise OSError when the client goes away."""

    def __init__(self, connected: socket.socket, closing: Event) -> None:
        self._socket = connected
        self._closing = closing
        self._unread = b""
        self.hanging = False

    def read_request(self) -> ReceivedRequest | None:
        """Return the next request once it is whole, or None when the client has closed."""
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            if len(self._unread) > MAX_HEAD_BYTES:
                return _flawed(431, "Request head too large")
            if not self._read_more():
                return None
        request = _parse_head(self._unread[:end].decode("latin-1"))
        self._unread = self._unread[end + 4 :]
        if request.flaw or not (length := int(request.headers.get("content-length", "0"))):
            return request
        if request.headers.get("expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self._unread) < length:
            if not self._read_more():
                return None
        body, self._unread = self._unread[:length], self._unread[length:]
        return ReceivedRequest(request.method, request.path, request.headers, body, request.keep_alive)

    def _read_more(self) -> bool:
        more = self._socket.recv(_CHUNK_BYTES)
        self._unread += more
        return bool(more)

    def send(self, answer: CannedAnswer, *, keep_alive: bool = True) -> None:
        """Send the answer in one write."""
        self._socket.sendall(_head(answer, len(answer.body), keep_alive=keep_alive) + answer.body)

    def send_part(self, answer: CannedAnswer) -> None:
        """Send half of the body under a Content-Length that promises the whole."""
        half = answer.body[: len(answer.body) // 2]
        self._socket.sendall(_head(answer, len(answer.body), keep_alive=True) + half)

    def drip(self, answer: CannedAnswer, *, head: bool) -> None:
        """Send an endless head, or an endless body, byte by byte until the client or the sandbox goes."""
        if head:
            self._socket.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        else:
            self._socket.sendall(_head(answer, 1 << 40, keep_alive=True))
        while not self._closing.wait(DRIP_INTERVAL_S):
            self._socket.sendall(b"." if head else b" ")

    def hang(self) -> None:
        """Return when the client has closed the connection or the sandbox closes."""
        self.hanging = True
        while self._socket.recv(_CHUNK_BYTES):
            pass

    def is_abandoned(self) -> bool:
        """Whether the connection hangs and its client has closed it. Known at once, before `hang` returns."""
        if not self.hanging:
            return False
        try:
            readable, _, _ = select.select([self._socket], [], [], 0)
            return bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    def reset(self) -> None:
        """Ends the connection with RST."""
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._socket.close()

    def finish(self) -> None:
        """End the connection so that the answer arrives: a close with unread bytes would reset the connection."""
        self._socket.shutdown(socket.SHUT_WR)
        drained = 0
        while drained < _MAX_DRAIN_BYTES and (more := self._socket.recv(_CHUNK_BYTES)):
            drained += len(more)


def _flawed(status: int, text: str, method: str = "", path: str = "") -> ReceivedRequest:
    return ReceivedRequest(method, path, {}, keep_alive=False, flaw=(status, text))


def _parse_head(head: str) -> ReceivedRequest:
    lines = head.split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _flawed(400, "Malformed request line")
    method, path = words[0], words[1].partition("?")[0]
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            return _flawed(400, "Malformed header", method, path)
        headers[name.lower()] = value.strip()
    length = headers.get("content-length")
    if "transfer-encoding" in headers or (length is None and method in _WITH_BODY):
        return _flawed(411, "Content-Length required", method, path)
    if length is not None and not _LENGTH.fullmatch(length):
        return _flawed(400, "Malformed Content-Length", method, path)
    if length is not None and int(length) > MAX_BODY_BYTES:
        return _flawed(413, "Request body too large", method, path)
    wish = headers.get("connection", "").lower()
    keep_alive = wish == "keep-alive" if words[2] == "HTTP/1.0" else wish != "close"
    return ReceivedRequest(method, path, headers, keep_alive=keep_alive)


def _head(answer: CannedAnswer, length_bytes: int, *, keep_alive: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
    if answer.status != 204:
        lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {length_bytes}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def phrase(status: int) -> str:
    """Return the standard's words for a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"
