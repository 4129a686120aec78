"""Sends one request to CleverTap: takes the body of a firing, returns an `Answer` for every outcome.

The client never retries, never follows a redirect, and raises no error of the network: such an error is part of the
answer.
"""

from __future__ import annotations

import http
import time
from typing import Any

from urllib3.response import HTTPResponse

from runner import clock
from runner.fire.api.answer import Answer, is_success
from runner.fire.api.connection import MAX_IDLE_S, ObservedConnection
from runner.fire.api.endpoint import Endpoint
from runner.fire.api.exchange import Exchange, SendGate
from runner.fire.api.framing import AnswerReader, Head
from runner.fire.api.network_errors import describe, may_have_left

MAX_ANSWER_BYTES = 1024 * 1024
_READ_BYTES = 64 * 1024


class Client:
    """Sends the requests of one thread to one account, over one connection that is kept alive."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._network = endpoint.network
        self._connection: ObservedConnection | None = None
        self._used_at = 0.0
        self._keeps_connection = False

    def prepare(self, body: bytes) -> bytes:
        """Return the request for this body. It is made before a slot is taken, so that no slot is idle meanwhile."""
        return self._endpoint.request(body)

    def send(self, request: bytes, permit: SendGate) -> Answer:
        """Send the request once, when `permit` allows it, and return the answer.

        Raises only the exceptions of `permit`. If one is raised, nothing was sent.
        """
        if time.monotonic() - self._used_at > MAX_IDLE_S:
            self.close()
        started_at = clock.now()
        self._keeps_connection = False
        with self._network.deadlines.exchange(self._network.timeouts.total_s, permit) as exchange:
            status, body, complete, error = self._converse(request, exchange)
        self._used_at = time.monotonic()
        if not self._keeps_connection:
            self.close()
        started_at = exchange.left_at or started_at
        return Answer(started_at, exchange.latency_ms, exchange.left, status, body, complete, error)

    def redacted(self, text: str) -> str:
        """Return the start of the text without any known credential."""
        return self._endpoint.credentials.redacted(text)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None  # urllib3 forgets the tunnel through a proxy when it closes a connection

    def _converse(self, request: bytes, exchange: Exchange) -> tuple[int | None, bytes, bool, str | None]:
        """Return the HTTP status, the body, whether the answer is complete, and a description of the failure."""
        try:
            if self._connection is None:
                self._connection = self._endpoint.connection()
            reader = AnswerReader(self._connection.deliver(request, exchange, self._network.timeouts.read_s))
            head = reader.read_head()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure is the outcome of this request alone
            if exchange.kept_back is not None:
                raise exchange.kept_back from None
            # "Nothing was sent" needs two witnesses: the socket, and the kind of the error.
            exchange.left = exchange.left or may_have_left(error)
            return None, b"", False, self._described(error, exchange)
        return head.status, *self._body(reader, head, exchange)

    def _body(self, reader: AnswerReader, head: Head, exchange: Exchange) -> tuple[bytes, bool, str | None]:
        body = b""
        try:
            source = _decompressed(reader, head) if head.encoding else reader
            while chunk := source.read(_READ_BYTES):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    return body[:MAX_ANSWER_BYTES], False, f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes"
            has_more = reader.has_more()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure is the outcome of this request alone
            return body, False, self._described(error, exchange)
        if exchange.overdue:
            return body, False, self._described(None, exchange)
        if has_more:
            return body, False, "more bytes followed the answer, so it may belong to another request"
        if is_success(head.status, body):
            # After a refusal the connection is closed: a server may send it twice, and the second copy must never be
            # read as the answer to the next request. A bulletin that was sent would then count as refused.
            self._keeps_connection = not head.closes
            if head.status == http.HTTPStatus.OK:  # any other answer may stop the account, so it is judged first
                exchange.succeed()
        return body, True, None

    def _described(self, error: BaseException | None, exchange: Exchange) -> str:
        if exchange.overdue:
            return f"no complete answer within {self._network.timeouts.total_s:g} s"
        return describe(error, self.redacted, self._network.authorities)


def _decompressed(reader: Any, head: Head) -> HTTPResponse:
    """Return the body without its compression. Servers compress although the request doesn't allow it."""
    return HTTPResponse(reader, headers={"Content-Encoding": head.encoding}, preload_content=False)
