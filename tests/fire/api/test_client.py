"""The request to the byte, and what becomes of a library's exceptions. The wire itself is in test_exchange."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable

import pytest
import requests
import responses
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProtocolError, ProxyError, ReadTimeoutError

from fire import CREDENTIALS, PASSCODE
from fire.servers import OK, Server, serving
from runner.fire.api.answer import Answer
from runner.fire.api.client import MAX_ANSWER_BYTES, Client
from runner.fire.api.connection import ObservedConnection
from runner.fire.api.endpoint import PATH, Endpoint
from runner.fire.api.network import Network
from runner.fire.api.timeouts import Timeouts
from runner.fire.outcome import Sent, judge
from runner.sandbox.server import Sandbox

BASE = "https://in1.api.clevertap.com"
BODY = '{"name":"सा रे गा मा"}'.encode()
MakeClient = Callable[..., Client]


class Turn:
    """A turn that comes at once; counts what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def take(self) -> None:
        self.calls.append("take")

    def check(self) -> None:
        self.calls.append("check")

    def give_back(self) -> None:
        self.calls.append("give back")


def send(client: Client, body: bytes = BODY) -> Answer:
    return client.send(client.prepare(body), Turn())


def answering(said: bytes) -> Callable[[Server, socket.socket], None]:
    """Gives that answer to every request."""

    def serve(server: Server, connected: socket.socket) -> None:
        while server.read(connected):
            connected.sendall(said)

    return serve


FIELDS = {
    "X-CleverTap-Account-Id": "india-id",
    "X-CleverTap-Passcode": PASSCODE,
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "bulletins/1.2.3",
    "Content-Length": str(len(BODY)),
}


