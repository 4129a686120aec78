"""HTTP connections that record whether a byte of a request may have left, and that end each request at a deadline.

requests and urllib3 have no total deadline, and their exceptions don't show whether a request left. This program has to
know both, because a bulletin can't be recalled.

The rule: an answer counts only for its own request. A connection is used again only after a complete JSON answer that
reports success and does not contradict itself; otherwise it is closed. Interim answers (1xx other than 101) are
skipped. If bytes arrive before a request leaves, the connection is closed. If bytes follow an answer, the connection is
closed and the answer is in doubt: it may be a second answer to the previous request.
"""

from __future__ import annotations

import contextlib
import http
import http.client
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Protocol

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.poolmanager import PoolManager

from runner import clock
from runner.fire.api.answer import is_success
from runner.fire.api.certificates import Authorities
from runner.fire.api.framing import AnswerReader, ChunkedBody

MAX_IDLE_S = 2.0  # a connection that was idle longer is replaced: the server may close it at any moment


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

    def __init__(self, limit_s: float, turn: SendGate) -> None:
        self.head: bytes | None = None
        self.left = False
        self.overdue = False
        self.left_at: datetime | None = None
        self.turn = turn
        self.kept_back: BaseException | None = None  # the exception of the turn that prevented the send
        self.has_more = False
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
        """Milliseconds from the permission to leave until the end of the answer, or until now."""
        return ((self._ended or time.perf_counter()) - self._started) * 1000

    def take_turn(self) -> None:
        """Wait until the request may leave."""
        self.deadline = math.inf
        self._ask(self.turn.take)
        self._restart()

    def check(self) -> None:
        """Perform the last check of the turn before the first byte leaves."""
        self._ask(self.turn.check)

    def _ask(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:
            self.kept_back = error
            raise

    def note_more(self) -> None:
        """Note that more bytes followed the answer. Then the answer may belong to another request."""
        self.has_more = True

    def succeed(self) -> None:
        """Note that the complete answer has arrived and reports success, so that the next request may leave."""
        self._ended = time.perf_counter()
        self.turn.give_back()

    def leave(self) -> None:
        """Note that the request may have been sent from now on."""
        if not self.left:
            self.left_at = clock.now()
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
_current = threading.local()


def _exchange() -> Exchange | None:
    return getattr(_current, "exchange", None)


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
    def exchange(self, limit_s: float, turn: SendGate) -> Iterator[Exchange]:
        """Provide an exchange for the current thread that ends after `limit_s` seconds."""
        exchange = Exchange(limit_s, turn)
        _current.exchange = exchange
        self.watch(exchange)
        try:
            yield exchange
        finally:
            _current.exchange = None
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


class _ObservedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock

    def begin(self) -> None:
        """Read the head, and report a success early if the complete body arrived with the head.

        Interim answers are skipped. 101 is not an interim answer: after it, the connection uses another protocol.
        """
        self.fp = reader = AnswerReader(self.fp.detach(), self._sock)
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]  # otherwise http.client would skip the next head
            super().begin()
        reader.in_head = False
        if reader.framing is None:
            raise http.client.HTTPException("the answer has no head")
        self.will_close = self.will_close or reader.framing.closes
        if self.chunked:
            self.chunked = False
            if self.length is None:  # an answer such as 204 never has a body, even if its head announces one
                self.fp = ChunkedBody(reader)  # type: ignore[assignment]
        if exchange := _exchange():
            reader.on_more = exchange.note_more
            if self.status == http.HTTPStatus.OK and self.length:
                self._look_for_success(reader, exchange)

    def _look_for_success(self, reader: AnswerReader, exchange: Exchange) -> None:
        body = reader.peek()
        # Any other answer may stop the account, so it is judged before the next request may leave.
        if len(body) == self.length and is_success(self.status, body):
            exchange.succeed()


class _Observed:
    """Mixed into urllib3's connections: reports to the thread's exchange what happens on the socket."""

    sock: socket.socket | None
    _is_connecting = False

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if exchange := _exchange():
            exchange.carried_by(sock)
        return sock

    def connect(self) -> None:
        self._is_connecting = True  # bytes for a proxy or TLS are not yet bytes of the request
        try:
            super().connect()  # type: ignore[misc]
        except TimeoutError as error:  # during TLS or a proxy's CONNECT, urllib3 would report an error of the request
            raise ConnectTimeoutError(self, str(error)) from error
        except ConnectionError as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
        finally:
            self._is_connecting = False

    def send(self, data: Any) -> None:
        exchange = _exchange()
        if exchange is not None and not self._is_connecting:
            if exchange.head is None:
                # The head waits for the body: both leave in one call, so until then no byte has left.
                exchange.head = data
                return
            if not exchange.left:
                data = exchange.head + data
                self._get_ready(exchange)
        super().send(data)  # type: ignore[misc]

    def _get_ready(self, exchange: Exchange) -> None:
        if self.sock is None:
            self.connect()
        idle_since = time.monotonic()
        exchange.take_turn()
        self._renew(idle_since)
        exchange.carried_by(self.sock)
        exchange.check()  # the last step before the first byte
        exchange.leave()

    def _renew(self, idle_since: float) -> None:
        """Connect again if the server has closed the connection during the wait for the turn, or may have.

        A request on a connection that is being closed would be in doubt.
        """
        if self.sock is None or time.monotonic() - idle_since > MAX_IDLE_S or _has_spoken(self.sock):
            if self.sock is not None:
                self.sock.close()
                self.sock = None
            self.connect()
            if self.sock is None or _has_spoken(self.sock):
                raise NewConnectionError(self, "the server closed or answered before the request left")  # type: ignore[arg-type]


def _has_spoken(sock: socket.socket) -> bool:
    """Whether the server has closed the connection or sent bytes before a request. TLS's own messages don't count."""
    limit_s = sock.gettimeout()
    sock.settimeout(0)
    try:
        sock.recv(1)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(limit_s)
    return True


class _ObservedHTTPConnection(_Observed, HTTPConnection):
    response_class = _ObservedResponse


class _ObservedHTTPSConnection(_Observed, HTTPSConnection):
    response_class = _ObservedResponse


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _ObservedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _ObservedHTTPSConnection


class ObservedAdapter(HTTPAdapter):
    """The transport of requests over observed connections. Keeps one connection alive, and never retries.

    `authorities` are the certificate authorities that the environment names, if any.
    """

    def __init__(self, authorities: Authorities | None = None) -> None:
        self._authorities = authorities
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Do the same as requests, with observed connections."""
        super().init_poolmanager(*args, **kwargs)
        _observe(self.poolmanager)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do the same as requests, with the environment's authorities. Raises OSError if they can't be read."""
        named = self._authorities
        if named is None or not url.lower().startswith("https"):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        elif (conn.ca_certs, conn.ca_cert_dir) != (named.file, named.folder):  # not yet set: each request calls this
            named.check()
            conn.cert_reqs = "CERT_REQUIRED"
            conn.ca_certs, conn.ca_cert_dir = named.file, named.folder

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Do the same as requests, with observed connections. Raises InvalidSchema for a SOCKS proxy."""
        if str(args[0]).lower().startswith("socks"):
            raise InvalidSchema("SOCKS proxies are not supported: use an HTTP proxy")
        manager = super().proxy_manager_for(*args, **kwargs)
        _observe(manager)
        return manager


def _observe(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
