"""The agenda: days on which something is sent, for readers without scripts; `agenda.js` lists the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from runner.report.html.instants import instant_text, local
from runner.report.html.plan.placement import Placed

MOST_A_DAY = 15


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """The firings of one day: the first ones, and the count of all."""

    name: str
    entries: tuple[Placed, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Agenda:
    """The next days with firings; the count of further days, and of their firings."""

    days: tuple[AgendaDay, ...]
    more_days: int
    more: int


def agenda(firings: Sequence[Placed], zones: Mapping[str, tzinfo], most_days: int) -> Agenda:
    """Return the firings that are sent, by day in the time zone of their account."""
    days: dict[str, list[Placed]] = {}
    names: dict[str, str] = {}
    for each in firings:
        if each.group == "going" and each.at_ms is not None:
            zone = zones[each.account]
            key = local(each.at_ms, zone).date().isoformat()
            days.setdefault(key, []).append(each)
            names.setdefault(key, f"{instant_text(each.at_ms, zone, 'date')} {key[:4]}")
    found = []
    keys = sorted(days)
    for key in keys[:most_days]:
        entries = sorted(days[key], key=lambda each: _by_the_clock(each, zones[each.account]))
        found.append(AgendaDay(names[key], tuple(entries[:MOST_A_DAY]), len(entries)))
    rest = keys[most_days:]
    return Agenda(tuple(found), len(rest), sum(len(days[key]) for key in rest))


def _by_the_clock(each: Placed, zone: tzinfo) -> tuple[bool, datetime]:
    """Sort firings that are sent now to the front, the others by local time."""
    return not each.is_now, local(each.at_ms or 0, zone).replace(tzinfo=None)
