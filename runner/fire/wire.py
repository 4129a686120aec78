"""HTTP connections that tell what became of a request: whether a byte may have left, and an end at a deadline.

requests and urllib3 have no overall deadline, and their exceptions don't say whether a request went out. For a
call that can't be taken back both matter more than anything else.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.wait import wait_for_read

MAX_IDLE_S = 2.0  # an idle connection may be closed by the far end at any moment


class Exchange:
    """One request on its way. Alive from before the connection is looked for until the answer is read.

    `gate` is called when everything is ready and the first byte is about to leave; it may wait, and an exception
    from it keeps the request back. The time limit counts anew from then.
    """

    def __init__(self, limit_s: float, gate: Callable[[], None]) -> None:
        self.head: bytes | None = None
        self.left = False
        self.overdue = False
        self.left_at: datetime | None = None
        self._limit_s = limit_s
        self._gate = gate
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._restart()

    def _restart(self) -> None:
        self.started = time.perf_counter()
        self.deadline = time.monotonic() + self._limit_s

    def pass_gate(self) -> None:
        """Waits until the request may leave."""
        self.deadline = math.inf
        self._gate()
        self._restart()

    def leave(self) -> None:
        """From here on, the request may have been sent."""
        if not self.left:
            self.left_at = datetime.now(UTC)
            self.left = True

    def carried_by(self, sock: socket.socket | None) -> None:
        """Notes the socket that the request goes over."""
        with self._lock:
            self._socket = sock
        if self.overdue:
            self.abort()

    def abort(self) -> None:
        """Ends the exchange: whoever reads or writes the socket gets an error at once."""
        self.overdue = True
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                # A TLS socket's own shutdown would try to speak TLS; the file descriptor's is what is wanted.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_current = threading.local()


def _exchange() -> Exchange | None:
    return getattr(_current, "exchange", None)


class Deadlines:
    """Ends exchanges that outlive their deadline. One thread for all of a run's requests."""

    def __init__(self) -> None:
        self._exchanges: set[Exchange] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def exchange(self, limit_s: float, gate: Callable[[], None]) -> Iterator[Exchange]:
        """An exchange of this thread that is ended after `limit_s` seconds."""
        exchange = Exchange(limit_s, gate)
        _current.exchange = exchange
        self._watch(exchange)
        try:
            yield exchange
        finally:
            _current.exchange = None
            with self._changed:
                self._exchanges.discard(exchange)

    def _watch(self, exchange: Exchange) -> None:
        with self._changed:
            self._exchanges.add(exchange)
            if self._thread is None:
                self._thread = threading.Thread(target=self._enforce, name="deadlines", daemon=True)
                self._thread.start()
            elif len(self._exchanges) == 1:
                self._changed.notify()

    def _enforce(self) -> None:
        while True:
            with self._changed:
                while not self._exchanges:
                    self._changed.wait()
                now = time.monotonic()
                overdue = [exchange for exchange in self._exchanges if exchange.deadline <= now]
                self._exchanges.difference_update(overdue)
            for exchange in overdue:
                exchange.abort()
            # Deadlines are minutes; looking ten times a second costs nothing and needs no wake-up a request.
            time.sleep(0.1)


class _Observed:
    """Mixed into urllib3's connections: tells this thread's exchange what happens on the socket."""

    sock: socket.socket | None
    _is_connecting = False

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if exchange := _exchange():
            exchange.carried_by(sock)
        return sock

    def connect(self) -> None:
        self._is_connecting = True  # what a proxy or TLS is told is no request yet
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._is_connecting = False

    def send(self, data: Any) -> None:
        exchange = _exchange()
        if exchange is not None and not self._is_connecting:
            if exchange.head is None:
                # The head waits for the body: they leave in one piece, and nothing has left until then.
                exchange.head = data
                return
            if not exchange.left:
                self._get_ready(exchange)
                data = exchange.head + data
        super().send(data)  # type: ignore[misc]

    def _get_ready(self, exchange: Exchange) -> None:
        if self.sock is None:
            self.connect()
        idle_since = time.monotonic()
        exchange.pass_gate()
        self._renew(idle_since)
        exchange.carried_by(self.sock)
        exchange.leave()

    def _renew(self, idle_since: float) -> None:
        """Connects again where the far end has, or may have, closed the connection while it was kept waiting.

        What is sent into a connection that is just being closed would be in doubt.
        """
        if self.sock is None or time.monotonic() - idle_since > MAX_IDLE_S or wait_for_read(self.sock, timeout=0):
            if self.sock is not None:
                self.sock.close()
                self.sock = None
            self.connect()


class _ObservedHTTPConnection(_Observed, HTTPConnection):
    pass


class _ObservedHTTPSConnection(_Observed, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _ObservedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _ObservedHTTPSConnection


class ObservedAdapter(HTTPAdapter):
    """The transport of requests over observed connections: one kept alive, and nothing ever retried."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests makes it, over observed connections."""
        super().init_poolmanager(*args, **kwargs)
        _observe(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same for a proxy from the environment."""
        manager = super().proxy_manager_for(*args, **kwargs)
        _observe(manager)
        return manager


def _observe(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
