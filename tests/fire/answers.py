"""A server that answers in every wrong way at random, and records the truth: what it raised, and how often.

A `Reply` says what the server does with one request. `randomly` makes one; the same seed makes the same replies. Two
answers that no client can distinguish from the truth are left out: a refusal by a proxy in front of the server,
and a whole second answer that arrives after the next request has left.
"""

from __future__ import annotations

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from fire import PATIENCE_S
from fire.api.test_client import Turn
from fire.servers import Server, reset
from runner.fire.api.client import Client
from runner.fire.outcome import Sent, judge

MOST_TRIES = 4  # of one request, where it certainly was not sent
SUCCESS = {"status": "success", "targets": 1}
FAIL = {"status": "fail", "error": "Business Event Not Found", "code": 400}
TOO_MANY = {"status": "fail", "error": "Too many concurrent requests", "code": 429}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with a request: whether it raises the bulletin, and what it writes.

    `afterwards` is written once the answer is: the next request has not left by then. `late` is written when the next
    request arrives over the same connection, before that one's own answer. `is_plain` says whether the client has to
    understand it.
    """

    raised: bool
    answer: bytes
    afterwards: bytes = b""
    late: bytes = b""
    ends: str = ""  # how the connection ends: "close", "reset", or not at all
    is_plain: bool = False


def http(status: str, body: bytes | dict[str, object] = b"", *fields: str, version: str = "1.1") -> bytes:
    """An answer with its length."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    head = [f"HTTP/{version} {status}", *fields, f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


def chunked(status: str, body: bytes, sizes: list[int]) -> bytes:
    """The same in chunks of those sizes and one more."""
    data = b""
    for size in [*sizes, len(body)]:
        chunk, body = body[:size], body[size:]
        if chunk:
            data += b"%x\r\n%s\r\n" % (len(chunk), chunk)
    return f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + data + b"0\r\n\r\n"


