"""The address of one account, prepared once a run: takes an account's URL and credentials, returns requests as bytes.

requests decides by the environment which proxy is used and what the head of a request contains, as for any program that
uses it. After that, each request is the prepared head and a body, sent over an observed connection. A whole call of
requests would cost three times the CPU, and would leave more time between the last check and the first byte.
Source of the request's form: the Bulletins page of CleverTap's developer site.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from requests.structures import CaseInsensitiveDict
from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.connection import HTTPConnection, port_by_scheme
from urllib3.poolmanager import PoolManager

from runner.fire.api.connection import ObservedConnection, ObservedHTTPPool, ObservedHTTPSPool
from runner.fire.api.credentials import Credentials, is_loopback
from runner.fire.api.network import Network

PATH = "/1/targets/trigger.json"


class Endpoint:
    """Where and how the requests of one account are sent. All client threads of the account use the same one.

    Raises an exception if the URL or the environment can't be used; its text may contain the password of a proxy.
    """

    def __init__(self, base_url: str, credentials: Credentials, network: Network) -> None:
        self.credentials = credentials
        self.network = network
        url = base_url + PATH
        with requests.Session() as session:
            self._proxies = _proxies(session, url)
            session.trust_env = False  # no credentials from .netrc
            session.headers = CaseInsensitiveDict(_fields(credentials, network.version))
            self._prepared = session.prepare_request(requests.Request("POST", url))
        self._adapter = _ObservedAdapter(network)
        self._pool: ObservedHTTPPool | ObservedHTTPSPool | None = None
        self._lock = threading.Lock()
        self._head = self._make_head()

    def request(self, body: bytes) -> bytes:
        """Return the whole request with this body."""
        return b"%sContent-Length: %d\r\n\r\n%s" % (self._head, len(body), body)

    def connection(self) -> ObservedConnection:
        """Return a new connection, not yet connected. Raises an exception if proxy or certificates can't be used."""
        with self._lock:
            if self._pool is None:
                pool: Any = self._adapter.get_connection_with_tls_context(self._prepared, True, self._proxies)
                self._adapter.cert_verify(pool, self._prepared.url or "", True, None)
                self._pool = pool
            return self._pool.connection(self.network.timeouts.connect_s)

    def _make_head(self) -> bytes:
        url, fields = self._prepared.url or "", {name: str(value) for name, value in self._prepared.headers.items()}
        proxy = select_proxy(url, self._proxies)
        if proxy is None or urlsplit(url).scheme != "http":
            return _head(url, self._prepared.path_url, fields)
        # A proxy that forwards requests needs the whole URL, and reads its own credentials from their heads.
        with_scheme = prepend_scheme_if_needed(proxy, "http")  # type: ignore[no-untyped-call]
        fields |= self._adapter.proxy_headers(with_scheme)
        return _head(url, url, fields)


class _ObservedAdapter(HTTPAdapter):
    """requests' own choice of proxies and certificates, for observed connections."""

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Do the same as requests, with observed connections."""
        super().init_poolmanager(*args, **kwargs)
        _observe(self.poolmanager)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do the same as requests, with the certificates of the run. Raises OSError if they can't be read."""
        if url.lower().startswith("https"):
            conn.cert_reqs = "CERT_REQUIRED"
            conn.conn_kw["ssl_context"] = self._network.tls()
        else:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Do the same as requests, with observed connections. Raises InvalidSchema for a SOCKS proxy."""
        if proxy.lower().startswith("socks"):
            raise InvalidSchema("SOCKS proxies are not supported: use an HTTP proxy")
        if proxy.lower().startswith("https"):
            kwargs["proxy_ssl_context"] = self._network.tls()
        manager = super().proxy_manager_for(proxy, **kwargs)
        _observe(manager)
        return manager


def _observe(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": ObservedHTTPPool, "https": ObservedHTTPSPool}


def _proxies(session: requests.Session, url: str) -> dict[str, str]:
    if is_loopback(urlsplit(url).hostname or ""):
        return {}  # a request to this machine, with its passcode, must not go through a proxy
    settings = session.merge_environment_settings(url, {}, True, None, None)
    return dict(settings["proxies"])


def _fields(credentials: Credentials, version: str) -> dict[str, str]:
    return {
        "X-CleverTap-Account-Id": credentials.account_id,
        "X-CleverTap-Passcode": credentials.passcode,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"bulletins/{version}",
    }


class _HeadRecorder(HTTPConnection):
    """Keeps the head that http.client writes, and never connects."""

    def __init__(self, host: str, port: int | None, default_port: int) -> None:
        super().__init__(host, port or default_port)
        self.default_port = default_port  # type: ignore[misc]  # http.client leaves this port out of the field Host
        self.head = b""

    def send(self, data: Any) -> None:
        self.head += data


def _head(url: str, target: str, fields: Mapping[str, str]) -> bytes:
    """Return the head of a request without Content-Length and the blank line, as http.client writes it."""
    address = urlsplit(url)
    recorder = _HeadRecorder(address.hostname or "", address.port, port_by_scheme[address.scheme])
    recorder.putrequest("POST", target, skip_accept_encoding=True)
    for name, value in fields.items():
        if name.lower() != "content-length":
            recorder.putheader(name, value)
    recorder.endheaders()
    return recorder.head.removesuffix(b"\r\n")
