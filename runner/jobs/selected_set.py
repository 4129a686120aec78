"""Select the bulletins of a set that a command works on, once for the whole command.

In: definitions, and the selection options as a Selection. Out: a SelectedSet, which gives its firings at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import ErrorCode, Exit, UserError
from runner.jobs.selection import Selection

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.jobs.loaded_set import LoadedSet
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing
    from runner.plan.occurrence import Occurrence
    from runner.plan.select import Selector

MOST_COMING = 10_000  # firings of recurring bulletins in one plan; nobody reads more
_FEWER_DAYS = (7, 3, 1)  # tried in this order if a calendar would hold more firings than that


@dataclass(frozen=True, slots=True)
class SelectedSet:
    """The selected bulletins of a set, each in its selected accounts.

    `selected` holds their firings at `now`, the time of the selection; it is None if the whole set is selected.
    """

    loaded: LoadedSet
    now: datetime
    selected: tuple[Firing, ...] | None = None

    @property
    def definitions(self) -> Definitions:
        """The whole set."""
        return self.loaded.definitions

    def plan(self, ledger: Ledger | None, now: datetime) -> Plan:
        """Plan the selected firings at `now`. Of a large set that is selected whole, settled firings get no step.

        Raises UserError if the ledger can't be read.
        """
        from runner.jobs.planning import plan_firings

        if self.is_whole:
            return self.loaded.plan(ledger, now)
        return plan_firings(ledger, self.definitions, self.firings(now), now)

    @property
    def is_whole(self) -> bool:
        """Whether every bulletin of the set is selected."""
        return self.selected is None

    def firings(self, now: datetime) -> list[Firing]:
        """Return the selected firings; of recurring bulletins those around `now`."""
        if self.selected is not None and now == self.now:
            return list(self.selected)
        return list(self._firings(now))

    def firings_until(self, now: datetime, until: datetime) -> list[Firing]:
        """Return the selected firings; of recurring bulletins up to `until`. Raises UserError if too many recur."""
        found: list[Firing] = []
        recurring = 0
        for firing in self._firings(now, until):
            found.append(firing)
            recurring += firing.watch_key is not None and _is_due_by(until, firing.occurrence)
            if recurring > MOST_COMING:
                raise UserError(
                    ErrorCode.TOO_MANY_OCCURRENCES,
                    f"recurring bulletins have more than {MOST_COMING:,} times up to {until:%Y-%m-%dT%H:%M:%SZ}",
                    help="Write an earlier --until, or select fewer bulletins, such as with --id or --tag.",
                    exit_code=Exit.USAGE,
                )
        return found

    def firings_for_calendar(self, now: datetime, days: int) -> tuple[list[Firing], datetime | None]:
        """Return the selected firings, those of recurring bulletins for up to `days` days, and the end of these days.

        The end is None if nothing recurs, or if one day already holds too many firings. Then every recurring bulletin
        has its next time only.
        """
        found = self.firings(now)
        until = _readable_end(found, now, [days, *(fewer for fewer in _FEWER_DAYS if fewer < days)])
        return (found, None) if until is None else (self.firings_until(now, until), until)

    def _firings(self, now: datetime, until: datetime | None = None) -> Iterator[Firing]:
        from runner.plan.firing import firings

        if self.selected is None:
            yield from firings(self.definitions, now, until=until)
            return
        places = {firing.key[:2] for firing in self.selected}
        ids = {bulletin for _, bulletin in places}
        chosen = replace(
            self.definitions, bulletins=tuple(each for each in self.definitions.bulletins if each.id in ids)
        )
        for firing in firings(chosen, now, until=until):
            if firing.key[:2] in places:
                yield firing


def select_set(loaded: LoadedSet, path: Path, selection: Selection, now: datetime) -> SelectedSet:
    """Return the bulletins that the selection accepts.

    Raises UserError if no bulletin is selected, or if git fails to find what changed in the set at `path`.
    """
    from runner.plan.firing import firings
    from runner.plan.select import select

    if selection.is_whole_set:
        return SelectedSet(loaded, now)
    definitions = loaded.definitions
    chosen = _selectors(definitions, path, selection)
    return SelectedSet(loaded, now, tuple(select(firings(definitions, now), chosen)))


def _selectors(definitions: Definitions, path: Path, selection: Selection) -> list[Selector]:
    from runner.jobs.changes_since import changed_since

    ref = selection.changed_since
    return [*selection.criteria, *([] if ref is None else [changed_since(ref, definitions, path)])]


def _readable_end(selected: Iterable[Firing], now: datetime, numbers: Iterable[int]) -> datetime | None:
    """Return the end, in UTC, of the first number of days in which at most MOST_COMING occurrences recur; else None."""
    from runner.plan.occurrence import occurrences

    recurring = {firing.key[:2]: firing.bulletin for firing in selected if firing.watch_key is not None}
    for days in numbers if recurring else ():
        day = now.astimezone(UTC).date() + timedelta(days=days - 1)
        until = datetime.combine(day, time(23, 59, 59), UTC)
        times = chain.from_iterable(occurrences(each, now, until) for each in recurring.values())
        if sum(_is_due_by(until, occurrence) for occurrence in times) <= MOST_COMING:
            return until
    return None


def _is_due_by(until: datetime, occurrence: Occurrence) -> bool:
    """Whether the occurrence is due by `until`. `firings` also gives the next occurrence after `until`."""
    return occurrence.due_at is not None and occurrence.due_at <= until
