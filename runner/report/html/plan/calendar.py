"""The calendar of an account: its placed firings by days and hours, in local time of the account's time zone.

`calendar.js` counts the same cells for any other time zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from runner.report.html.instants import DAYS, MONTHS, local
from runner.report.html.plan.placement import Placed

MOST_BACK, LEAST_AHEAD, MOST_AHEAD = 3, 7, 14  # days shown
MOST_ASKED = 92  # days ahead with --until: a quarter of a year
LEVELS = (1, 2, 4, 10, 50)  # counts from which on a cell is darker
_MINUTE_MS, _DAY = 60_000, timedelta(days=1)
_GROUPS = ("going", "blocked", "expired", "over")


@dataclass(frozen=True, slots=True)
class Span:
    """The number of days that all calendars show: before today, and from today on."""

    back: int
    ahead: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one day: the count of firings in each group, and the most that are sent in one minute.

    `held` counts firings that a budget holds back beyond their due time. `is_beyond` is True for an hour after the end
    of the plan.
    """

    hour: int
    counts: tuple[int, int, int, int]
    most_a_minute: int
    exists: bool
    is_now: bool
    held: int = 0
    is_beyond: bool = False

    @property
    def shown(self) -> int:
        """Return the count that the cell shows: firings that are sent, or if there are none, the others."""
        return self.counts[0] or sum(self.counts)

    @property
    def look(self) -> str:
        """Return the CSS classes of the cell."""
        names = []
        if not self.exists:
            names.append("none")
        going, *others = self.counts
        if going:
            names.append(f"d{sum(going >= level for level in LEVELS)}")
            names += ["crowded"] if self.most_a_minute > 1 else []
            names += ["mixed"] if any(others[:2]) else []
            names += ["held"] if self.held else []
        else:
            names += next(([name] for name, count in zip(_GROUPS[1:], others, strict=True) if count), [])
            names += ["beyond-end"] if self.is_beyond and not any(others) else []
        return " ".join([*names, "now"] if self.is_now else names)

    @property
    def said(self) -> str:
        """Return the counts as text."""
        words = ("goes out" if self.counts[0] == 1 else "go out", "blocked", "expired", "done or disabled")
        parts = [f"{count:,} {word}" for count, word in zip(self.counts, words, strict=True) if count]
        if self.held:
            parts[0] = self.may_go
        if self.most_a_minute > 1:
            parts.append(f"up to {self.most_a_minute:,} in one minute")
        return ", ".join(parts)

    @property
    def may_go(self) -> str:
        """Return how many of the due firings the budgets let go."""
        return f"{self.counts[0]:,} due, {self.counts[0] - self.held:,} may go"