def test_the_request_is_the_one_of_the_documentation(client: MakeClient) -> None:
    with serving(answering(OK)) as server:
        made = client(server.base_url)
        answer = send(made)
        made.close()
        (request,) = server.requests
    head, body = request.split(b"\r\n\r\n")
    first, host, *fields = head.decode().split("\r\n")
    assert (first, host) == ("POST /1/targets/trigger.json HTTP/1.1", f"Host: 127.0.0.1:{server.port}")
    assert dict(field.split(": ") for field in fields) == FIELDS
    assert body == BODY
    assert (answer.http_status, answer.complete, answer.error) == (200, True, None)
    assert json.loads(answer.body) == {"status": "success", "targets": 1}


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        (BASE, "in1.api.clevertap.com"),
        (f"{BASE}:443", "in1.api.clevertap.com"),
        (f"{BASE}:8443", "in1.api.clevertap.com:8443"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("http://EXAMPLE.com", "example.com"),
    ],
)
def test_the_prepared_request_is_the_one_that_requests_would_send(base_url: str, host: str) -> None:
    with responses.RequestsMock() as mocked:
        mocked.post(base_url + PATH, json={})
        requests.post(base_url + PATH, data=BODY, headers=FIELDS, timeout=1)
        expected = mocked.calls[0].request
    request = Endpoint(base_url, CREDENTIALS, Network(version="1.2.3")).request(BODY)
    head, body = request.split(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert first == f"{expected.method} {expected.path_url} HTTP/1.1"
    assert body == expected.body
    # requests adds a field that this program has no use for.
    assert {"Connection": "keep-alive", **dict(field.split(": ") for field in fields)} == {
        "Host": host,
        **expected.headers,
    }


def test_a_proxy_that_forwards_gets_the_whole_url_and_its_own_credentials(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answering(OK)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:secret@127.0.0.1:{proxy.port}")
        made = client("http://in1.api.clevertap.com")
        assert judge(send(made)).sent is Sent.YES
        made.close()
        (request,) = proxy.requests
    first, *fields = request.split(b"\r\n\r\n")[0].decode().split("\r\n")
    assert first == "POST http://in1.api.clevertap.com/1/targets/trigger.json HTTP/1.1"
    assert "Host: in1.api.clevertap.com" in fields
    assert "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in fields


def test_credentials_of_netrc_are_not_sent(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("default login somebody password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(answering(OK)) as server:
        made = client(server.base_url)
        send(made)
        made.close()
        (request,) = server.requests
    assert b"authorization" not in request.lower()


def test_what_goes_over_the_wire_is_the_body_to_the_byte(sandbox: Sandbox, client: MakeClient) -> None:
    payload = {"business_event": "É", "name": "सा", "properties": {"k": "\u2028"}, "c-by": "a@b.c", "when": "now"}
    answer = send(client(sandbox.base_url), json.dumps(payload, ensure_ascii=False).encode())
    assert (answer.http_status, answer.left) == (200, True)
    (received,) = sandbox.accepted()
    assert received.body == payload
    assert received.account_id == "india-id"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(client: MakeClient, status: int) -> None:
    said = f"HTTP/1.1 {status} Moved\r\nLocation: https://evil.com/\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(said.encode())) as server:
        answer = send(client(server.base_url))
        assert len(server.requests) == 1
    assert (answer.http_status, answer.complete) == (status, True)


def test_an_answer_that_is_compressed_against_the_request_is_read(client: MakeClient) -> None:
    body = gzip.compress(b'{"status": "success", "targets": 1}')
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    in_chunks = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for said in (whole, in_chunks):
        with serving(answering(said)) as server:
            made = client(server.base_url)
            assert [judge(send(made)).sent for _ in range(2)] == [Sent.YES, Sent.YES]
            made.close()
        assert server.connections == 1
    broken = head + b"Content-Length: 5\r\n\r\nabcde"
    with serving(answering(broken)) as server:
        assert judge(send(client(server.base_url))).sent is Sent.UNKNOWN


def test_each_wait_has_its_own_limit(client: MakeClient) -> None:
    """The wait to connect is short. It must not end the wait for an answer."""
    asked = threading.Event()

    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        asked.wait(1.0)
        connected.sendall(OK)

    with serving(serve) as server:
        made = client(server.base_url, Timeouts(connect_s=0.2))
        assert judge(send(made)).sent is Sent.YES
        made.close()


def test_the_defaults_are_those_that_are_documented() -> None:
    assert (Timeouts().connect_s, Timeouts().read_s, Timeouts().total_s) == (5.0, 60.0, 120.0)
    assert MAX_ANSWER_BYTES == 1024 * 1024


POOL = None
NOT_SENT = [
    ConnectTimeoutError("timed out"),
    ssl.SSLError("certificate verify failed"),
    ProxyError("Unable to connect to proxy", OSError("Tunnel connection failed: 407")),
    OSError("Tunnel connection failed: 407"),
    NewConnectionError(POOL, "refused"),  # type: ignore[arg-type]
    requests.exceptions.InvalidProxyURL("Please check proxy URL"),
    requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support"),
    OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /gone"),
    ValueError("no host"),
]
MAYBE_SENT = [
    ReadTimeoutError(POOL, "/", "Read timed out."),  # type: ignore[arg-type]
    ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")),
    ConnectionResetError(104, "reset by peer"),
    TimeoutError("timed out"),
    http.client.BadStatusLine("x"),
    ProtocolError("broken"),
]


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Every attempt to connect fails so."""

    def connect(self: ObservedConnection) -> None:
        raise error

    monkeypatch.setattr(ObservedConnection, "connect", connect)


@pytest.mark.parametrize("error", NOT_SENT, ids=repr)
def test_errors_before_a_request_are_no_answer_and_nothing_left(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing(monkeypatch, error)
    answer = send(client(BASE))
    assert (answer.left, answer.http_status, answer.complete) == (False, None, False)
    assert judge(answer).retry


@pytest.mark.parametrize("error", MAYBE_SENT, ids=repr)
def test_errors_that_speak_of_a_request_leave_it_in_doubt(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Even though no observed socket has sent anything: both must agree."""
    failing(monkeypatch, error)
    answer = send(client(BASE))
    assert (answer.left, answer.http_status) == (True, None)
    assert judge(answer).sent is Sent.UNKNOWN


def test_an_error_says_what_broke_and_never_the_passcode(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, OSError(f"bundle, invalid path: {'x' * 190}{PASSCODE}"))
    error = send(client(BASE)).error or ""
    assert error.startswith("bundle, invalid path: xxx")
    assert not any(PASSCODE[:length] in error for length in range(4, len(PASSCODE)))


def test_a_client_redacts_its_own_passcode(client: MakeClient) -> None:
    assert client(BASE).redacted(f"<{PASSCODE}>") == "<[passcode]>"
    assert PASSCODE not in repr(CREDENTIALS)
