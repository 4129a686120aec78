"""Real sockets: for each way in which an exchange can break, whether the request may have left is known, and nothing
is sent twice."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fire import HASTY, PATIENCE_S, QUICK
from fire.api.test_client import BODY, Turn, send
from fire.servers import OK, OK_BODY, Server, free_port, reset, serving
from runner.fire.api import client as api_client
from runner.fire.api import connection, exchange
from runner.fire.api.client import Client
from runner.fire.api.timeouts import Timeouts
from runner.fire.outcome import Outcome, Sent, judge
from runner.sandbox.server import Sandbox

GOOD = b'{"business_event": "P", "name": "N", "properties": {}, "c-by": "a@example.com", "when": "now"}'
# Only where the time-out is what is looked for: on a busy machine it would end an answer that is merely slow.
LIMITS = {"timeout": HASTY, "timeout-after": HASTY, **dict.fromkeys(["drip", "drip-head"], Timeouts(total_s=1.0))}
MakeClient = Callable[..., Client]

# fault -> status, complete, sent
FAULTS = {
    "400": (400, True, Sent.NO),
    "401": (401, True, Sent.NO),
    "429": (429, True, Sent.NO),
    "fail:Business Event Not Found": (200, True, Sent.NO),
    "redirect": (302, True, Sent.NO),
    "200-after": (200, True, Sent.YES),
    "201-after": (201, True, Sent.YES),
    "204-after": (204, True, Sent.UNKNOWN),
    "500": (500, True, Sent.UNKNOWN),
    "503": (503, True, Sent.UNKNOWN),
    "503-after": (503, True, Sent.UNKNOWN),
    "409": (409, True, Sent.NO),
    "timeout": (None, False, Sent.UNKNOWN),
    "timeout-after": (None, False, Sent.UNKNOWN),
    "reset": (None, False, Sent.UNKNOWN),
    "reset-after": (None, False, Sent.UNKNOWN),
    "close": (None, False, Sent.UNKNOWN),
    "close-after": (None, False, Sent.UNKNOWN),
    "truncated": (200, False, Sent.UNKNOWN),
    "foreign": (200, True, Sent.UNKNOWN),
    "no-status": (200, True, Sent.UNKNOWN),
    "huge": (200, False, Sent.UNKNOWN),
    "drip": (200, False, Sent.UNKNOWN),
    "drip-head": (None, False, Sent.UNKNOWN),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_seen_for_what_it_is_and_reaches_the_server_once(
    sandbox: Sandbox, client: MakeClient, fault: str
) -> None:
    sandbox.add_fault(fault)
    answer = send(client(sandbox.base_url, LIMITS.get(fault, QUICK.timeouts)), GOOD)
    assert (answer.http_status, answer.complete, judge(answer).sent) == FAULTS[fault]
    assert answer.left
    assert (answer.error is None) == answer.complete
    assert len(sandbox.wait_received(1, timeout_s=PATIENCE_S)) == 1
    if fault.startswith("drip"):
        assert answer.error == "no complete answer within 1 s"


def test_a_refused_connection_sent_nothing(client: MakeClient) -> None:
    answer = send(client(f"http://127.0.0.1:{free_port()}"))
    assert not answer.left
    assert answer.error == "Connection refused"


def test_a_name_that_does_not_resolve_sent_nothing(client: MakeClient) -> None:
    answer = send(client("https://in1.api.clevertap.invalid"))
    assert not answer.left
    assert answer.error == "Name or service not known"


def test_a_connect_that_times_out_sent_nothing(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    answer = send(client("http://127.0.0.1:9"))
    assert not answer.left
    assert judge(answer).retry


def test_tls_to_a_port_that_speaks_http_sent_nothing(client: MakeClient) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        connected.recv(65536)
        connected.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(serve) as server:
        answer = send(client(server.base_url.replace("http:", "https:")))
    assert not answer.left
    assert answer.error == "wrong version number"


@pytest.mark.parametrize("how", ["reset", "close", "silence"])
def test_tls_that_breaks_off_in_the_handshake_sent_nothing(client: MakeClient, how: str) -> None:
    done = threading.Event()

    def serve(server: Server, connected: socket.socket) -> None:
        connected.recv(65536)
        if how == "reset":
            reset(connected)
        elif how == "silence":
            done.wait(PATIENCE_S)

    with serving(serve) as server:
        timeouts = Timeouts(connect_s=0.2) if how == "silence" else QUICK.timeouts
        answer = send(client(server.base_url.replace("http:", "https:"), timeouts))
        done.set()
    assert not answer.left
    assert judge(answer).retry


def test_a_certificate_that_nobody_vouches_for_sent_nothing(client: MakeClient, certificate: Path) -> None:
    with serving(tls(certificate)) as server:
        answer = send(client(server.base_url.replace("http:", "https:")))
        assert server.requests == []
    assert not answer.left
    assert (answer.error or "").startswith("certificate verify failed: ")


def test_certificates_of_the_environment_are_honoured(
    client: MakeClient, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(tls(certificate)) as server:
        sender = client(server.base_url.replace("http:", "https:"))
        answer = send(sender)
        sender.close()  # the server waits for it
        assert len(server.requests) == 1
    assert judge(answer).outcome is Outcome.FIRED


def test_a_bundle_that_is_not_there_sent_nothing_and_is_named(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/gone.pem")
    answer = send(client("https://127.0.0.1:9"))
    assert not answer.left
    assert "/gone.pem" in (answer.error or "")


@pytest.mark.parametrize(
    "said",
    [b"", b"HT", b"HTTP/1.1", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Le", b"garbage\r\n\r\n", b"\x16\x03\x01",
     b"HTTP/1.1 999999 What\r\n\r\n", b"\r\n" * 50_000],
)  # fmt: skip
def test_half_an_answer_is_in_doubt(client: MakeClient, said: bytes) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(said)
        connected.shutdown(socket.SHUT_WR)
        connected.recv(1)

    with serving(serve) as server:
        answer = send(client(server.base_url))
        assert len(server.requests) == 1
    assert answer.left
    assert judge(answer).sent is Sent.UNKNOWN


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429])
@pytest.mark.parametrize(
    "head", ["HTTP/1.1 {}", "HTTP/1.1 {} X\r\n", "HTTP/1.1 {} X\r\nContent-Length: 0", "HTTP/1.1 {} X\r\nA: b\r\n"]
)
def test_a_head_that_broke_off_is_in_doubt_whatever_its_status(client: MakeClient, head: str, status: int) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(head.format(status).encode())

    with serving(serve) as server:
        answer = send(client(server.base_url))
    assert judge(answer).sent is Sent.UNKNOWN


@pytest.mark.parametrize("half", [1, 17, len(OK) - len(OK_BODY), len(OK) - 1])
def test_an_answer_in_two_pieces_is_one_answer(client: MakeClient, half: int) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.read(connected)
        connected.sendall(OK[:half])
        paused.wait(0.02)
        connected.sendall(OK[half:])
        connected.recv(1)

    paused = threading.Event()
    turn = Turn()
    with serving(serve) as server:
        made = client(server.base_url)
        answer = made.send(made.prepare(BODY), turn)
        made.close()
    assert judge(answer).outcome is Outcome.FIRED
    assert turn.calls[:2] == ["take", "check"]


def test_chunked_and_endless_bodies_are_read(client: MakeClient) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(OK_BODY), OK_BODY)
    broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + OK_BODY
    for said, expected in (
        (chunked, Sent.YES),
        (broken, Sent.UNKNOWN),
        (b"HTTP/1.0 200 OK\r\n\r\n" + OK_BODY, Sent.YES),
    ):

        def serve(server: Server, connected: socket.socket, said: bytes = said) -> None:
            server.read(connected)
            connected.sendall(said)

        with serving(serve) as server:
            assert judge(send(client(server.base_url))).sent is expected


def test_a_request_goes_out_in_one_piece(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[bytes] = []
    original = socket.socket.sendall

    def noted(self: socket.socket, data: bytes) -> None:
        if data.startswith(b"POST"):
            pieces.append(data)
        original(self, data)

    monkeypatch.setattr(socket.socket, "sendall", noted)
    with serving(answering) as server:
        send(client(server.base_url))
    (piece,) = pieces
    assert piece == server.requests[0]
    assert piece.endswith(b"\r\n\r\n" + BODY)


# The turn


def answering(server: Server, connected: socket.socket) -> None:
    while server.read(connected):
        connected.sendall(OK)


def test_a_success_gives_its_turn_back_before_it_is_worked_on(client: MakeClient) -> None:
    turn = Turn()
    with serving(answering) as server:
        made = client(server.base_url)
        made.send(made.prepare(BODY), turn)
        made.close()
    assert turn.calls == ["take", "check", "give back"]


@pytest.mark.parametrize("fault", ["401", "429", "503", "fail:no", "foreign", "no-status", "truncated", "201-after"])
def test_what_may_stop_the_account_keeps_its_turn_until_it_is_judged(
    sandbox: Sandbox, client: MakeClient, fault: str
) -> None:
    sandbox.add_fault(fault)
    turn = Turn()
    made = client(sandbox.base_url)
    made.send(made.prepare(GOOD), turn)
    assert turn.calls == ["take", "check"]


@pytest.mark.parametrize("step", ["take", "check"])
def test_what_the_turn_raises_keeps_the_request_back(sandbox: Sandbox, client: MakeClient, step: str) -> None:
    class KeptBackError(Exception):
        pass

    def keep_back() -> None:
        raise KeptBackError

    made = client(sandbox.base_url)
    turn = Turn()
    setattr(turn, step, keep_back)
    with pytest.raises(KeptBackError):
        made.send(made.prepare(GOOD), turn)
    assert judge(made.send(made.prepare(GOOD), Turn())).outcome is Outcome.FIRED
    assert len(sandbox.received()) == 1


class Clocks:
    """The clocks by which a request is timed, as a test sets them ahead; `looks` counts those for overdue requests."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        self.looks = threading.Semaphore(0)
        self.sleep = time.sleep

    def monotonic(self) -> float:
        now = time.monotonic() + self.ahead_s
        if threading.current_thread().name == "deadlines":
            self.looks.release()
        return now

    def perf_counter(self) -> float:
        return time.perf_counter() + self.ahead_s


