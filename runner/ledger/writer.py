"""The ledger writer of a run: commits in one transaction what the threads of the run ask for meanwhile.

In: requests of many threads. Out: to each its answer, after the commit that contains it. So the cost of a firing falls
under load, and a slow disk delays a group, not each firing.

The rules. Outcomes are written before claims, and never in one transaction with them. A group that fails is written
again request by request, so that only the refused one fails. If the ledger can't be reached, every request of the
group raises LedgerAway, and the fate of the commit is unknown: repeat the request with the same ids and times. On
SQLite, which has one writer at a time, a lease is renewed before anything else that waits. On PostgreSQL, it is
renewed over another connection.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.records.claims import scope
from runner.ledger.values import Claim, ClaimRequest, OutcomeRecord, SlotRequest
from runner.plan.budget import HeldByBudget
from runner.plan.firing import Firing, FiringKey

MOST = 200  # requests of one transaction; all other writers wait for it
_JOIN_S = 1.0

A = TypeVar("A")
V = TypeVar("V")
Write = Callable[[Sequence[V]], Sequence[A]]


class _Kind(IntEnum):
    """The kinds of requests, in the order in which they are written."""

    LEASE = 0
    OUTCOME = 1
    SLOTS = 2
    CLAIM = 3
    EXPIRY = 4


class _Pending(Generic[V, A]):
    """A request that waits for its answer."""

    __slots__ = ("_answered", "answer", "error", "kind", "scope", "value", "write")

    def __init__(self, kind: _Kind, scope: Hashable, value: V, write: Write[V, A]) -> None:
        self.kind = kind
        self.scope = scope  # of two requests with one scope, only the first goes into a group
        self.value = value
        self.write = write
        self.answer: A | None = None
        self.error: Exception | None = None
        self._answered = threading.Lock()
        self._answered.acquire()

    def settle(self, answer: A | None, error: Exception | None = None) -> None:
        """Let the thread that asked continue."""
        self.answer, self.error = answer, error
        self._answered.release()

    def wait(self) -> A:
        """Wait for the answer and return it, or raise the error of the request."""
        self._answered.acquire()
        if self.error is not None:
            raise self.error
        return cast(A, self.answer)


class LedgerWriter:
    """Writes for the run `run`. A context manager, during which one thread writes for all others.

    Before and after that time, and if the system allows no more threads, each request is written by the thread that
    makes it. Every method returns after the commit, and raises UserError as the methods of `Ledger` do.
    """

    def __init__(self, ledger: Ledger, run: str) -> None:
        self.ledger = ledger
        self.run = run
        self._changed = threading.Condition()
        self._waiting: dict[_Kind, deque[_Pending[Any, Any]]] = {kind: deque() for kind in _Kind}
        self._is_open = False
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)

    def __enter__(self) -> Self:
        self._is_open = True
        try:
            self._thread.start()
        except RuntimeError:  # the system allows no more threads
            self._is_open = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, and end the thread."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)  # a run that was abandoned does not wait for a database that hangs

    @property
    def waiting(self) -> int:
        """How many requests wait for the writing thread."""
        with self._changed:
            return sum(map(len, self._waiting.values()))

    # Requests

    def claim(self, request: ClaimRequest) -> Claim | HeldByBudget | None:
        """Claim a firing; see `Ledger.claim_all`. Its request may be sent only after this method returned the claim."""
        return self._ask(_Kind.CLAIM, scope(request), request, lambda group: self.ledger.claim_all(self.run, group))

    def settle(self, outcome: OutcomeRecord) -> bool:
        """Record how a claimed firing ended; see `Ledger.settle_all`."""
        return self._ask(
            _Kind.OUTCOME, outcome.claim.id, outcome, lambda group: self.ledger.settle_all(self.run, group)
        )

    def expire(self, missed: Sequence[Firing], now: datetime, reasons: Mapping[FiringKey, str]) -> set[FiringKey]:
        """Record firings as expired; see `Ledger.expire`."""
        return self._ask_alone(_Kind.EXPIRY, lambda: self.ledger.expire(self.run, missed, now, reasons))

    def take_slots(self, wanted: Sequence[SlotRequest]) -> dict[str, list[int]]:
        """Lease slots; see `Ledger.take_slots`."""
        return self._ask_alone(_Kind.SLOTS, lambda: self.ledger.take_slots(self.run, wanted))

    def give_back_slots(self, numbers: Mapping[str, Collection[int]]) -> None:
        """Free slots; see `Ledger.give_back_slots`."""
        return self._ask_alone(_Kind.SLOTS, lambda: self.ledger.give_back_slots(self.run, numbers))

    def renew(self, lease: timedelta) -> None:
        """Extend the lease of the run; see `Ledger.renew`."""
        if self.ledger.has_one_writer:
            self._ask_alone(_Kind.LEASE, lambda: self.ledger.renew(self.run, lease=lease))
        else:
            self.ledger.renew(self.run, lease=lease)

    def _ask_alone(self, kind: _Kind, write: Callable[[], A]) -> A:
        return self._ask(kind, None, None, lambda group: [write() for _ in group])

    def _ask(self, kind: _Kind, scope: Hashable, value: V, write: Write[V, A]) -> A:
        request = _Pending(kind, scope, value, write)
        with self._changed:
            is_queued = self._is_open
            if is_queued:
                self._waiting[kind].append(request)
                self._changed.notify()
        if not is_queued:
            _write([request])
        return request.wait()

    # The thread

    def _work(self) -> None:
        try:
            while self._wait():
                for kind in _Kind:
                    for lease in self._group(_Kind.LEASE):  # first in line, also between two groups
                        _write([lease])
                    if group := self._group(kind):
                        _write(group)
        finally:
            self._refuse_what_waits()  # there is something only after an internal error: no thread must wait for ever

    def _refuse_what_waits(self) -> None:
        with self._changed:
            self._is_open = False
            left = [request for waiting in self._waiting.values() for request in waiting]
        for request in left:
            request.settle(None, RuntimeError("the ledger writer has ended"))

    def _wait(self) -> bool:
        """Wait for a request. False if there is none and none will come."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_open or any(self._waiting.values()))
            return any(self._waiting.values())

    def _group(self, kind: _Kind) -> list[_Pending[Any, Any]]:
        """Remove and return the requests of a kind that can share a transaction; the others wait for the next one."""
        with self._changed:
            return list(_together(self._waiting[kind]))


def _together(waiting: deque[_Pending[V, A]]) -> Iterator[_Pending[V, A]]:
    scopes: set[Hashable] = set()
    for _ in range(min(len(waiting), MOST)):
        request = waiting.popleft()
        if request.scope in scopes:
            waiting.append(request)
        else:
            scopes.add(request.scope)
            yield request


def _write(group: Sequence[_Pending[V, A]]) -> None:
    """Write a group and answer its requests. If it is refused, write each request alone."""
    try:
        answers = group[0].write([request.value for request in group])
        answered = list(zip(group, answers, strict=True))
    except Exception as error:  # noqa: BLE001 - raised again in the thread that asked
        if len(group) == 1 or isinstance(error, LedgerAway):
            for request in group:
                request.settle(None, error)
        else:
            for request in group:
                _write([request])
        return
    for request, answer in answered:
        request.settle(answer)
