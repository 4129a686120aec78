"""The life of one request: its permission to leave, its deadline, and whether a byte of it may have left.

requests and urllib3 have no total deadline, and their exceptions don't show whether a request left. This program has to
know both, because a bulletin can't be recalled.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from runner import clock


class SendGate(Protocol):
    """The permission to send one request. If `take` or `check` raises an exception, the request is not sent."""

    def take(self) -> None:
        """Wait until the request may leave. Called when the connection is ready."""

    def check(self) -> None:
        """Check once more that the request may leave. Called right before the first byte."""

    def give_back(self) -> None:
        """Return the permission early. Called as soon as a complete success has arrived, and otherwise not at all."""


class Exchange:
    """One request, from the choice of its connection until its answer has been read.

    The time limit, `limit_s` seconds, starts again when the request has its permission to leave.
    """

    def __init__(self, limit_s: float, permit: SendGate) -> None:
        self.left = False
        self.overdue = False
        self.left_at: datetime | None = None
        self.permit = permit
        self.kept_back: BaseException | None = None  # the exception of the permit that prevented the send
        self._limit_s = limit_s
        self._ended: float | None = None
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._restart()

    def _restart(self) -> None:
        self._started = time.perf_counter()
        self.deadline = time.monotonic() + self._limit_s

    @property
    def latency_ms(self) -> float:
        """Milliseconds from the first byte until the end of the answer, or until now.

        Of a request of which no byte left, from the permission to leave.
        """
        return ((self._ended or time.perf_counter()) - self._started) * 1000

    def wait_for_permit(self) -> None:
        """Wait until the request may leave."""
        self.deadline = math.inf
        self._ask(self.permit.take)
        self._restart()

    def check(self) -> None:
        """Perform the last check of the permit before the first byte leaves."""
        self._ask(self.permit.check)

    def _ask(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:
            self.kept_back = error
            raise

    def succeed(self) -> None:
        """Note that the complete answer has arrived and reports success, so that the next request may leave."""
        self._ended = time.perf_counter()
        self.permit.give_back()

    def leave(self) -> None:
        """Note that the request may have been sent from now on."""
        self.left_at = clock.now()
        self._started = time.perf_counter()
        self.left = True

    def carried_by(self, sock: socket.socket | None) -> None:
        """Note the socket of the request, so that `abort` can shut it down."""
        with self._lock:
            self._socket = sock
        if self.overdue:
            self.abort()

    def abort(self) -> None:
        """End the exchange: a thread that reads or writes its socket gets an error at once."""
        self.overdue = True
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                # The shutdown method of a TLS socket would send TLS messages; this one ends the TCP connection.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_IDLE_S = 1.0  # how long the thread that enforces deadlines waits for another exchange before it ends


class Deadlines:
    """Ends each exchange at its deadline. One thread serves all requests of a run, and ends when there are none."""

    def __init__(self) -> None:
        self._exchanges: set[Exchange] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def thread(self) -> threading.Thread | None:
        """The thread that watches the deadlines, or None if no exchange is in progress."""
        return self._thread

    @contextlib.contextmanager
    def exchange(self, limit_s: float, permit: SendGate) -> Iterator[Exchange]:
        """Provide an exchange that ends after `limit_s` seconds."""
        exchange = Exchange(limit_s, permit)
        self.watch(exchange)
        try:
            yield exchange
        finally:
            with self._changed:
                self._exchanges.discard(exchange)

    def watch(self, exchange: Exchange) -> None:
        """End the exchange at its deadline, unless it ends before."""
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
                # wait_for checks again after its wait: an exchange may start between the end of the wait and the lock.
                if not self._changed.wait_for(lambda: self._exchanges, _IDLE_S):
                    self._thread = None
                    return
                now = time.monotonic()
                overdue = [exchange for exchange in self._exchanges if exchange.deadline <= now]
                self._exchanges.difference_update(overdue)
            for exchange in overdue:
                exchange.abort()
            # Deadlines last minutes: ten checks a second cost nothing, and no request has to wake this thread.
            time.sleep(0.1)
