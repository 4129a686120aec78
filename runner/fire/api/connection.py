"""HTTP connections that report to an exchange what happens on their socket. Each sends requests given as bytes.

The rule: an answer counts only for its own request. A connection carries another request only after a complete answer
that reports success and does not contradict itself; otherwise its owner closes it. If the server sends bytes before a
request leaves, the connection is replaced.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.proxy import connection_requires_http_tunnel

from runner.fire.api.exchange import Exchange
from runner.fire.api.framing import received_now

MAX_IDLE_S = 2.0  # a connection that was idle longer is replaced: the server may close it at any moment


class ObservedConnection:
    """What both kinds of observed connections do. Mixed into urllib3's connections, which connect and speak TLS."""

    sock: socket.socket | None
    _exchange: Exchange | None = None

    def deliver(self, request: bytes, exchange: Exchange, read_s: float) -> socket.socket:
        """Send the request as soon as it has its permission. Return the socket on which its answer arrives.

        `read_s` is the longest wait for the next bytes of the answer, in seconds. Raises the exceptions of the
        permission; those of urllib3, OSError and HTTPException if the connection can't be made or breaks.
        """
        self._exchange = exchange
        try:
            if self.sock is None:
                self.connect()
            idle_since = time.monotonic()
            exchange.wait_for_permit()
            sock = self._renewed(idle_since)
        finally:
            self._exchange = None
        exchange.carried_by(getattr(sock, "socket", sock))  # TLS inside the TLS of a proxy wraps another socket
        sock.settimeout(read_s)
        exchange.check()  # the last step before the first byte
        exchange.leave()
        # A server may answer and close the connection before it has read everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(request)
        return sock

    def connect(self) -> None:
        """Connect, through the proxy if there is one. No byte of a request leaves here.

        Raises urllib3's exceptions about connecting, also where urllib3 has others: during TLS and a proxy's CONNECT.
        """
        try:
            super().connect()  # type: ignore[misc]
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except ConnectionError as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]

    def close(self) -> None:
        """Close the connection. `deliver` would connect again."""
        super().close()  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        if self._exchange is not None:
            self._exchange.carried_by(sock)
        return sock

    def _renewed(self, idle_since: float) -> socket.socket:
        """Connect again if the server has closed the connection during the wait for the permission, or may have.

        A request on a connection that is being closed would be in doubt.
        """
        if self.sock is None or time.monotonic() - idle_since > MAX_IDLE_S or received_now(self.sock) is not None:
            if self.sock is not None:
                self.sock.close()
                self.sock = None
            self.connect()
            if self.sock is None or received_now(self.sock) is not None:
                raise NewConnectionError(self, "the server closed or answered before the request left")  # type: ignore[arg-type]
        return self.sock


class _ObservedHTTPConnection(ObservedConnection, HTTPConnection):
    """A connection without TLS."""


class _ObservedHTTPSConnection(ObservedConnection, HTTPSConnection):
    """A connection with TLS."""

    def connect(self) -> None:
        """Connect. Raises SSLError if the server's certificate was not verified."""
        super().connect()
        if not self.is_verified:
            raise ssl.SSLError("the certificate of the server was not verified")


class _ObservedPool:
    """The settings of the connections to one host. No connection waits in it: each client keeps its own."""

    def connection(self, connect_s: float) -> ObservedConnection:
        """Return a new connection, not yet connected. It connects within `connect_s` seconds."""
        made: Any = self._new_conn()  # type: ignore[attr-defined]
        made.timeout = connect_s
        pool: Any = self
        if connection_requires_http_tunnel(pool.proxy, pool.proxy_config, pool.scheme):
            scheme = "https" if pool.proxy.scheme == "https" else "http"
            made.set_tunnel(scheme=scheme, host=pool.host, port=pool.port, headers=pool.proxy_headers)
        connection: ObservedConnection = made
        return connection


class ObservedHTTPPool(_ObservedPool, HTTPConnectionPool):
    """The settings of the connections to one host without TLS."""

    ConnectionCls = _ObservedHTTPConnection


class ObservedHTTPSPool(_ObservedPool, HTTPSConnectionPool):
    """The settings of the connections to one host with TLS."""

    ConnectionCls = _ObservedHTTPSConnection
