"""One request to CleverTap, answered with an `Answer`. Never retries, never follows, never raises for the wire.

Source of the request's form: the Bulletins page of CleverTap's developer site.
"""

from __future__ import annotations

import os
import re
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from runner import clock
from runner.fire.api.answer import Answer, one_line
from runner.fire.api.certificates import authorities
from runner.fire.api.credentials import Credentials, is_loopback
from runner.fire.api.exchange import MAX_IDLE_S, Deadlines, Exchange, ObservedAdapter, Turn

PATH = "/1/targets/trigger.json"
MAX_ANSWER_BYTES = 1024 * 1024
_PREFIX = re.compile(r"(<[^>]*>|HTTPS?Connection(Pool)?\([^)]*\)): ")  # of urllib3's messages; says nothing to people


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a request may take, in seconds: to connect, between two bytes of the answer, and altogether."""

    connect_s: float = 5.0
    read_s: float = 60.0
    total_s: float = 120.0


class Client:
    """Sends the requests of one thread to one account, over one connection that is kept alive."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        version: str,
        deadlines: Deadlines,
        timeouts: Timeouts = Timeouts(),
    ) -> None:
        self._url = base_url + PATH
        self._credentials = credentials
        self._deadlines = deadlines
        self._timeouts = timeouts
        self._used_at = 0.0
        self._authorities = authorities(os.environ)
        self._adapter = ObservedAdapter(self._authorities)
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
        # The environment is looked up once: requests would do it for every call.
        settings = self._session.merge_environment_settings(self._url, {}, True, None, None)
        self._settings: dict[str, Any] = {"proxies": settings["proxies"], "verify": True}
        if is_loopback(urlsplit(base_url).hostname or ""):
            self._settings["proxies"] = {}  # a passcode for this machine goes through nobody else's
        self._session.trust_env = False
        self._session.headers = requests.structures.CaseInsensitiveDict(
            {
                "X-CleverTap-Account-Id": credentials.account_id,
                "X-CleverTap-Passcode": credentials.passcode,
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": f"bulletins/{version}",
            }
        )

    def prepare(self, body: bytes) -> requests.PreparedRequest:
        """A request that is ready to go out, so that no slot is held while it is made."""
        return self._session.prepare_request(requests.Request("POST", self._url, data=body))

    def send(self, request: requests.PreparedRequest, turn: Turn) -> Answer:
        """Sends the request, once, when its `turn` comes, and says what was seen.

        Raises nothing but what the turn raises, and then nothing was sent.
        """
        if time.monotonic() - self._used_at > MAX_IDLE_S:
            self._session.close()
        started_at = clock.now()
        with self._deadlines.exchange(self._timeouts.total_s, turn) as exchange:
            status, body, complete, error = self._exchange(request, exchange)
        self._used_at = time.monotonic()
        answer = Answer(
            exchange.left_at or started_at, exchange.latency_ms, exchange.left, status, body, complete, error
        )
        if not answer.keeps_connection:
            self._session.close()
        return answer

    def redacted(self, text: str) -> str:
        """The text without the account's passcode."""
        return self._credentials.redacted(text)

    def close(self) -> None:
        """Closes the connection."""
        self._session.close()

    def _exchange(
        self, request: requests.PreparedRequest, exchange: Exchange
    ) -> tuple[int | None, bytes, bool, str | None]:
        """Status, body, whether it is whole, and what broke."""
        timeouts = (self._timeouts.connect_s, self._timeouts.read_s)
        try:
            # The adapter is a session's send without redirects, cookies and hooks, none of which we want.
            response = self._adapter.send(request, stream=True, timeout=timeouts, **self._settings)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever breaks is the outcome of this request alone
            if exchange.kept_back is not None:
                raise exchange.kept_back from None
            # Both must agree that nothing went out: the socket, and the kind of the error.
            exchange.left = exchange.left or _tells_of_a_request(error)
            return None, b"", False, self._described(error, exchange)
        with response:
            body, complete, fault = self._read(response, exchange)
        return response.status_code, body, complete, fault

    def _read(self, response: requests.Response, exchange: Exchange) -> tuple[bytes, bool, str | None]:
        body = b""
        try:
            while chunk := response.raw.read(65536, decode_content=True):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    return body[:MAX_ANSWER_BYTES], False, f"the answer is longer than {MAX_ANSWER_BYTES:,} bytes"
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            return body, False, self._described(error, exchange)
        if exchange.overdue:
            return body, False, self._described(None, exchange)
        if exchange.has_more:
            return body, False, "more bytes followed it, so it may belong to another request"
        return body, True, None

    def _described(self, error: BaseException | None, exchange: Exchange) -> str:
        if exchange.overdue:
            return f"no whole answer within {self._timeouts.total_s:g} s"
        innermost = error
        while innermost is not None:
            wrapped = innermost.__cause__ or getattr(innermost, "reason", None) or _first_error(innermost)
            if not isinstance(wrapped, BaseException):
                break
            innermost = wrapped
        text = one_line(self.redacted(_PREFIX.sub("", str(innermost)).strip("'\" "))) or type(innermost).__name__
        return f"{text[:200]} ({type(innermost).__name__}){self._advice(innermost)}"

    def _advice(self, error: BaseException | None) -> str:
        if not isinstance(error, ssl.SSLCertVerificationError):
            return ""
        if self._authorities is not None:
            return f"; only the certificates of {self._authorities.source} are trusted"
        return "; where a company's proxy opens TLS, set SSL_CERT_FILE to the file of its certificates"


def _first_error(error: BaseException) -> BaseException | None:
    return next((arg for arg in error.args if isinstance(arg, BaseException)), None)


def _tells_of_a_request(error: BaseException) -> bool:
    """Whether an error speaks of a request under way, rather than of a connection or of settings."""
    if isinstance(error, (ConnectTimeout, SSLError, ProxyError)):
        return False
    inner = _first_error(error)
    causes = (error, inner, getattr(inner, "reason", None))
    if any(isinstance(cause, (NewConnectionError, NameResolutionError)) for cause in causes):
        return False
    return isinstance(error, (requests.ConnectionError, ReadTimeout, HTTPError))
