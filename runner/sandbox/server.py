"""The sandbox: an HTTP/1.1 server on 127.0.0.1 that replaces the Bulletins API, and can produce faults.

For each request, it decides the answer, applies the account's limit and the active faults, records the request, and
answers it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Event
from types import TracebackType
from typing import Self

from runner.sandbox.answers import (
    MAX_IN_FLIGHT,
    TOO_MANY,
    CheckedRequest,
    SandboxAccount,
    answer_of_fault,
    check_request,
    too_many,
)
from runner.sandbox.client_connection import CannedAnswer, Connection, ReceivedRequest
from runner.sandbox.control import answer_control, is_for
from runner.sandbox.faults import Fault, FaultKind, FaultRules, parse_fault
from runner.sandbox.listener import LOOPBACK, Listener
from runner.sandbox.record import Received, RequestLog, RequestsInFlight, accepted_of

MAX_LATENCY_S = 3600.0
_UNANSWERED = frozenset({FaultKind.TIMEOUT, FaultKind.RESET, FaultKind.CLOSE})


class Sandbox:
    """A running sandbox on 127.0.0.1, from its construction until `close` or the end of its `with`.

    `port` 0 takes any free port. A request that is not refused takes `latency_s`, and counts as in flight until
    `release_s` after its last byte. `credentials` maps account ids to passcodes, and `events` maps event names to
    required properties; None accepts all. `record_limit` is how many requests are
    kept. `seed` decides which requests get a fault with a probability. `on_answer` is called from many threads, for
    each request right before its answer. Raises OSError if the port can't be bound, and ValueError for an invalid
    fault or latency.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        latency_s: float = 0.0,
        release_s: float = 0.0,
        credentials: Mapping[str, str] | None = None,
        events: Mapping[str, Collection[str]] | None = None,
        targets: int = 1,
        faults: Iterable[Fault | str] = (),
        record_limit: int = 100_000,
        seed: int = 0,
        on_answer: Callable[[Received], None] | None = None,
    ) -> None:
        if not 0 <= latency_s <= MAX_LATENCY_S:
            raise ValueError(f"a latency of {latency_s} s is not between 0 and {MAX_LATENCY_S:g} s")
        if not 0 <= release_s <= MAX_LATENCY_S:
            raise ValueError(f"a release after {release_s} s is not between 0 and {MAX_LATENCY_S:g} s")
        parsed = [_as_fault(fault) for fault in faults]
        self._latency_s = latency_s
        self._account = SandboxAccount(credentials, events, targets)
        self._on_answer = on_answer
        self._closing = Event()
        self._record = RequestLog(record_limit)
        self._releases_late = release_s > 0
        self._in_flight = RequestsInFlight(MAX_IN_FLIGHT, release_s)
        self._rules = FaultRules(seed)
        self._listener = Listener(port, self._serve)
        for fault in parsed:
            self.add_fault(fault)
        if all(fault.kind is not FaultKind.REFUSE for fault in parsed):
            self._listener.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every connection, hanging ones too, and gives up the port. Closing again does nothing."""
        if not self._closing.is_set():
            self._closing.set()
            self._listener.close()

    @property
    def port(self) -> int:
        """The port it is bound to."""
        return self._listener.port

    @property
    def base_url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def add_fault(self, fault: Fault | str) -> None:
        """Activate a fault, given as a value or as text; `refuse` also closes the open connections.

        Raises ValueError for an invalid text.
        """
        fault = _as_fault(fault)
        if fault.kind is FaultKind.REFUSE:
            self._listener.refuse()
        else:
            self._rules.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults, including `refuse`."""
        self._rules.clear()
        if not self._closing.is_set():
            self._listener.open()

    def received(self) -> tuple[Received, ...]:
        """Return the requests so far, in order of arrival; those still in flight have no status yet."""
        return self._record.snapshot()

    def accepted(self) -> tuple[Received, ...]:
        """Return the requests whose bulletin was raised."""
        return accepted_of(self.received())

    def wait_received(self, count: int, *, timeout_s: float = 10.0) -> tuple[Received, ...]:
        """Return the requests once at least `count` have come; raises TimeoutError after `timeout_s`."""
        return self._record.wait_for(count, timeout_s)

    def totals(self) -> tuple[int, int]:
        """Return how many requests arrived and how many were accepted, including those no longer kept."""
        return self._record.total, self._record.total_accepted

    def clear_record(self) -> None:
        """Delete the recorded requests and the peaks."""
        self._record.clear()
        self._in_flight.clear_peaks()

    def peak_in_flight(self, account_id: str) -> int:
        """Return the most requests the account had at once, refused ones included: 4 is one too many."""
        return self._in_flight.peaks().get(account_id, 0)

    def peaks_in_flight(self) -> dict[str, int]:
        """Return `peak_in_flight` of every account that called."""
        return self._in_flight.peaks()

    def _serve(self, connected: socket.socket) -> None:
        connection = Connection(connected, self._closing)
        while (request := connection.read_request()) is not None:
            if is_for(request):
                connection.send(answer_control(request, self), keep_alive=request.keep_alive)
            elif not self._answer_request(connection, request):
                return
            if not request.keep_alive:
                connection.finish()
                return

    def _answer_request(self, connection: Connection, request: ReceivedRequest) -> bool:
        """Handle one request, and return whether the connection continues."""
        at_s = time.monotonic()
        checked = check_request(request, self._account)
        account_id = checked.account_id if checked.is_counted else None
        in_flight = self._in_flight.add(account_id, connection) if account_id else 0
        try:
            received, answer, fault = self._decide(request, checked, in_flight, at_s)
            held_s = self._latency_s if 0 < in_flight <= MAX_IN_FLIGHT else 0.0
            if held_s and self._closing.wait(at_s + held_s - time.monotonic()):
                return False
            hangs = fault is not None and fault.kind is FaultKind.TIMEOUT
            # The place in flight is freed before the answer leaves, so that the client's next request is not refused.
            if account_id and not hangs and not self._releases_late:
                self._in_flight.remove(account_id, connection)
            if fault is None or fault.kind not in _UNANSWERED:
                received = self._record.answer(received, answer.status)
            if self._on_answer:
                self._on_answer(received)
            return _reply(connection, answer, fault, keep_alive=request.keep_alive)
        finally:
            if account_id:
                self._in_flight.remove(account_id, connection)

    def _decide(
        self, request: ReceivedRequest, checked: CheckedRequest, in_flight: int, at_s: float
    ) -> tuple[Received, CannedAnswer, Fault | None]:
        answer, fault = checked.answer, None
        account_id = checked.account_id if checked.is_counted else None
        is_refused = account_id is not None and self._rules.refuses(account_id, at_s)
        if in_flight > MAX_IN_FLIGHT or is_refused:
            answer = too_many()
        elif answer.accepted and (fault := self._rules.pick(checked.name or "")):
            answer = answer_of_fault(fault, answer)
        if answer.status == TOO_MANY and account_id is not None:
            self._rules.note_429(account_id, at_s)
        received = Received(
            number=0,
            at_s=at_s,
            answered_at_s=None,
            account_id=checked.account_id,
            name=checked.name,
            body=checked.body,
            accepted=fault.accepted if fault else answer.accepted,
            status=None,
            fault=fault.what if fault else FaultKind.STICKY_429.value if is_refused else None,
            method=request.method,
            path=request.path,
            in_flight=in_flight,
        )
        return self._record.add(received), answer, fault


def _as_fault(fault: Fault | str) -> Fault:
    return parse_fault(fault) if isinstance(fault, str) else fault


def _reply(connection: Connection, answer: CannedAnswer, fault: Fault | None, *, keep_alive: bool) -> bool:
    match fault.kind if fault else None:
        case FaultKind.TIMEOUT:
            connection.hang()
        case FaultKind.RESET:
            connection.reset()
        case FaultKind.CLOSE:
            pass
        case FaultKind.TRUNCATED:
            connection.send_part(answer)
        case FaultKind.DRIP | FaultKind.DRIP_HEAD as kind:
            connection.drip(answer, head=kind is FaultKind.DRIP_HEAD)
        case _:
            connection.send(answer, keep_alive=keep_alive)
            return True
    return False
