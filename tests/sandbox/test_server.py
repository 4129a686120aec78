"""The stand-in as a client meets it: credentials, the documented errors, the limit, and every fault."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from runner.sandbox.server import Sandbox

PATH = "/1/targets/trigger.json"
PATIENCE_S = 60.0  # a busy machine fails no test
BODY: dict[str, Any] = {
    "business_event": "Program Released",
    "name": "Episode 12",
    "properties": {"program_id": "234567"},
    "c-by": "releases@example.com",
    "when": "now",
}
HEADERS = {"X-CleverTap-Account-Id": "india", "X-CleverTap-Passcode": "secret-pass", "Content-Type": "application/json"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(credentials={"india": "secret-pass"}, events={"Program Released": ["program_id"]}) as served:
        yield served


def ask(
    sandbox: Sandbox, method: str, path: str, body: Any = None, headers: dict[str, str] = HEADERS
) -> tuple[int, Any]:
    """Status and JSON (or text) of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
        with connection.getresponse() as response:
            text = response.read()
            is_json = response.getheader("Content-Type", "").startswith("application/json")
            return response.status, json.loads(text) if is_json and text else text.decode()
    finally:
        connection.close()


def post(sandbox: Sandbox, **fields: Any) -> tuple[int, Any]:
    return ask(sandbox, "POST", PATH, {**BODY, **fields})


def test_a_good_request_is_accepted(sandbox: Sandbox) -> None:
    assert post(sandbox) == (200, {"status": "success", "targets": 1})
    (received,) = sandbox.received()
    assert (received.accepted, received.name, received.status, received.body) == (True, "Episode 12", 200, BODY)


@pytest.mark.parametrize(
    "headers", [{}, {**HEADERS, "X-CleverTap-Passcode": "wrong"}, {"X-CleverTap-Account-Id": "india"}]
)
def test_bad_credentials_are_turned_away(sandbox: Sandbox, headers: dict[str, str]) -> None:
    status, body = ask(sandbox, "POST", PATH, BODY, headers)

    assert (status, body["status"], body["code"]) == (401, "fail", 401)
    assert not sandbox.accepted()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"business_event": "Nothing"}, "Business Event Not Found"),
        ({"when": None}, '"when" has an incorrect value - null'),
        ({"properties": {}}, "Propertyprogram_idmissing"),
    ],
)
def test_the_documented_errors_are_given_word_for_word(sandbox: Sandbox, fields: dict[str, Any], error: str) -> None:
    status, body = post(sandbox, **fields)

    assert (status, body["status"]) == (400, "fail")
    assert body["error"] == error


@pytest.mark.parametrize(
    "fields",
    [
        {"properties": {"program_id": 234567}},
        {"properties": {"program_id": "आ" * 171}},  # 513 bytes
        {"business_event": "x" * 121},
        {"name": None},
        {"c-by": None},
        {"properties": "text"},
    ],
)
def test_what_breaks_a_rule_is_refused(sandbox: Sandbox, fields: dict[str, Any]) -> None:
    assert post(sandbox, **fields)[0] == 400
    assert not sandbox.accepted()


def test_512_bytes_are_taken(sandbox: Sandbox) -> None:
    assert post(sandbox, properties={"program_id": "आ" * 170 + "xy"})[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("GET", PATH, b"", 405), ("POST", "/1/other", BODY, 404), ("POST", PATH, b"[1", 400), ("POST", PATH, b"[1]", 400)],
)
def test_other_requests_get_their_status(sandbox: Sandbox, method: str, path: str, body: Any, status: int) -> None:
    assert ask(sandbox, method, path, body)[0] == status


