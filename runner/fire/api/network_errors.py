"""Errors of the network: takes an exception, returns whether its request may have left, and a text for the report."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from http.client import HTTPException

from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ProxyError

from runner.fire.api.answer import one_line
from runner.fire.api.certificates import Authorities

_ERROR_KEPT = 200  # characters of an error's own text
# Parts of the libraries' messages that are of no use to users: objects, numbers of errors, places in the source.
_TECHNICAL = re.compile(
    r"(<[^>]*>|HTTPS?Connection(Pool)?\([^)]*\)): |\[(Errno -?\d+|SSL(: \w+)?)\] | \(_ssl\.c:\d+\)$"
    r"|^IncompleteRead\(|(?<=bytes read)\)$|(?<=more expected)\)$"
)
# These end a connection before it carries a request.
_OF_CONNECTING = (ConnectTimeoutError, NewConnectionError, ProxyError, LocationValueError, ssl.SSLError)
_OF_A_REQUEST = (HTTPError, HTTPException, TimeoutError, ConnectionError)


def may_have_left(error: BaseException) -> bool:
    """Whether the request may have left before this error. It has not if the error is about connecting or settings."""
    return isinstance(error, _OF_A_REQUEST) and not isinstance(error, _OF_CONNECTING)


def describe(error: BaseException | None, redacted: Callable[[str], str], named: Authorities | None) -> str:
    """Return what broke, on one line. The text of the innermost exception goes through `redacted`.

    `named` are the certificate authorities that the environment names. The text refers to them where they matter.
    """
    innermost = error
    while innermost is not None:
        wrapped = innermost.__cause__ or getattr(innermost, "reason", None) or _first_error(innermost)
        if not isinstance(wrapped, BaseException):
            break
        innermost = wrapped
    plain = _TECHNICAL.sub("", str(innermost)).strip("'\" ")
    text = one_line(redacted(plain)) or "the connection failed"
    return f"{text[:_ERROR_KEPT]}{_advice(innermost, named)}"


def _advice(error: BaseException | None, named: Authorities | None) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return ""
    if named is not None:
        return f"; only the certificates of {named.source} are trusted"
    return "; if a proxy of your company decrypts TLS, set SSL_CERT_FILE to the file with its certificates"


def _first_error(error: BaseException) -> BaseException | None:
    return next((arg for arg in error.args if isinstance(arg, BaseException)), None)
