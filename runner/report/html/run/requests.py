"""The requests of a report document, and their lanes: as many lanes as requests were in flight at once."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runner.report.html.instants import exact_ms, instant_ms

# In reports of earlier releases, times are rounded to milliseconds: there, a request may seem to start before the
# previous request of its lane has ended. Present reports have microseconds.
_ROUNDING_MS = 1.0
_EXACT_MS = 0.001


@dataclass(frozen=True, slots=True)
class RequestBar:
    """One request. `row` is the index of its firing in the document; `is_open` if its end is unknown."""

    row: int
    account: str
    label: str
    number: int
    start_ms: float
    end_ms: float
    verdict: str
    http_status: int | None
    is_open: bool = False
    is_exact: bool = False

    @property
    def slack_ms(self) -> float:
        """By how much the end may be too late because times are rounded."""
        return _EXACT_MS if self.is_exact else _ROUNDING_MS

    @property
    def latency_ms(self) -> float:
        """Return the duration in milliseconds."""
        return self.end_ms - self.start_ms


def requests_of(document: dict[str, Any]) -> list[RequestBar]:
    """Return all requests of the run, sorted by start."""
    until_ms = instant_ms(document["run"]["finished_at"])
    found = [request for row, result in enumerate(document["results"]) for request in _of(row, result, until_ms)]
    return sorted(found, key=lambda request: (request.start_ms, request.row))


def _of(row: int, result: dict[str, Any], until_ms: int) -> Iterator[RequestBar]:
    account, label = result["account"], result["id"]
    attempts = result["attempts"]
    for each in attempts:
        started_at = datetime.fromisoformat(each["started_at"])
        start = exact_ms(started_at)
        yield RequestBar(
            row,
            account,
            label,
            each["number"],
            start,
            start + each["latency_ms"],
            each["verdict"],
            each["http_status"],
            is_exact=_has_microseconds(each["started_at"]),
        )
    last = result["started_at"]
    if last is not None and result["tries"] > len(attempts):  # cut short while it was in flight
        start, verdict = instant_ms(last), "unknown" if result["outcome"] == "in_doubt" else "no"
        took = result["latency_ms"]
        end = max(until_ms, start) if took is None else start + took
        status = result["http_status"]
        yield RequestBar(row, account, label, result["tries"], start, end, verdict, status, is_open=took is None)


def _has_microseconds(timestamp: str) -> bool:
    return len(timestamp.partition(".")[2]) > len("000Z")


def lanes(requests: Iterable[RequestBar]) -> tuple[list[int], int]:
    """Return the lane of each request (sorted by start) and the number of lanes; a lane holds one request at a time."""
    busy: list[tuple[float, int]] = []  # (end, lane)
    free: list[int] = []
    placed, count = [], 0
    for request in requests:
        while busy and busy[0][0] <= request.start_ms + request.slack_ms:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, count = count, count + 1
        heapq.heappush(busy, (request.end_ms, lane))
        placed.append(lane)
    return placed, count


def by_account(requests: Sequence[RequestBar]) -> dict[str, list[RequestBar]]:
    """Return the requests of each account, in the order of the first request."""
    accounts: dict[str, list[RequestBar]] = {}
    for request in requests:
        accounts.setdefault(request.account, []).append(request)
    return accounts
