"""Percentiles and distribution of the latencies of requests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runner.report.html.run.requests import RequestBar, by_account, lanes

_COLUMNS = 32
_LOG_FROM = 8.0  # largest / smallest latency from which on the scale is logarithmic


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """The latencies of a set of requests in milliseconds."""

    account: str
    count: int
    at_once: int
    p50_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram: the height of each column in percent, the positions of the marks, and the ends of its scale."""

    columns: tuple[float, ...]
    low_ms: float
    high_ms: float
    p50_x: float
    p95_x: float
    is_log: bool


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that `percent` of the sorted values don't exceed."""
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def latency_rows(requests: Sequence[RequestBar]) -> list[LatencyRow]:
    """Return the row of all requests with a known end; with several accounts, also those of each."""
    ended = [request for request in requests if not request.is_open]
    if not ended:
        return []
    accounts = by_account(ended)
    each = [_latency_row(account, of_it) for account, of_it in accounts.items()]
    return [_latency_row("", ended), *each] if len(each) > 1 else each


def _latency_row(account: str, requests: Sequence[RequestBar]) -> LatencyRow:
    took = sorted(request.latency_ms for request in requests)
    _, at_once = lanes(requests)
    return LatencyRow(account, len(took), at_once, percentile(took, 50), percentile(took, 95), took[-1])


def distribution(requests: Sequence[RequestBar]) -> Distribution | None:
    """Return the distribution of requests with a known end; None if there are fewer than five."""
    took = sorted(request.latency_ms for request in requests if not request.is_open)
    if len(took) < 5:
        return None
    low, high = max(took[0], 0.1), max(took[-1], took[0] + 0.1, 0.2)
    is_log = high / low > _LOG_FROM

    def x(value: float) -> float:
        value = max(value, low)
        part = math.log(value / low) / math.log(high / low) if is_log else (value - low) / (high - low)
        return min(part, 1.0)

    counts = [0] * _COLUMNS
    for value in took:
        counts[min(int(x(value) * _COLUMNS), _COLUMNS - 1)] += 1
    top = max(counts)
    heights = tuple(round(100 * count / top, 1) for count in counts)
    p50, p95 = (round(100 * x(percentile(took, percent)), 2) for percent in (50, 95))
    return Distribution(heights, low, high, p50, p95, is_log)
