"""The timeline of a run's requests: each account has as many lanes as it had requests in flight at once.

Too many requests for single bars are drawn as density: starts, requests in flight and latencies over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.definitions.suggest import counted
from runner.report.html.axis import Axis, Tick, axis_of
from runner.report.html.instants import length
from runner.report.html.run.request_density import Crowd, crowd
from runner.report.html.run.requests import RequestBar, by_account, lanes
from runner.report.vocabulary import VERDICTS

MOST_BARS = 1500
_LANE_PX, _BAR_PX = 20, 15


@dataclass(frozen=True, slots=True)
class Bar:
    """A request in the drawing: position and width in percent, `y` in pixels."""

    x: float
    y: int
    width: float
    verdict: str
    row: int
    number: int
    is_open: bool
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A line from the end of a try to the start of the next try."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Track:
    """The requests of one account: bars in lanes, or a density drawing of many requests."""

    account: str
    count: int
    at_once: int
    height: int
    bars: tuple[Bar, ...]
    links: tuple[Link, ...]
    crowd: Crowd | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The tracks of all accounts over one axis."""

    tracks: tuple[Track, ...]
    ticks: tuple[Tick, ...]
    start_ms: float
    end_ms: float
    bar_px: int = _BAR_PX


def timeline(requests: Sequence[RequestBar]) -> Timeline | None:
    """Return the drawing; None without requests."""
    if not requests:
        return None
    axis = axis_of(requests[0].start_ms, max(request.end_ms for request in requests))
    whole = len(requests) <= MOST_BARS
    tracks = [_track(account, of_it, axis, whole=whole) for account, of_it in by_account(requests).items()]
    return Timeline(tuple(tracks), tuple(axis.ticks()), axis.start_ms, axis.end_ms)


def _track(account: str, requests: Sequence[RequestBar], axis: Axis, *, whole: bool) -> Track:
    placed, count = lanes(requests)
    if not whole:
        return Track(account, len(requests), count, 0, (), (), crowd(requests, axis))
    bars = [_bar(request, lane, axis) for request, lane in zip(requests, placed, strict=True)]
    return Track(account, len(requests), count, count * _LANE_PX, tuple(bars), tuple(_links(bars)), None)


def _bar(request: RequestBar, lane: int, axis: Axis) -> Bar:
    x = axis.x(request.start_ms)
    took = "nobody saw it end" if request.is_open else length(request.latency_ms)
    said = f", HTTP {request.http_status}" if request.http_status else ""
    which = f", try {request.number}" if request.number > 1 else ""
    text = f"{request.label}{which}: {VERDICTS[request.verdict].label}{said}, {took}"
    width = round(axis.x(request.end_ms) - x, 3)
    return Bar(x, lane * _LANE_PX, width, request.verdict, request.row, request.number, request.is_open, text)


def _links(bars: Sequence[Bar]) -> list[Link]:
    last: dict[int, Bar] = {}
    links = []
    for bar in bars:
        if before := last.get(bar.row):
            middle = _BAR_PX / 2
            links.append(Link(round(before.x + before.width, 3), before.y + middle, bar.x, bar.y + middle))
        last[bar.row] = bar
    return links


def sentence(drawn: Timeline) -> str:
    """Return a sentence on what the drawing shows."""
    total = sum(track.count for track in drawn.tracks)
    over = length(drawn.end_ms - drawn.start_ms)
    parts = [f"{track.account} had at most {track.at_once} in flight at once" for track in drawn.tracks[:6]]
    more = len(drawn.tracks) - len(parts)
    said = "; ".join(parts) + (f"; and {counted(more, 'account')} more" if more else "")
    return f"{counted(total, 'request')} over {over}: {said}."
