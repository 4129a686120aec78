"""The request to the byte, and what becomes of a library's exceptions. The wire itself is in test_wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError, ReadTimeoutError

from fire import CREDENTIALS, PASSCODE
from runner.fire.api.answer import Answer
from runner.fire.api.client import MAX_ANSWER_BYTES, PATH, Client, Timeouts
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


@pytest.fixture
def mocked() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


def test_the_request_is_the_one_of_the_documentation(mocked: responses.RequestsMock, client: MakeClient) -> None:
    mocked.post(BASE + PATH, json={"status": "success", "targets": 1})
    answer = send(client(BASE))
    request = mocked.calls[0].request
    assert (request.method, request.url) == ("POST", "https://in1.api.clevertap.com/1/targets/trigger.json")
    assert request.body == BODY
    assert dict(request.headers) == {
        "X-CleverTap-Account-Id": "india-id",
        "X-CleverTap-Passcode": PASSCODE,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "bulletins/1.2.3",
        "Content-Length": str(len(BODY)),
    }
    assert (answer.http_status, answer.complete, answer.error) == (200, True, None)
    assert json.loads(answer.body) == {"status": "success", "targets": 1}


def test_what_goes_over_the_wire_is_the_body_to_the_byte(sandbox: Sandbox, client: MakeClient) -> None:
    payload = {"business_event": "É", "name": "सा", "properties": {"k": "\u2028"}, "c-by": "a@b.c", "when": "now"}
    answer = send(client(sandbox.base_url), json.dumps(payload, ensure_ascii=False).encode())
    assert (answer.http_status, answer.left) == (200, True)
    (received,) = sandbox.accepted()
    assert received.body == payload
    assert received.account_id == "india-id"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(mocked: responses.RequestsMock, client: MakeClient, status: int) -> None:
    mocked.post(BASE + PATH, status=status, headers={"Location": "https://evil.com/"})
    answer = send(client(BASE))
    assert (answer.http_status, answer.complete) == (status, True)
    assert len(mocked.calls) == 1


def test_timeouts_certificates_and_streaming_reach_the_transport(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, object] = {}

    def transport(self: HTTPAdapter, request: requests.PreparedRequest, **options: object) -> None:
        seen.update(options)
        raise requests.ConnectTimeout

    monkeypatch.setattr(HTTPAdapter, "send", transport)
    send(client(BASE, Timeouts(connect_s=1.5, read_s=2.5, total_s=9.0)))
    assert seen["timeout"] == (1.5, 2.5)
    assert (seen["verify"], seen["stream"]) == (True, True)


def test_the_defaults_are_those_that_are_documented() -> None:
    assert (Timeouts().connect_s, Timeouts().read_s, Timeouts().total_s) == (5.0, 60.0, 120.0)
    assert MAX_ANSWER_BYTES == 1024 * 1024


POOL = None
NOT_SENT = [
    requests.ConnectTimeout(MaxRetryError(POOL, "/", ConnectTimeoutError("timed out"))),  # type: ignore[arg-type]
    requests.exceptions.SSLError("certificate verify failed"),
    requests.exceptions.ProxyError("Tunnel connection failed: 407"),
    requests.ConnectionError(MaxRetryError(POOL, "/", NewConnectionError(POOL, "refused"))),  # type: ignore[arg-type]
    requests.exceptions.InvalidProxyURL("Please check proxy URL"),
    requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support"),
    OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /gone"),
    ValueError("no host"),
]
MAYBE_SENT = [
    requests.ReadTimeout(ReadTimeoutError(POOL, "/", "Read timed out.")),  # type: ignore[arg-type]
    requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))),
    requests.ConnectionError(),
    ProtocolError("broken"),
]


@pytest.mark.parametrize("error", NOT_SENT, ids=repr)
def test_errors_before_a_request_are_no_answer_and_nothing_left(
    mocked: responses.RequestsMock, client: MakeClient, error: Exception
) -> None:
    mocked.post(BASE + PATH, body=error)
    answer = send(client(BASE))
    assert (answer.left, answer.http_status, answer.complete) == (False, None, False)
    assert judge(answer).retry


@pytest.mark.parametrize("error", MAYBE_SENT, ids=repr)
def test_errors_that_speak_of_a_request_leave_it_in_doubt(
    mocked: responses.RequestsMock, client: MakeClient, error: Exception
) -> None:
    """Even though no observed socket has sent anything: both must agree."""
    mocked.post(BASE + PATH, body=error)
    answer = send(client(BASE))
    assert (answer.left, answer.http_status) == (True, None)
    assert judge(answer).sent is Sent.UNKNOWN


def test_an_error_says_what_broke_and_never_the_passcode(mocked: responses.RequestsMock, client: MakeClient) -> None:
    mocked.post(BASE + PATH, body=OSError(f"bundle, invalid path: {'x' * 190}{PASSCODE}"))
    error = send(client(BASE)).error or ""
    assert error.startswith("bundle, invalid path: xxx")
    assert not any(PASSCODE[:length] in error for length in range(4, len(PASSCODE)))


def test_a_client_redacts_its_own_passcode(client: MakeClient) -> None:
    assert client(BASE).redacted(f"<{PASSCODE}>") == "<[passcode]>"
    assert PASSCODE not in repr(CREDENTIALS)