def test_the_deadline_does_not_run_while_a_request_waits_for_its_turn(
    sandbox: Sandbox, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks, turn = Clocks(), Turn()
    monkeypatch.setattr(exchange, "time", clocks)

    def take() -> None:
        clocks.ahead_s, clocks.looks = 3600.0, threading.Semaphore(0)
        for _ in range(3):  # the last of them has ended
            assert clocks.looks.acquire(timeout=PATIENCE_S)

    turn.take = take  # type: ignore[method-assign]
    made = client(sandbox.base_url)
    answer = made.send(made.prepare(GOOD), turn)
    assert judge(answer).outcome is Outcome.FIRED
    assert answer.latency_ms < 3_600_000


# Connections kept alive


def test_one_connection_serves_many_requests(client: MakeClient) -> None:
    with serving(answering) as server:
        made = client(server.base_url)
        for _ in range(5):
            assert judge(send(made)).outcome is Outcome.FIRED
        made.close()
    assert (server.connections, len(server.requests)) == (1, 5)


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(client: MakeClient) -> None:
    closed = threading.Semaphore(0)

    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(OK)
        connected.close()
        closed.release()

    with serving(serve) as server:
        made = client(server.base_url)
        for _ in range(3):
            assert judge(send(made)).outcome is Outcome.FIRED
            assert closed.acquire(timeout=PATIENCE_S)
    assert (server.connections, len(server.requests)) == (3, 3)


def test_a_connection_that_is_closed_while_a_request_waits_is_made_anew(client: MakeClient) -> None:
    close, closed = threading.Event(), threading.Event()

    def serve(server: Server, connected: socket.socket) -> None:
        if server.connections == 1:
            assert close.wait(PATIENCE_S)
            connected.close()
            closed.set()
        else:
            answering(server, connected)

    def take() -> None:
        close.set()
        assert closed.wait(PATIENCE_S)

    turn = Turn()
    turn.take = take  # type: ignore[method-assign]
    with serving(serve) as server:
        made = client(server.base_url)
        answer = made.send(made.prepare(BODY), turn)
        made.close()
    assert judge(answer).outcome is Outcome.FIRED
    assert (server.connections, len(server.requests)) == (2, 1)


def test_a_connection_that_was_idle_for_long_is_made_anew(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (api_client, connection):
        monkeypatch.setattr(module, "MAX_IDLE_S", -1.0)
    with serving(answering) as server:
        made = client(server.base_url)
        assert judge(send(made)).outcome is Outcome.FIRED
        made.close()
    assert (server.connections, len(server.requests)) == (2, 1)


@pytest.mark.parametrize("code", [errno.ECONNRESET, errno.EPIPE, errno.ETIMEDOUT, errno.ECONNREFUSED])
def test_a_connection_that_can_not_be_made_anew_sent_nothing(
    client: MakeClient, certificate: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """urllib3 swallows some of these while it sends, because a server may answer before it has read everything."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(tls(certificate)) as server:
        made = client(server.base_url.replace("http:", "https:"))
        turn = Turn()

        def take() -> None:
            def handshake(self: ssl.SSLSocket, block: bool = False) -> None:
                raise OSError(code, "broke")

            monkeypatch.setattr(connection, "MAX_IDLE_S", -1.0)
            monkeypatch.setattr(ssl.SSLSocket, "do_handshake", handshake)

        turn.take = take  # type: ignore[method-assign]
        answer = made.send(made.prepare(BODY), turn)
        assert server.requests == []
    assert (answer.left, answer.http_status) == (False, None)
    assert judge(answer).retry


# Proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_loopback_is_never_reached_through_a_proxy(
    sandbox: Sandbox, client: MakeClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with serving(answering) as proxy:
        monkeypatch.setenv(name, proxy.base_url)
        assert judge(send(client(sandbox.base_url), GOOD)).outcome is Outcome.FIRED
        assert proxy.connections == 0
    assert len(sandbox.received()) == 1


def test_the_environments_proxy_gets_the_host_and_never_the_passcode(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with serving(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        answer = send(client("https://in1.api.clevertap.com"))
        (asked,) = proxy.requests
    assert asked.startswith(b"CONNECT in1.api.clevertap.com:443 HTTP/1.")
    assert b"passcode" not in asked.lower()
    assert not answer.left
    assert "407" in (answer.error or "")


def test_a_tunnel_through_a_proxy_carries_the_request_once(
    client: MakeClient, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak_tls = tls(certificate)

    def tunnel(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        speak_tls(server, connected)

    with serving(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        made = client("https://in1.api.clevertap.com")
        answer = send(made)
        made.close()
    assert judge(answer).outcome is Outcome.FIRED
    assert [request.split(b" ")[0] for request in proxy.requests] == [b"CONNECT", b"POST"]


def test_tickets_of_tls_are_no_reason_to_connect_again(
    client: MakeClient, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        with context(certificate).wrap_socket(connected, server_side=True) as wrapped:
            shaken.set()
            answering(server, wrapped)

    shaken = threading.Event()
    turn = Turn()
    turn.take = lambda: shaken.wait(PATIENCE_S)  # type: ignore[assignment]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(serve) as server:
        made = client(server.base_url.replace("http:", "https:"))
        assert judge(made.send(made.prepare(BODY), turn)).outcome is Outcome.FIRED
        made.close()
    assert server.connections == 1


def test_no_proxy_is_honoured(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        monkeypatch.setenv("NO_PROXY", ".invalid")
        answer = send(client("https://in1.api.clevertap.invalid"))
        assert proxy.connections == 0
    assert "Name or service not known" in (answer.error or "")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "nonsense://x"])
def test_a_proxy_that_can_not_be_used_sent_nothing(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    answer = send(client("https://in1.api.clevertap.com"))
    assert (answer.left, answer.http_status) == (False, None)
    assert judge(answer).retry


def tls(certificate: Path) -> Callable[[Server, socket.socket], None]:
    """Serves TLS with the certificate, and success."""

    def serve(server: Server, connected: socket.socket) -> None:
        with context(certificate).wrap_socket(connected, server_side=True) as wrapped:
            answering(server, wrapped)

    return serve


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture
def certificate() -> Path:
    """A self-signed certificate for loopback and the API's hosts, with its key."""
    return Path(__file__).with_name("certificate.pem")


def test_an_exchange_that_begins_when_nobody_watches_any_more_ends_at_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes after whoever watches has waited in vain, and before he has the lock again."""
    watched, waits, late = exchange.Deadlines(), threading.Condition.wait, exchange.Exchange(0.0, Turn())
    comes, ended = threading.Event(), threading.Event()

    def wait(condition: threading.Condition, timeout: float | None = None) -> bool:
        if threading.current_thread() is not watched.thread or comes.is_set():
            return waits(condition, timeout)
        comes.set()
        watched.watch(late)
        return False

    monkeypatch.setattr(threading.Condition, "wait", wait)
    monkeypatch.setattr(late, "abort", ended.set)
    with watched.exchange(PATIENCE_S, Turn()):
        pass
    assert ended.wait(PATIENCE_S)


def test_whoever_watches_the_deadlines_ends_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_IDLE_S", 0.0)
    watched = exchange.Deadlines()
    for _ in range(2):
        with watched.exchange(PATIENCE_S, Turn()):
            thread = watched.thread
            assert thread
        thread.join(PATIENCE_S)
        assert (thread.is_alive(), watched.thread) == (False, None)
