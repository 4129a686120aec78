"""A lean stand-in for the API, for benchmarks in which the sandbox would be the bottleneck: one thread, no faults.

    python tests/benchmarks/counting_server.py --latency-ms 200

Prints its address. Each request is answered after the latency; a fourth request of an account in flight is answered at
once with 429. `GET /figures` returns what it counted as JSON. Times are in seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import time
from collections import Counter

IN_FLIGHT = 3
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ACCOUNT = re.compile(rb"\r\nx-clevertap-account-id: *([^\r]+)", re.IGNORECASE)
_ACCEPTED = b'{"status":"success","bulletins_sent":1}'
_REFUSED = b'{"status":"fail","error":"Too many concurrent requests"}'


class Figures:
    """What the server counted: accepted and refused requests, peaks in flight, first arrival and last answer."""

    def __init__(self) -> None:
        self.in_flight: Counter[bytes] = Counter()
        self.peaks: Counter[bytes] = Counter()
        self.accepted = 0
        self.refused = 0
        self.first_s = 0.0
        self.last_s = 0.0

    def as_json(self) -> bytes:
        """Return the figures as a JSON object."""
        return json.dumps(
            {
                "accepted": self.accepted,
                "refused": self.refused,
                "peak": max(self.peaks.values(), default=0),
                "took_s": self.last_s - self.first_s,
            }
        ).encode()


class Conversation(asyncio.Protocol):
    """One connection."""

    def __init__(self, figures: Figures, latency_s: float) -> None:
        self._figures = figures
        self._latency_s = latency_s
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that has arrived whole."""
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._unread) < whole:
                return
            self._unread = self._unread[whole:]
            self._take(head)

    def _take(self, head: bytes) -> None:
        figures = self._figures
        if head.startswith(b"GET"):
            self._answer(b"200 OK", figures.as_json())
            return
        figures.first_s = figures.first_s or time.monotonic()
        found = _ACCOUNT.search(head)
        account = found[1] if found else b""
        in_flight = figures.in_flight[account] + 1
        figures.peaks[account] = max(figures.peaks[account], in_flight)
        if in_flight > IN_FLIGHT:
            figures.refused += 1
            self._answer(b"429 Too Many Requests", _REFUSED)
            return
        figures.in_flight[account] = in_flight
        asyncio.get_running_loop().call_later(self._latency_s, self._accept, account)

    def _accept(self, account: bytes) -> None:
        self._figures.in_flight[account] -= 1
        self._figures.accepted += 1
        self._figures.last_s = time.monotonic()
        self._answer(b"200 OK", _ACCEPTED)

    def _answer(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self._transport.write(head + body)


async def serve(latency_s: float) -> None:
    """Serve until the process is ended."""
    figures = Figures()
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(
        lambda: Conversation(figures, latency_s), sock=door, backlog=2048
    )
    print(f"http://127.0.0.1:{door.getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency-ms", type=float, required=True)
    asyncio.run(serve(parser.parse_args().latency_ms / 1000))
