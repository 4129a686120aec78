"""Draw thousands of requests as density: starts, requests in flight and latencies over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.report.html.axis import Axis
from runner.report.html.run.latency import percentile
from runner.report.html.run.requests import RequestBar

_BINS = 120
_VERDICTS = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Stack:
    """A part of a bin's column, in percent of the drawing."""

    x: float
    y: float
    width: float
    height: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Crowd:
    """The drawing, as rectangles and SVG paths over 100 by 100."""

    stacks: tuple[Stack, ...]
    most_started: int
    bin_ms: float
    in_flight: str
    most_in_flight: int
    band: str  # from the median latency to p95
    median: str
    highest_ms: float


def crowd(requests: Sequence[RequestBar], axis: Axis) -> Crowd:
    """Draw the requests of one account, sorted by start, over the axis."""
    bin_ms = (axis.end_ms - axis.start_ms) / _BINS
    bins: list[list[RequestBar]] = [[] for _ in range(_BINS)]
    for request in requests:
        bins[min(int((request.start_ms - axis.start_ms) / bin_ms), _BINS - 1)].append(request)
    most = max(map(len, bins))
    flying = _in_flight(requests, axis.start_ms, bin_ms)
    latencies = [sorted(request.latency_ms for request in each) for each in bins]
    highest = max((percentile(each, 95) for each in latencies if each), default=1.0) or 1.0
    return Crowd(
        tuple(stack for place, each in enumerate(bins) for stack in _stacks(place, each, most)),
        most,
        bin_ms,
        _steps(flying),
        max(flying),
        *_band(latencies, highest),
        highest,
    )


def _stacks(place: int, requests: Sequence[RequestBar], most: int) -> list[Stack]:
    width, top, stacks = 100 / _BINS, 100.0, []
    for verdict in _VERDICTS:
        count = sum(request.verdict == verdict for request in requests)
        if count:
            height = 100 * count / most
            top -= height
            stacks.append(
                Stack(round(place * width, 3), round(top, 2), round(width * 0.86, 3), round(height, 2), verdict)
            )
    return stacks


def _in_flight(requests: Sequence[RequestBar], start_ms: float, bin_ms: float) -> list[int]:
    """Return the highest count of requests in flight at once in each bin."""
    most, flying, reached = [0] * _BINS, 0, 0
    starts = [(request.start_ms, 1) for request in requests]
    ends = [(max(request.end_ms - request.slack_ms, request.start_ms), -1) for request in requests]
    for at_ms, change in sorted([*starts, *ends], key=lambda event: (event[0], -event[1])):
        place = min(int((at_ms - start_ms) / bin_ms), _BINS - 1)
        for passed in range(reached, place + 1):
            most[passed] = max(most[passed], flying)
        reached, flying = place, flying + change
        most[place] = max(most[place], flying)
    return most


def _steps(values: Sequence[int]) -> str:
    top, width = max(values) or 1, 100 / _BINS
    points = [f"H{(place + 1) * width:.2f}" for place in range(_BINS)]
    levels = [f"{100 - 100 * value / top:.1f}" for value in values]
    return f"M0 {levels[0]}" + "".join(f"V{level}{point}" for level, point in zip(levels, points, strict=True))


def _band(latencies: Sequence[Sequence[float]], highest: float) -> tuple[str, str]:
    """Return the area between p50 and p95 and the line of p50; both have gaps in bins without starts."""
    band, median = [], []
    width = 100 / _BINS
    for run in _unbroken(latencies):
        xs = [f"{(place + 0.5) * width:.2f}" for place in run]
        mid = [f"{100 - 100 * percentile(latencies[place], 50) / highest:.1f}" for place in run]
        high = [f"{100 - 100 * percentile(latencies[place], 95) / highest:.1f}" for place in run]
        lower = [f"{x} {y}" for x, y in zip(xs, mid, strict=True)]
        upper = [f"{x} {y}" for x, y in zip(xs, high, strict=True)]
        band.append("M" + "L".join([*upper, *reversed(lower)]) + "Z")
        median.append("M" + "L".join(lower if len(lower) > 1 else lower * 2))
    return "".join(band), "".join(median)


def _unbroken(latencies: Sequence[Sequence[float]]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place, each in enumerate(latencies):
        if each:
            if runs and runs[-1][-1] == place - 1:
                runs[-1].append(place)
            else:
                runs.append([place])
    return runs