UNSETTLED = (
    http("204 No Content"),
    http("304 Not Modified"),
    http("408 Request Timeout"),
    http("408 Request Timeout", b"{}"),
    http("500 Internal Server Error", FAIL),
    http("502 Bad Gateway", b"<html>"),
    http("503 Service Unavailable", {"error": "later"}),
    http("504 Gateway Timeout", {"status": "success", "targets": 1}),
    http("200 OK"),
    http("200 OK", b"{}"),
    http("200 OK", b'{"status": "succ'),
    http("200 OK", b'{"status": "success"} {}'),
    http("200 OK", b'{"status": "success", "targets": NaN}'),
    http("200 OK", b'\xef\xbb\xbf{"status": "success"}'),
    http("200 OK", '{"status": "success", "x": "é"}'.encode("latin-1")),
    http("200 OK", b"[" * 100_000),
    http("200 OK", b"<html>"),
    http("200 OK", {"status": "Success"}),
    http("200 OK", {"status": True}),
    http("202 Accepted", {"status": "partial"}),
    http("409 Conflict", b"<html>"),
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
)
CONTRADICTORY = (
    http("200 OK", b'{"status": "success", "status": "fail"}'),
    http("200 OK", b'{"status": "fail", "status": "success"}'),
    http("400 Bad Request", b'{"status": "success", "status": "fail"}'),
    http("200 OK", b'{"status": "success", "Status": "fail"}'),
    http("200 OK", b'{"status": "success", "error": null, "error": "no"}'),
    http("200 OK", {"status": "success", "error": "Business Event Not Found"}),
    http("200 OK", {"status": "success", "error": {"reason": "no"}}),
    http("200 OK", {"status": "success", "errors": ["no"]}),
    http("200 OK", {"status": "success", "code": 400}),
    http("200 OK", {"status": "success", "code": "400"}),
    http("400 Bad Request", SUCCESS),
    http("401 Unauthorized", SUCCESS),
    http("429 Too Many Requests", SUCCESS),
    http("429 Too Many Requests", {"status": "queued"}),
    http("302 Found", SUCCESS),
    http("503 Service Unavailable", SUCCESS),
    http("200 OK", {"status": "fail", "targets": 1}),
    http("200 OK", {"status": "fail", "code": 200}),
    http("400 Bad Request", {"status": "partial"}),
    http("404 Not Found", {"targets": 1}),
    http("400 Bad Request", {"status": "fail", "targets": 2**63}),
    http("429 Too Many Requests", b'{"status": "success"} {}'),
    http("429 Too Many Requests", b'[{"status": "success"}]'),
    http("429 Too Many Requests", {"Status": "success"}),
)
_BODY = json.dumps(SUCCESS).encode()
_NO = json.dumps(FAIL).encode()
MALFORMED = tuple(
    head.replace(b"\n", b"\r\n") + b"\r\n" + body
    for head, body in (
        (b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length: %d\nContent-Length: 2\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length: %d, %d\n" % (len(_BODY), len(_BODY)), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length: +%d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length: -1\n", _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length : %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length:\n %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nno colon\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nX: a\rContent-Length: 2\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nX: \0\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 2_00 OK\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 +400 OK\nContent-Length: %d\n" % len(_NO), _NO),
        (b"HTTP/1.1 0400 OK\nContent-Length: %d\n" % len(_NO), _NO),
        (b"HTTP/1.1 700 What\nContent-Length: %d\n" % len(_NO), _NO),
        (b"HTTP/2.0 200 OK\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nContent-Length: %d\nTransfer-Encoding: chunked\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"+%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"-1\r\n%s\r\n0\r\n\r\n" % _BODY),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"0x%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"%x\r\n%sXX0\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"%x\r\n%s\r\n0\r\nno field\r\n\r\n" % (len(_BODY), _BODY)),
        (b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", b"fffffffff\r\n%s" % _BODY),
        (b"".join(b"HTTP/1.1 200 OK\n" + b"X-%d: y\n" % n for n in range(200)), _BODY),
        (b"HTTP/1.1 200 OK\nX: " + b"y" * 70_000 + b"\nContent-Length: %d\n" % len(_BODY), _BODY),
        (b"HTTP/1.1 103 Early\nX: %s\n\n" % (b"y" * 60_000) * 5, b""),
    )
)  # fmt: skip
INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nLink: </y>\r\n\r\n",
    b"HTTP/1.1 199 Whatever\r\nX: y\r\n\r\n",
)


def randomly(chance: random.Random) -> Reply:
    """A reply at random."""
    return chance.choice(_KINDS)(chance)


def _real(chance: random.Random) -> tuple[bool, str, dict[str, object]]:
    """The truth, and the answer that says it."""
    raised = chance.random() < 0.5
    if raised:
        return True, "200 OK", SUCCESS
    status, body = chance.choice([("400 Bad Request", FAIL), ("200 OK", FAIL), ("429 Too Many Requests", TOO_MANY)])
    return False, status, body


