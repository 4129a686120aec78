"""HTTP connections that tell what became of a request: whether a byte may have left, and an end at a deadline.

requests and urllib3 have no overall deadline, and their exceptions don't say whether a request went out. For a
call that can't be taken back both matter more than anything else.

An answer proves something only for its own request. A connection carries another request only after a complete JSON
answer that says success and that nothing contradicts; after everything else it is closed. Interim answers
(1xx other than 101) are skipped. Bytes that arrive before a request leaves close the connection. Bytes that follow an
answer close it too, and put that answer in doubt: it may be a second answer to the request before.
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

MAX_IDLE_S = 2.0  # an idle connection may be closed by the far end at any moment


class Turn(Protocol):
    """What a request waits for before it goes. Whatever `take` or `check` raise keeps the request back."""

    def take(self) -> None:
        """Called when everything is ready; waits until the request may go."""

    def check(self) -> None:
        """Called when the first byte is about to leave: the last look."""

    def give_back(self) -> None:
        """Called as early as a whole success is there, and then no other call follows. May never be called."""


class Exchange:
    """One request on its way. Alive from before the connection is looked for until the answer is read.

    The time limit counts anew from when the request's turn has come.
    """

    def __init__(self, limit_s: float, turn: Turn) -> None:
        self.head: bytes | None = None
        self.left = False
        self.overdue = False
        self.left_at: datetime | None = None
        self.turn = turn
        self.kept_back: BaseException | None = None  # what the turn raised
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
        """From when its turn came to the end of the answer, or until now."""
        return ((self._ended or time.perf_counter()) - self._started) * 1000

    def take_turn(self) -> None:
        """Waits until the request may leave."""
        self.deadline = math.inf
        self._ask(self.turn.take)
        self._restart()

    def check(self) -> None:
        """The turn's last look before the first byte leaves."""
        self._ask(self.turn.check)

    def _ask(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException as error:
            self.kept_back = error
            raise

    def note_more(self) -> None:
        """More bytes followed the answer: nobody knows which request they, and it, belong to."""
        self.has_more = True

    def succeed(self) -> None:
        """The whole answer is there, and nothing in it could stop the next request."""
        self._ended = time.perf_counter()
        self.turn.give_back()

    def leave(self) -> None:
        """From here on, the request may have been sent."""
        if not self.left:
            self.left_at = clock.now()
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


_IDLE_S = 1.0  # how long the thread of the deadlines waits for another exchange before it ends
_current = threading.local()


def _exchange() -> Exchange | None:
    return getattr(_current, "exchange", None)


class Deadlines:
    """Ends exchanges that outlive their deadline. One thread for all of a run's requests, while there are any."""

    def __init__(self) -> None:
        self._exchanges: set[Exchange] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def exchange(self, limit_s: float, turn: Turn) -> Iterator[Exchange]:
        """An exchange of this thread that is ended after `limit_s` seconds."""
        exchange = Exchange(limit_s, turn)
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
                # Looks once more after the wait: one may come between its end and the lock.
                if not self._changed.wait_for(lambda: self._exchanges, _IDLE_S):
                    self._thread = None
                    return
                now = time.monotonic()
                overdue = [exchange for exchange in self._exchanges if exchange.deadline <= now]
                self._exchanges.difference_update(overdue)
            for exchange in overdue:
                exchange.abort()
            # Deadlines are minutes; looking ten times a second costs nothing and needs no wake-up a request.
            time.sleep(0.1)


class _ObservedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._sock = sock

    def begin(self) -> None:
        """Reads the head; where a plain success came with it, says so before anybody works on it.

        Skips interim answers. 101 is none: the connection would speak another protocol from there on.
        """
        self.fp = reader = AnswerReader(self.fp.detach(), self._sock)
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = None  # type: ignore[assignment]  # else http.client takes the head for read
            super().begin()
        reader.in_head = False
        if reader.framing is None:
            raise http.client.HTTPException("the answer has no head")
        self.will_close = self.will_close or reader.framing.closes
        if self.chunked:
            self.chunked = False
            if self.length is None:  # an answer like 204 has no body, whatever its head says
                self.fp = ChunkedBody(reader)  # type: ignore[assignment]
        if exchange := _exchange():
            reader.on_more = exchange.note_more
            if self.status == http.HTTPStatus.OK and self.length:
                self._look_for_success(reader, exchange)

    def _look_for_success(self, reader: AnswerReader, exchange: Exchange) -> None:
        body = reader.peek()
        # Anything else may stop the account, so what it means comes first.
        if len(body) == self.length and is_success(self.status, body):
            exchange.succeed()


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
        except TimeoutError as error:  # in what follows the connect proper, urllib3 would take them for the request's
            raise ConnectTimeoutError(self, str(error)) from error
        except ConnectionError as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]
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
        exchange.check()  # nothing comes between this and the first byte
        exchange.leave()

    def _renew(self, idle_since: float) -> None:
        """Connects again where the far end has, or may have, closed the connection while it was kept waiting.

        What is sent into a connection that is just being closed would be in doubt.
        """
        if self.sock is None or time.monotonic() - idle_since > MAX_IDLE_S or _has_spoken(self.sock):
            if self.sock is not None:
                self.sock.close()
                self.sock = None
            self.connect()
            if self.sock is None or _has_spoken(self.sock):
                raise NewConnectionError(self, "the server closed or answered before the request left")  # type: ignore[arg-type]


def _has_spoken(sock: socket.socket) -> bool:
    """Whether the far end has closed, or said what nobody asked for. What TLS says to itself does not count."""
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
    """The transport of requests over observed connections: one kept alive, and nothing ever retried.

    `authorities` are those that the environment names, if it names any.
    """

    def __init__(self, authorities: Authorities | None = None) -> None:
        self._authorities = authorities
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests makes it, over observed connections."""
        super().init_poolmanager(*args, **kwargs)
        _observe(self.poolmanager)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """As requests does it, unless the environment names authorities. Raises OSError where they can't be read."""
        named = self._authorities
        if named is None or not url.lower().startswith("https"):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
        elif (conn.ca_certs, conn.ca_cert_dir) != (named.file, named.folder):  # called for each request of a connection
            named.check()
            conn.cert_reqs = "CERT_REQUIRED"
            conn.ca_certs, conn.ca_cert_dir = named.file, named.folder

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same for a proxy from the environment. Raises InvalidSchema for one that speaks SOCKS."""
        if str(args[0]).lower().startswith("socks"):
            raise InvalidSchema("SOCKS proxies are not supported; an HTTP proxy is")
        manager = super().proxy_manager_for(*args, **kwargs)
        _observe(manager)
        return manager


def _observe(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
