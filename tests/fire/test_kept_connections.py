"""Which answers let a connection carry another request, and which bytes put an answer in doubt."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable

import pytest

from fire import HASTY, PATIENCE_S
from fire.answers import CONTRADICTORY, FAIL, INTERIM, MALFORMED, SUCCESS, TOO_MANY, UNSETTLED, chunked
from fire.answers import http as written
from fire.api.test_client import BODY, Turn, send
from fire.servers import OK, OK_BODY, Server, serving
from runner.fire.api.client import Client
from runner.fire.api.framing import MAX_HEAD_BYTES, AnswerReader
from runner.fire.api.timeouts import Timeouts
from runner.fire.outcome import Outcome, Sent, judge

MakeClient = Callable[..., Client]
REFUSED = written("400 Bad Request", FAIL)


def first(said: bytes, later: bytes = REFUSED) -> Callable[[Server, socket.socket], None]:
    """Answers the first request of all so, and every other one with `later`."""

    def serve(server: Server, connected: socket.socket) -> None:
        while server.read(connected):
            connected.sendall(said if len(server.requests) == 1 else later)

    return serve


def connections(client: MakeClient, said: bytes) -> tuple[Sent, int]:
    """What the answer to the first of two requests was taken for, and how many connections the two needed."""
    with serving(first(said)) as server:
        made = client(server.base_url)
        sent = judge(send(made)).sent
        assert judge(send(made)).outcome is Outcome.FAILED
        made.close()
    assert len(server.requests) == 2
    return sent, server.connections


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        (OK, Sent.YES),
        (written("201 Created", SUCCESS), Sent.YES),
        (chunked("200 OK", OK_BODY, [1, 2, 3]), Sent.YES),
        *((interim + OK, Sent.YES) for interim in INTERIM),
        (b"".join(INTERIM) * 3 + OK, Sent.YES),
    ],
)
def test_a_complete_success_keeps_the_connection(client: MakeClient, said: bytes, sent: Sent) -> None:
    assert connections(client, said) == (sent, 1)


@pytest.mark.parametrize("said", [*UNSETTLED, *CONTRADICTORY, *MALFORMED], ids=lambda said: str(said[:60]))
def test_an_answer_that_settles_nothing_is_in_doubt_and_closes_the_connection(client: MakeClient, said: bytes) -> None:
    assert connections(client, said) == (Sent.UNKNOWN, 2)


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        (written("200 OK", FAIL), Sent.NO),
        (written("400 Bad Request", FAIL), Sent.NO),
        (written("401 Unauthorized", FAIL), Sent.NO),
        (written("429 Too Many Requests", TOO_MANY), Sent.NO),
        (written("400 Bad Request", b"<html>"), Sent.NO),
        (written("404 Not Found", b"{}"), Sent.NO),
        (written("429 Too Many Requests", b"slow down"), Sent.NO),
        (written("302 Found", b"", "Location: /x"), Sent.NO),
        (written("408 Request Timeout", FAIL), Sent.NO),
        (written("200 OK", SUCCESS, "Connection: close"), Sent.YES),
        (written("200 OK", SUCCESS, "Connection: keep-alive", "Connection: Close"), Sent.YES),
        (written("200 OK", SUCCESS, version="1.0"), Sent.YES),
        (written("200 OK", SUCCESS, "Connection: keep-alive", version="1.0"), Sent.YES),
    ],
)
def test_a_known_outcome_may_close_the_connection_all_the_same(client: MakeClient, said: bytes, sent: Sent) -> None:
    assert connections(client, said) == (sent, 2)


@pytest.mark.parametrize("more", [b"\r\n", b"x", OK, REFUSED, written("408 Request Timeout"), INTERIM[0]])
@pytest.mark.parametrize("said", [OK, REFUSED, chunked("200 OK", OK_BODY, [])])
def test_an_answer_that_more_bytes_follow_is_in_doubt(client: MakeClient, said: bytes, more: bytes) -> None:
    """They may be what the server really answers, and the answer a second one to the request before."""
    turn = Turn()
    with serving(first(said + more)) as server:
        made = client(server.base_url)
        answer = made.send(made.prepare(BODY), turn)
        assert (judge(answer).sent, judge(answer).retry) == (Sent.UNKNOWN, False)
        assert turn.calls == ["take", "check"]
        assert judge(send(made)).outcome is Outcome.FAILED
        made.close()
    assert server.connections == 2


@pytest.mark.parametrize("more", [b"x", OK, written("408 Request Timeout")])
def test_bytes_that_arrive_while_the_next_request_waits_are_not_its_answer(client: MakeClient, more: bytes) -> None:
    go, arrived = threading.Event(), threading.Event()

    def serve(server: Server, connected: socket.socket) -> None:
        while server.read(connected):
            connected.sendall(OK if len(server.requests) == 1 else REFUSED)
            if len(server.requests) == 1:
                assert go.wait(PATIENCE_S)
                connected.sendall(more)
                arrived.set()

    def take() -> None:
        go.set()
        assert arrived.wait(PATIENCE_S)

    turn = Turn()
    turn.take = take  # type: ignore[method-assign]
    with serving(serve) as server:
        made = client(server.base_url)
        assert judge(send(made)).outcome is Outcome.FIRED
        assert judge(made.send(made.prepare(BODY), turn)).outcome is Outcome.FAILED
        made.close()
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_server_that_answers_before_it_is_asked_gets_no_request(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken = threading.Semaphore(0)

    def serve(server: Server, connected: socket.socket) -> None:
        connected.sendall(OK)
        spoken.release()
        assert server.read(connected) == b""

    connect = socket.socket.connect

    def connect_and_wait(self: socket.socket, address: tuple[str, int]) -> None:
        connect(self, address)
        assert spoken.acquire(timeout=PATIENCE_S)

    with serving(serve) as server:
        made = client(server.base_url)
        with monkeypatch.context() as patched:
            patched.setattr(socket.socket, "connect", connect_and_wait)
            answer = send(made)
    assert (answer.left, server.requests) == (False, [])
    assert judge(answer).retry


def test_endless_interim_answers_end(client: MakeClient) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        for _ in range(MAX_HEAD_BYTES):
            connected.sendall(INTERIM[0])

    with serving(serve) as server:
        answer = send(client(server.base_url))
    assert judge(answer).sent is Sent.UNKNOWN
    assert "longer than" in (answer.error or "")


def test_interim_answers_do_not_move_the_deadline(client: MakeClient) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        while True:
            connected.sendall(INTERIM[1])
            over.wait(0.05)

    over = threading.Event()
    with serving(serve) as server:
        answer = send(client(server.base_url, Timeouts(read_s=HASTY.read_s, total_s=0.6)))
    assert judge(answer).sent is Sent.UNKNOWN
    assert answer.error == "no complete answer within 0.6 s"


def test_interim_answers_without_an_end_are_in_doubt(client: MakeClient) -> None:
    def serve(server: Server, connected: socket.socket) -> None:
        server.read(connected)
        connected.sendall(b"".join(INTERIM))

    with serving(serve) as server:
        assert judge(send(client(server.base_url))).sent is Sent.UNKNOWN


# Whatever breaks is the outcome of one request

UNEXPECTED = [
    AttributeError("x"), KeyError("x"), TypeError("x"), RecursionError("x"), AssertionError("x"), EOFError("x"),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), http.client.LineTooLong("x"), http.client.ResponseNotReady("x"),
    StopIteration("x"), RuntimeError("x"), ZeroDivisionError("x"),
]  # fmt: skip


@pytest.mark.parametrize("error", UNEXPECTED, ids=repr)
@pytest.mark.parametrize("where", ["head", "body"])
def test_an_unexpected_exception_after_the_request_left_is_in_doubt(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    with serving(first(OK)) as server:
        made = client(server.base_url)
        with monkeypatch.context() as patched:
            patched.setattr(AnswerReader, "read_head" if where == "head" else "read", fail)
            answer = send(made)
        assert answer.left
        assert judge(answer).sent is Sent.UNKNOWN
        assert judge(send(made)).outcome is Outcome.FAILED
        made.close()
    assert server.connections == 2


@pytest.mark.parametrize("error", UNEXPECTED[:6], ids=repr)
def test_an_unexpected_exception_before_the_request_left_sent_nothing(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    with serving(first(OK)) as server:
        monkeypatch.setattr(socket.socket, "connect", fail)
        answer = send(client(server.base_url))
        monkeypatch.undo()
    assert (answer.left, server.requests) == (False, [])
    assert judge(answer).retry


@pytest.mark.parametrize("error", [OSError("x"), ValueError("x"), http.client.HTTPException("x")], ids=repr)
@pytest.mark.parametrize("step", ["take", "check"])
def test_what_the_turn_raises_is_no_fault_of_the_wire(client: MakeClient, step: str, error: Exception) -> None:
    def keep_back() -> None:
        raise error

    turn = Turn()
    setattr(turn, step, keep_back)
    with serving(first(OK)) as server:
        made = client(server.base_url)
        with pytest.raises(type(error)) as raised:
            made.send(made.prepare(BODY), turn)
        made.close()
    assert raised.value is error
    assert server.requests == []


def test_a_success_in_a_field_of_another_name_keeps_its_turn_until_it_is_judged(client: MakeClient) -> None:
    turn = Turn()
    said = written("200 OK", json.dumps({"status": "fail", "error": "no", "success": "success"}).encode())
    with serving(first(said)) as server:
        made = client(server.base_url)
        assert judge(made.send(made.prepare(BODY), turn)).outcome is Outcome.FAILED
        made.close()
    assert turn.calls == ["take", "check"]