@dataclass(frozen=True, slots=True)
class Day:
    """A row of the calendar."""

    key: str
    name: str
    is_today: bool
    is_past: bool
    is_weekend: bool
    cells: tuple[Cell, ...]
    going: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one account, and the counts of firings before and after them."""

    account: str
    zone_name: str
    days: tuple[Day, ...]
    before: int
    after: int
    after_first_ms: int | None
    untimed: int
    going: int
    busiest: tuple[str, int, int] | None  # day, hour, count
    gap_ms: tuple[int, int] | None
    held: int
    over_budget: tuple[tuple[str, Cell], ...]  # days and hours with more due firings than the budget allows


def span_of(firings: Sequence[Placed], now_ms: int, until_ms: int | None = None) -> Span:
    """Return a span that holds near firings, or all `until` then, in every time zone (dates differ by at most one)."""
    days = [(each.at_ms - now_ms) / 86_400_000 for each in firings if each.at_ms is not None]
    back = min((day for day in days if -MOST_BACK <= day < 0), default=0)
    ahead = max((day for day in days if 0 <= day < MOST_AHEAD - 1), default=0)
    most = MOST_AHEAD
    if until_ms is not None:
        ahead, most = (until_ms - now_ms) / 86_400_000, MOST_ASKED
    return Span(min(int(-back) + (back < 0), MOST_BACK), min(max(int(ahead) + 2, LEAST_AHEAD), most))


def calendar(
    account: str,
    zone_name: str,
    zone: tzinfo,
    firings: Sequence[Placed],
    now_ms: int,
    span: Span,
    until_ms: int | None = None,
    held: Collection[int] = (),
) -> Calendar:
    """Return the calendar of one account's firings, up to `until_ms` if that is before the span's end.

    `held` are the rows that a budget holds back.
    """
    now, end = local(now_ms, zone), None if until_ms is None else local(until_ms, zone)
    first, last = now.date() - span.back * _DAY, now.date() + (span.ahead - 1) * _DAY
    last = last if end is None else min(last, end.date())
    timed = [(each, local(each.at_ms, zone)) for each in firings if each.at_ms is not None]
    cells: dict[tuple[date, int], list[Placed]] = {}
    for each, at in timed:
        cells.setdefault((at.date(), at.hour), []).append(each)
    frame = _Frame(zone, now, end, frozenset(held))
    days = [_day(first + place * _DAY, cells, frame) for place in range((last - first).days + 1)]
    after = [each.at_ms for each, at in timed if at.date() > last and each.at_ms is not None]
    going = sorted(each.at_ms for each in firings if each.group == "going" and each.at_ms is not None)
    return Calendar(
        account,
        zone_name,
        tuple(days),
        sum(at.date() < first for _, at in timed),
        len(after),
        min(after, default=None),
        len(firings) - len(timed),
        len(going),
        _busiest(days),
        _gap([at_ms for at_ms in going if local(at_ms, zone).date() <= last]),
        sum(each.row in frame.held for each in firings),
        tuple((day.name, cell) for day in days for cell in day.cells if cell.held),
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """The common facts of a calendar's cells; `end` is the first instant after the plan."""

    zone: tzinfo
    now: datetime
    end: datetime | None
    held: frozenset[int]


def _day(day: date, cells: dict[tuple[date, int], list[Placed]], frame: _Frame) -> Day:
    hours = tuple(_cell(day, hour, cells.get((day, hour), ()), frame) for hour in range(24))
    today = frame.now.date()
    return Day(
        day.isoformat(),
        f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}",
        day == today,
        day < today,
        day.weekday() >= 5,
        hours,
        sum(cell.counts[0] for cell in hours),
    )


def _cell(day: date, hour: int, firings: Sequence[Placed], frame: _Frame) -> Cell:
    groups = Counter(each.group for each in firings)
    minutes = Counter(each.at_ms // _MINUTE_MS for each in firings if each.group == "going" and each.at_ms is not None)
    most = max(minutes.values(), default=0)
    counts = (groups["going"], groups["blocked"], groups["expired"], groups["over"])
    is_now = (frame.now.date(), frame.now.hour) == (day, hour)
    held = sum(each.row in frame.held for each in firings)
    is_beyond = frame.end is not None and (day, hour) > (frame.end.date(), frame.end.hour)
    return Cell(hour, counts, most, _exists(day, hour, frame.zone), is_now, held, is_beyond)


def _exists(day: date, hour: int, zone: tzinfo) -> bool:
    """Report whether the hour exists: False if the clocks skip it completely."""
    last = datetime(day.year, day.month, day.day, hour, 59, tzinfo=zone)
    return last.astimezone(UTC).astimezone(zone).hour == hour


def _busiest(days: Sequence[Day]) -> tuple[str, int, int] | None:
    found = [(cell.counts[0], day.name, cell.hour) for day in days for cell in day.cells if cell.counts[0]]
    if not found:
        return None
    count = max(found, key=lambda each: each[0])[0]
    _, name, hour = next(each for each in found if each[0] == count)
    return name, hour, count


def _gap(going: Sequence[int]) -> tuple[int, int] | None:
    """Return the longest gap between two firings that are sent."""
    return max(pairwise(going), key=lambda pair: pair[1] - pair[0], default=None)
