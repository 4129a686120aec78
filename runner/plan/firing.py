"""The firing: one bulletin in one account for one occurrence, the unit of the plan, the ledger and the report.

In: definitions and the time. Out: firings with request body, payload hash and fingerprint. These bytes must never
change between releases, because the ledger recognises firings by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from runner.definitions.fields import FILLED_PER_OCCURRENCE
from runner.definitions.fingerprint import definition, digest, fingerprint_of, fingerprint_of_body
from runner.definitions.model import Bulletin, Definitions, Recurrence, canonical
from runner.definitions.schedules.times import zone
from runner.definitions.templates import fill_occurrence, occurrence_values
from runner.plan.occurrence import Occurrence, occurrences

__all__ = ["Firing", "FiringKey", "WatchKey", "definition", "digest", "fingerprint_of", "firings", "firings_of"]


class FiringKey(NamedTuple):
    """The key by which the ledger and all documents identify a firing."""

    account: str
    bulletin: str
    occurrence: str


class WatchKey(NamedTuple):
    """The key under which the ledger records up to when a recurring bulletin is settled."""

    account: str
    bulletin: str
    revision: int


@dataclass(frozen=True, slots=True)
class Firing:
    """One bulletin to raise in one account for one occurrence, with its `{{ occurrence }}` placeholders filled in.

    `body`: the exact bytes of the request's body. `payload_hash`: equal for equal payloads. `fingerprint`: equal for
    equal payloads with an equal due time.
    """

    key: FiringKey
    bulletin: Bulletin
    occurrence: Occurrence
    body: bytes
    payload_hash: str
    fingerprint: str

    @property
    def watch_key(self) -> WatchKey | None:
        """The watch key of its bulletin in its account; None if the bulletin does not recur."""
        if not isinstance(self.bulletin.schedule, Recurrence):
            return None
        return WatchKey(self.key.account, self.key.bulletin, self.bulletin.revision)

    @property
    def local_due(self) -> str | None:
        """The due time in the schedule's time zone, like `2026-12-04T18:30`; None if the bulletin does not recur."""
        due_at, schedule = self.occurrence.due_at, self.bulletin.schedule
        return _local_due(schedule, due_at) if due_at is not None and isinstance(schedule, Recurrence) else None

    def as_before(self) -> Iterator[Firing]:
        """Yield the firing as earlier releases made it, with other line ends in the cells of its row."""
        for each in self.bulletin.as_before:
            yield from firings_of(replace(each, accounts=(self.key.account,)), [self.occurrence])

    @property
    def payload_hashes(self) -> tuple[str, ...]:
        """The hash of its payload, and those with other line ends: what was sent as one of them counts as sent."""
        return (self.payload_hash, *(each.payload_hash for each in self.as_before()))

    @property
    def definition(self) -> dict[str, Any]:
        """The values that the fingerprint covers. An edit to them after sending is shown as a change."""
        return definition(self.bulletin.payload(), self.occurrence.due_at)


def firings(definitions: Definitions, now: datetime, *, until: datetime | None = None) -> Iterator[Firing]:
    """Yield every firing of a set in file order, for recurring bulletins as `occurrences` selects them."""
    for bulletin in definitions.bulletins:
        yield from firings_of(bulletin, occurrences(bulletin, now, until))


def firings_of(bulletin: Bulletin, occurrences: Iterable[Occurrence]) -> Iterator[Firing]:
    """Yield the firings of a bulletin for the given occurrences, in each of its accounts."""
    before: Bulletin | None = None
    for occurrence in occurrences:
        filled = _filled(bulletin, occurrence)
        if filled is not before:
            before, body = filled, canonical(filled.payload())
            payload_hash = digest(body)
        fingerprint = fingerprint_of_body(body, occurrence.due_at)
        for account in bulletin.accounts:
            key = FiringKey(account, bulletin.id, occurrence.name)
            yield Firing(key, filled, occurrence, body, payload_hash, fingerprint)


def _filled(bulletin: Bulletin, occurrence: Occurrence) -> Bulletin:
    """Return the bulletin with its `{{ occurrence }}` placeholders filled in; the same object if it has none."""
    if occurrence.due_at is None or not isinstance(bulletin.schedule, Recurrence):
        return bulletin
    values = _values(occurrence.due_at, bulletin.schedule.timezone)
    before = {field.attribute: getattr(bulletin, field.attribute) for field in FILLED_PER_OCCURRENCE}
    after: dict[str, Any] = {name: _fill(value, values) for name, value in before.items()}
    return bulletin if after == before else replace(bulletin, **after)


def _fill(value: str | Mapping[str, str], values: Mapping[str, str]) -> str | dict[str, str]:
    if isinstance(value, str):
        return fill_occurrence(value, values)
    return {key: fill_occurrence(text, values) for key, text in value.items()}


@lru_cache(maxsize=65536)
def _values(due_at: datetime, timezone: str) -> Mapping[str, str]:
    return occurrence_values(due_at.astimezone(zone(timezone)))


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def _local_due(recurrence: Recurrence, due_at: datetime) -> str:
    from runner.definitions.schedules.recurrence import (
        local_time,
    )  # slow to import, and only needed for recurring bulletins

    return local_time(recurrence, due_at).strftime("%Y-%m-%dT%H:%M")