def test_a_fourth_request_in_flight_is_one_too_many_and_only_that() -> None:
    with Sandbox() as sandbox:
        sandbox.add_fault("timeout")
        held = [threading.Thread(target=_until_closed, args=(sandbox,)) for _ in range(3)]
        for number, thread in enumerate(held, start=1):
            thread.start()
            sandbox.wait_received(number, timeout_s=PATIENCE_S)
        sandbox.clear_faults()

        status, body = post(sandbox)
        assert (status, body["error"]) == (429, "Too many concurrent requests")
        assert sandbox.peak_in_flight("india") == 4
    for thread in held:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_sticky_429_refuses_its_account_and_no_other() -> None:
    with Sandbox(faults=["sticky-429", "429@first*1"]) as sandbox:
        other = {**HEADERS, "X-CleverTap-Account-Id": "europe"}
        assert post(sandbox)[0] == 200
        assert [post(sandbox, name=name)[0] for name in ("first", "first", "second")] == [429, 429, 429]
        assert ask(sandbox, "POST", PATH, BODY, other)[0] == 200
        assert [received.fault for received in sandbox.received()] == [None, "429", "sticky-429", "sticky-429", None]
        assert ask(sandbox, "DELETE", "/_sandbox/faults")[0] == 204
        assert post(sandbox)[0] == 200


def test_a_request_too_many_starts_a_sticky_429() -> None:
    with Sandbox(faults=["sticky-429", "timeout@held*3"]) as sandbox:
        held = [threading.Thread(target=_until_closed, args=(sandbox,)) for _ in range(3)]
        for number, thread in enumerate(held, start=1):
            thread.start()
            sandbox.wait_received(number, timeout_s=PATIENCE_S)
        assert [post(sandbox)[0] for _ in range(2)] == [429, 429]
        assert [received.fault for received in sandbox.received()][3:] == [None, "sticky-429"]
    for thread in held:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def _until_closed(sandbox: Sandbox) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        post(sandbox, name="held")


@pytest.mark.parametrize(
    ("fault", "status", "accepted"),
    [
        ("503", 503, False),
        ("503-after", 503, True),
        ("429", 429, False),
        ("fail:No", 200, False),
        ("redirect", 302, False),
        ("foreign", 200, True),
        ("no-status", 200, True),
        ("huge", 200, True),
    ],
)
def test_faults_that_answer(sandbox: Sandbox, fault: str, status: int, *, accepted: bool) -> None:
    sandbox.add_fault(fault)

    assert post(sandbox)[0] == status
    assert [received.accepted for received in sandbox.received()] == [accepted]


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("reset", ConnectionResetError, False),
        ("reset-after", ConnectionResetError, True),
        ("close", http.client.RemoteDisconnected, False),
        ("close-after", http.client.RemoteDisconnected, True),
        ("truncated", http.client.IncompleteRead, True),
    ],
)
def test_faults_that_break_off(sandbox: Sandbox, fault: str, error: type[Exception], *, accepted: bool) -> None:
    sandbox.add_fault(fault)
    with pytest.raises(error):
        post(sandbox)

    assert [received.accepted for received in sandbox.received()] == [accepted]


def test_refuse_shuts_the_port_and_clearing_opens_it(sandbox: Sandbox) -> None:
    sandbox.add_fault("refuse")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sandbox.port), timeout=PATIENCE_S)
    sandbox.clear_faults()

    assert post(sandbox)[0] == 200


def test_its_own_pages_show_what_came_and_make_it_fail(sandbox: Sandbox) -> None:
    assert post(sandbox)[0] == 200
    status, page = ask(sandbox, "GET", "/_sandbox/requests")
    assert (status, [request["name"] for request in page["requests"]], page["peak_in_flight"]) == (
        200,
        ["Episode 12"],
        {"india": 1},
    )
    assert "secret-pass" not in json.dumps(page)

    assert ask(sandbox, "POST", "/_sandbox/faults", {"fault": "503@Episode*"})[0] == 200
    assert post(sandbox)[0] == 503
    assert ask(sandbox, "DELETE", "/_sandbox/faults")[0] == 204
    assert post(sandbox)[0] == 200
    assert ask(sandbox, "DELETE", "/_sandbox/requests")[0] == 204
    assert sandbox.received() == ()
    assert ask(sandbox, "POST", "/_sandbox/faults", {"fault": "nonsense"})[0] == 400
    assert "stand-in" in ask(sandbox, "GET", "/")[1]
