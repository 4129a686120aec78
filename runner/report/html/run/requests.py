"""Report document → the requests that were made, and the lanes they fill: as many as were in flight at once."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runner.report.html.instants import instant_ms

# Starts are kept to the millisecond: one request may seem to start before the one whose place it took has ended.
ROUNDING_MS = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `row` is the place of its firing in the document; `is_open` where nobody saw it end."""

    row: int
    account: str
    label: str
    number: int
    start_ms: float
    end_ms: float
    verdict: str
    http_status: int | None
    is_open: bool = False

    @property
    def latency_ms(self) -> float:
        """How long it took."""
        return self.end_ms - self.start_ms


def requests_of(document: dict[str, Any]) -> list[Request]:
    """All requests of the run, by start."""
    until_ms = instant_ms(document["run"]["finished_at"])
    found = [request for row, result in enumerate(document["results"]) for request in _of(row, result, until_ms)]
    return sorted(found, key=lambda request: (request.start_ms, request.row))


def _of(row: int, result: dict[str, Any], until_ms: int) -> Iterator[Request]:
    account, label = result["account"], result["id"]
    attempts = result["attempts"]
    for each in attempts:
        start = instant_ms(each["started_at"])
        end = start + each["latency_ms"]
        yield Request(row, account, label, each["number"], start, end, each["verdict"], each["http_status"])
    last = result["started_at"]
    if last is not None and result["tries"] > len(attempts):  # cut short while it was in flight
        start, verdict = instant_ms(last), "unknown" if result["outcome"] == "in_doubt" else "no"
        took = result["latency_ms"]
        end = max(until_ms, start) if took is None else start + took
        status = result["http_status"]
        yield Request(row, account, label, result["tries"], start, end, verdict, status, is_open=took is None)


def lanes(requests: Iterable[Request]) -> tuple[list[int], int]:
    """The lane of each request (given by start), and how many lanes there are: each holds one request at a time."""
    busy: list[tuple[float, int]] = []  # (end, lane)
    free: list[int] = []
    placed, count = [], 0
    for request in requests:
        while busy and busy[0][0] <= request.start_ms + ROUNDING_MS:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, count = count, count + 1
        heapq.heappush(busy, (request.end_ms, lane))
        placed.append(lane)
    return placed, count


def by_account(requests: Sequence[Request]) -> dict[str, list[Request]]:
    """The requests of each account, in the order in which the accounts come up."""
    accounts: dict[str, list[Request]] = {}
    for request in requests:
        accounts.setdefault(request.account, []).append(request)
    return accounts
