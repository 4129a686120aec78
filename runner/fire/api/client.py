"""Sends one request to CleverTap: takes the body of a firing, returns an `Answer` for every outcome.

The client never retries, never follows a redirect, and raises no error of the network: such an error is part of the
answer. Source of the request's form: the Bulletins page of CleverTap's developer site.
"""

from __future__ import annotations

import os
import re
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import ConnectTimeout, ProxyError, ReadTimeout, SSLError
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from runner import clock
from runner.fire.api.answer import Answer, one_line
from runner.fire.api.certificates import authorities
from runner.fire.api.credentials import Credentials, is_loopback
from runner.fire.api.exchange import MAX_IDLE_S, Deadlines, Exchange, ObservedAdapter, SendGate
from runner.fire.api.timeouts import DEFAULT_TIMEOUTS
from runner.fire.api.timeouts import Timeouts as Timeouts

PATH = "/1/targets/trigger.json"
MAX_ANSWER_BYTES = 1024 * 1024
_PREFIX = re.compile(r"(<[^>]*>|HTTPS?Connection(Pool)?\([^)]*\)): ")  # of urllib3's messages; of no use to users


class Client:
    """Sends the requests of one thread to one account, over one connection that is kept alive."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        version: str,
        deadlines: Deadlines,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
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
        # Read the environment once: requests would read it for every call.
        settings = self._session.merge_environment_settings(self._url, {}, True, None, None)
        self._settings: dict[str, Any] = {"proxies": settings["proxies"], "verify": True}
        if is_loopback(urlsplit(base_url).hostname or ""):
            self._settings["proxies"] = {}  # a request to this machine, with its passcode, must not go through a proxy
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
        """Return the request for this body. It is made before a slot is taken, so that no slot is idle meanwhile."""
        return self._session.prepare_request(requests.Request("POST", self._url, data=body))

    def send(self, request: requests.PreparedRequest, turn: SendGate) -> Answer:
        """Send the request once, when `turn` permits it, and return the answer.

        Raises only the exceptions of `turn`. If one is raised, nothing was sent.
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
        """Return the start of the text without any known credential."""
        return self._credentials.redacted(text)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _exchange(
        self, request: requests.PreparedRequest, exchange: Exchange
    ) -> tuple[int | None, bytes, bool, str | None]:
        """Return the HTTP status, the body, whether the answer is complete, and a description of the failure."""
        timeouts = (self._timeouts.connect_s, self._timeouts.read_s)
        try:
            # Session.send would follow redirects and keep cookies; the adapter does neither.
            response = self._adapter.send(request, stream=True, timeout=timeouts, **self._settings)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure is the outcome of this request alone
            if exchange.kept_back is not None:
                raise exchange.kept_back from None
            # "Nothing was sent" needs two witnesses: the socket, and the kind of the error.
            exchange.left = exchange.left or _may_follow_a_request(error)
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
        except Exception as error:  # noqa: BLE001 - any failure is the outcome of this request alone
            return body, False, self._described(error, exchange)
        if exchange.overdue:
            return body, False, self._described(None, exchange)
        if exchange.has_more:
            return body, False, "more bytes followed the answer, so it may belong to another request"
        return body, True, None

    def _described(self, error: BaseException | None, exchange: Exchange) -> str:
        if exchange.overdue:
            return f"no complete answer within {self._timeouts.total_s:g} s"
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
        return "; if a proxy of your company decrypts TLS, set SSL_CERT_FILE to the file with its certificates"


def _first_error(error: BaseException) -> BaseException | None:
    return next((arg for arg in error.args if isinstance(arg, BaseException)), None)


def _may_follow_a_request(error: BaseException) -> bool:
    """Whether the request may have left before this error. It has not if the error is about connecting or settings."""
    if isinstance(error, (ConnectTimeout, SSLError, ProxyError)):
        return False
    inner = _first_error(error)
    causes = (error, inner, getattr(inner, "reason", None))
    if any(isinstance(cause, (NewConnectionError, NameResolutionError)) for cause in causes):
        return False
    return isinstance(error, (requests.ConnectionError, ReadTimeout, HTTPError))
