"""The record of the sandbox: takes requests and their answers, returns snapshots for tests and people.

It also counts how many requests of an account were in flight at once. It never contains a passcode.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Condition, Lock

from runner.sandbox.client_connection import Connection


@dataclass(frozen=True, slots=True)
class Received:
    """One request that was read completely. Times are `time.monotonic()` in seconds.

    `accepted` is true if the bulletin was raised, whatever answer the client received. Until there is an answer,
    `answered_at_s` and `status` are None. `body` is None unless it was one JSON object. `in_flight` counts the
    account's requests in flight when this one arrived, including this one.
    """

    number: int
    at_s: float
    answered_at_s: float | None
    account_id: str | None
    name: str | None
    body: dict[str, object] | None
    accepted: bool
    status: int | None
    fault: str | None
    method: str
    path: str
    in_flight: int


class RequestLog:
    """The latest requests, at most `limit`. Older requests are only counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = Condition()
        self._kept: dict[int, Received] = {}
        self.total = 0
        self.total_accepted = 0

    def add(self, received: Received) -> Received:
        """Add a request and return it with its number, counted from 1 in the order of arrival."""
        with self._changed:
            self.total += 1
            self.total_accepted += received.accepted
            kept = replace(received, number=self.total)
            self._kept[kept.number] = kept
            self._kept.pop(kept.number - self._limit, None)
            self._changed.notify_all()
            return kept

    def answer(self, received: Received, status: int) -> Received:
        """Notes that the answer goes out now."""
        answered = replace(received, answered_at_s=time.monotonic(), status=status)
        with self._changed:
            if received.number in self._kept:
                self._kept[received.number] = answered
            self._changed.notify_all()
        return answered

    def clear(self) -> None:
        """Forgets every request; the numbering goes on."""
        with self._changed:
            self._kept.clear()

    def snapshot(self) -> tuple[Received, ...]:
        """Return the requests kept, in order of arrival."""
        with self._changed:
            return tuple(self._kept.values())

    def wait_for(self, count: int, timeout_s: float) -> tuple[Received, ...]:
        """Return the requests once there are at least `count`; raises TimeoutError after `timeout_s`."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._kept) >= count, timeout_s):
                raise TimeoutError(f"{len(self._kept)} of {count} requests came within {timeout_s} s")
            return tuple(self._kept.values())


class RequestsInFlight:
    """Which connections have a request in flight, by account. A request counts for `release_s` seconds longer."""

    def __init__(self, limit: int, release_s: float = 0.0) -> None:
        self._limit = limit
        self._release_s = release_s
        self._released_at: defaultdict[str, list[float]] = defaultdict(list)  # times until which requests still count
        self._lock = Lock()
        self._holders: defaultdict[str, set[Connection]] = defaultdict(set)
        self._peaks: defaultdict[str, int] = defaultdict(int)

    def add(self, account_id: str, connection: Connection) -> int:
        """Return how many requests the account has in flight with this one. Above the limit, this one is refused."""
        with self._lock:
            holders = self._holders[account_id]
            if len(holders) >= self._limit:
                holders -= {holder for holder in holders if holder.is_abandoned()}
            now = time.monotonic()
            self._released_at[account_id] = [until for until in self._released_at[account_id] if until > now]
            count = len(holders) + len(self._released_at[account_id]) + 1
            if count <= self._limit:
                holders.add(connection)
            self._peaks[account_id] = max(self._peaks[account_id], count)
            return count

    def remove(self, account_id: str, connection: Connection) -> None:
        """Frees the connection's place; without one it does nothing."""
        with self._lock:
            if self._release_s and connection in self._holders[account_id]:
                self._released_at[account_id].append(time.monotonic() + self._release_s)
            self._holders[account_id].discard(connection)

    def peaks(self) -> dict[str, int]:
        """Return the most that each account ever had at once, those refused included."""
        with self._lock:
            return dict(self._peaks)

    def clear_peaks(self) -> None:
        """Starts the count of peaks anew."""
        with self._lock:
            self._peaks.clear()


def accepted_of(requests: Iterable[Received]) -> tuple[Received, ...]:
    """Return those whose bulletin was raised."""
    return tuple(received for received in requests if received.accepted)
