"""Hand-made servers: raw sockets on loopback that do to a request what the sandbox has no fault for."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fire import PATIENCE_S

OK_BODY = b'{"status": "success", "targets": 1}'
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(OK_BODY), OK_BODY)


@dataclass
class Server:
    """A server that serves each connection with `serve`, and the requests that it has read."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def read(self, connected: socket.socket) -> bytes:
        """One whole request, kept; empty at the end of the connection."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0 or len(data) < end + 4 + _length(data[:end]):
            more = connected.recv(65536)
            if not more:
                return b""
            data += more
        self.requests.append(data)
        return data


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@contextmanager
def serving(serve: Callable[[Server, socket.socket], None]) -> Iterator[Server]:
    """A server on loopback, one connection after another, until the end of the with."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = Server(door.getsockname()[1])
        closing = threading.Event()
        present: list[socket.socket] = []

        def accept() -> None:
            while True:
                connected, _ = door.accept()
                if closing.is_set():
                    connected.close()
                    return
                server.connections += 1
                present[:] = [connected]
                with connected, suppress(OSError):
                    connected.settimeout(PATIENCE_S)
                    serve(server, connected)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            closing.set()
            for connected in present:
                with suppress(OSError):  # a client that keeps its connection must not keep this server
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)
            _knock(server.port)
            thread.join(PATIENCE_S)
        assert not thread.is_alive()


def _knock(port: int) -> None:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()


def reset(connected: socket.socket) -> None:
    """Ends the connection with RST."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connected.close()


def free_port() -> int:
    """A port on loopback where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