def _plain(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    content = json.dumps(body).encode()
    sizes = [chance.randint(1, 9) for _ in range(3)]
    written = chance.choice(
        [
            http(status, body),
            http(status, body),
            http(status, body),
            http(status, body, "Connection: close"),
            http(status, body, version="1.0"),
            http(status, body, "Connection: keep-alive", version="1.0"),
            chunked(status, content, sizes),
        ]
    )
    return Reply(raised, written, is_plain=True)


def _interim(chance: random.Random) -> Reply:
    plain = _plain(chance)
    before = b"".join(chance.choices(INTERIM, k=chance.choice([1, 1, 2, 5])))
    return replace(plain, answer=before + plain.answer)


def _unsettled(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    return Reply(raised, chance.choice(UNSETTLED), late=http(status, body))


def _contradictory(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    return Reply(raised, chance.choice(CONTRADICTORY), late=http(status, body))


def _malformed(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    return Reply(raised, chance.choice(MALFORMED), late=http(status, body))


def _two_answers(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    others = [http(status, body), *map(http, ("200 OK", "400 Bad Request"), (SUCCESS, FAIL)), b"\r\n", b"junk"]
    first, second = http(status, body), chance.choice([*others, *UNSETTLED, *INTERIM])
    if second == others[1] or second == others[2]:  # which of the two is true, nobody can know
        raised = chance.random() < 0.5
    return Reply(raised, first + second)


def _late_copy(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    return Reply(raised, http(status, body), afterwards=chance.choice([http(status, body), *UNSETTLED, *INTERIM, b"x"]))


def _closes_and_speaks(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    late = http("200 OK", chance.choice([SUCCESS, FAIL]))
    return Reply(raised, http(status, body, "Connection: close"), late=late, is_plain=True)


def _short(chance: random.Random) -> Reply:
    raised, status, body = _real(chance)
    whole = chance.choice([http(status, body), chunked(status, json.dumps(body).encode(), [5, 5])])
    return Reply(raised, whole[: chance.randrange(len(whole))], ends=chance.choice(["close", "reset"]))


_KINDS: tuple[Callable[[random.Random], Reply], ...] = (
    _plain, _plain, _plain, _interim, _interim, _unsettled, _unsettled, _contradictory, _malformed, _two_answers,
    _late_copy, _closes_and_speaks, _short,
)  # fmt: skip


class TruthfulServer:
    """Answers at random, by `seed`, each connection in a thread of its own.

    `prompt`: what would be written afterwards comes together with the answer.
    """

    def __init__(self, seed: str, *, prompt: bool = False) -> None:
        self.raised: Counter[str] = Counter()  # by the bulletin's name
        self.requests: Counter[str] = Counter()
        self.last: dict[str, Reply] = {}
        self._seed = seed
        self._prompt = prompt
        self._busy = 0
        self._changed = threading.Condition()
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._connected: set[socket.socket] = set()
        self.base_url = f"http://127.0.0.1:{self._door.getsockname()[1]}"

    @contextmanager
    def serving(self) -> Iterator[TruthfulServer]:
        """Serves until the end of the block."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._door.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)
            self._door.close()
            for connected in tuple(self._connected):
                with suppress(OSError):
                    connected.shutdown(socket.SHUT_RDWR)

    def wait_until_idle(self) -> None:
        """Returns once all is written that the requests so far call for."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._busy, PATIENCE_S)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._door.accept()
                self._connected.add(connected)
                threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        reader, late, ended = Server(0), b"", False
        with connected, suppress(OSError):
            connected.settimeout(PATIENCE_S)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not ended and (request := reader.read(connected)):
                reply = self._take(json.loads(request.partition(b"\r\n\r\n")[2])["name"])
                try:
                    connected.sendall(late + reply.answer)
                    connected.sendall(reply.afterwards)
                    if reply.ends == "reset":
                        reset(connected)
                finally:
                    self._end()
                late, ended = reply.late, bool(reply.ends)
        self._connected.discard(connected)

    def _take(self, name: str) -> Reply:
        with self._changed:
            self._busy += 1
            self.requests[name] += 1
            reply = randomly(random.Random(f"{self._seed} {name} {self.requests[name]}"))
            if self._prompt:
                reply = replace(reply, answer=reply.answer + reply.afterwards, afterwards=b"")
            self.raised[name] += reply.raised
            self.last[name] = reply
            return reply

    def _end(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()


def exchange(server: TruthfulServer, client: Client, names: Iterable[str]) -> list[str]:
    """Sends a request for each name over the client's connection, and again where it may be; what was found wrong."""
    faults = []
    for name in names:
        request = client.prepare(json.dumps({"name": name}).encode())
        for _ in range(MOST_TRIES):
            server.wait_until_idle()
            judgement = judge(client.send(request, Turn()))
            if not judgement.retry:
                break
        raised, reply = server.raised[name], server.last[name]
        truth = Sent.YES if raised else Sent.NO
        if raised > 1:
            faults.append(f"{name} was sent {raised} times")
        if judgement.sent not in (truth, Sent.UNKNOWN):
            faults.append(f"{name}: {judgement.sent.value} for {reply}: {judgement.reason}")
        if reply.is_plain and judgement.sent is not truth:
            faults.append(f"{name}: a plain answer was not understood: {reply}: {judgement.reason}")
    return faults
