"""The port of the sandbox, on 127.0.0.1: accepts or refuses connections, with one thread for each connection.

Takes a function that serves one connected socket. The listener owns all sockets and threads; `close` ends all of them.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

LOOPBACK = "127.0.0.1"
_BACKLOG = 256
_JOIN_S = 5.0


class Listener:
    """A bound port that refuses connections until `open` is called. Raises OSError if the port can't be bound."""

    def __init__(self, port: int, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._lock = Lock()
        self._threads: dict[socket.socket, Thread] = {}
        self._acceptor: Thread | None = None
        self._door = _bind(port)
        self.port: int = self._door.getsockname()[1]

    def open(self) -> None:
        """Accepts connections from now on."""
        if self._acceptor is None:
            self._door.listen(_BACKLOG)
            self._acceptor = Thread(target=self._accept, args=(self._door,), daemon=True)
            self._acceptor.start()

    def refuse(self) -> None:
        """Keeps the port but refuses connections, and drops those that are open."""
        if self._acceptor is not None:
            self._stop_accepting()
            self._drop_connections()
            self._door = _bind(self.port)

    def close(self) -> None:
        """Gives up the port and ends every connection; returns when their threads have ended."""
        if self._acceptor is not None:
            self._stop_accepting()
        self._door.close()
        self._drop_connections()

    def _stop_accepting(self) -> None:
        acceptor, self._acceptor = self._acceptor, None
        # A connection of our own wakes a blocked accept on every platform; closing its socket does not.
        with suppress(OSError):
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        if acceptor is not None:
            acceptor.join(_JOIN_S)
        self._door.close()

    def _drop_connections(self) -> None:
        with self._lock:
            threads = dict(self._threads)
        for connected in threads:
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        deadline_s = time.monotonic() + _JOIN_S
        for thread in threads.values():
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                connected, _ = door.accept()
            except OSError:  # out of file descriptors, or the client gave up in the queue
                time.sleep(0.01)
                if self._acceptor is None:
                    return
                continue
            if self._acceptor is None:
                connected.close()
                return
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = Thread(target=self._serve_connection, args=(connected,), daemon=True)
            with self._lock:
                self._threads[connected] = thread
            thread.start()

    def _serve_connection(self, connected: socket.socket) -> None:
        try:
            with connected, suppress(OSError):  # clients may close at any time
                self._serve(connected)
        finally:
            with self._lock:
                del self._threads[connected]


def _bind(port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let two servers share the port
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((LOOPBACK, port))
    except BaseException:
        door.close()
        raise
    return door
