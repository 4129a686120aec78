"""What changed between two sets of definitions: bulletins, accounts and the catalog, field by field. Pure.

Compared is what definitions come to, not how they are written: a file that moved, a default that became a field of
its own or another order of tags is no change.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar

from runner.definitions.model import (
    Account,
    Budget,
    Bulletin,
    BusinessEvent,
    Definitions,
    Place,
    Recurrence,
    Schedule,
    canonical,
)
from runner.definitions.schedules.times import written_duration
from runner.plan.changes import Change, changes
from runner.plan.firing import FiringKey
from runner.plan.time_text import moment

# The fields of an account that decide whom its bulletins reach.
MOVES = ("region", "base_url", "account_id_env")

_T = TypeVar("_T")
_values = attrgetter(*(name for name in Bulletin.__dataclass_fields__ if name not in ("place", "inherited")))


class Kind(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"  # the same payload, or nearly, under a new id: it would be sent again
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class BulletinChange:
    """One bulletin that is not what it was: `bulletin` is the new side's, or the old side's where it was removed.

    `before` and `fields` say what a changed or renamed one was.
    """

    kind: Kind
    bulletin: Bulletin
    before: Bulletin | None = None
    fields: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedChange:
    """One account or event of the catalog that is not what it was.

    `bulletins` counts the enabled ones of the new side that go there, or raise it.
    """

    kind: Kind
    name: str
    place: Place | None  # None where it was removed
    fields: tuple[Change, ...]
    bulletins: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changed: in the order of the new side, and then what was removed in the order of the old one."""

    bulletins: tuple[BulletinChange, ...]
    accounts: tuple[SharedChange, ...]
    events: tuple[SharedChange, ...]
    _ids: frozenset[str] = field(init=False, repr=False, compare=False)
    _moved_accounts: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = (change.bulletin.id for change in self.bulletins if change.kind is not Kind.REMOVED)
        moved = (change.name for change in self.accounts if any(each.field in MOVES for each in change.fields))
        object.__setattr__(self, "_ids", frozenset(ids))
        object.__setattr__(self, "_moved_accounts", frozenset(moved))

    def touched(self, key: FiringKey) -> bool:
        """Whether a firing of the new side is not what it was: its bulletin changed, or where its account lies."""
        return key.bulletin in self._ids or key.account in self._moved_accounts


def compare(old: Definitions, new: Definitions) -> Comparison:
    """What is different in `new`. Either side may have problems; of entries with one name the first counts."""
    goes_to: Counter[str] = Counter()
    raises: Counter[str] = Counter()
    for bulletin in new.bulletins:
        if bulletin.enabled:
            goes_to.update(dict.fromkeys(bulletin.accounts, 1))
            raises[bulletin.business_event] += 1
    return Comparison(
        tuple(_bulletins(old.bulletins, new.bulletins)),
        tuple(
            SharedChange(kind, name, entry.place if entry else None, fields, goes_to[name])
            for kind, name, entry, fields in _named(old.accounts, new.accounts, _account)
        ),
        tuple(
            SharedChange(kind, name, entry.place if entry else None, fields, raises[name])
            for kind, name, entry, fields in _named(old.events, new.events, _event)
        ),
    )


def _bulletins(old: Iterable[Bulletin], new: Iterable[Bulletin]) -> Iterator[BulletinChange]:
    before = _by_id(old)
    after = _by_id(new)
    gone = [bulletin for bulletin in before.values() if bulletin.id not in after]
    come = [bulletin for bulletin in after.values() if bulletin.id not in before]
    renamed = _renamed(gone, come)
    for bulletin in after.values():
        was = before.get(bulletin.id) or renamed.get(bulletin.id)
        if was is None:
            yield BulletinChange(Kind.ADDED, bulletin)
        elif fields := _fields(was, bulletin):
            kind = Kind.RENAMED if bulletin.id in renamed else Kind.CHANGED
            yield BulletinChange(kind, bulletin, was, fields)
    taken = {bulletin.id for bulletin in renamed.values()}
    for bulletin in gone:
        if bulletin.id not in taken:
            yield BulletinChange(Kind.REMOVED, bulletin)


def _by_id(bulletins: Iterable[Bulletin]) -> dict[str, Bulletin]:
    found: dict[str, Bulletin] = {}
    for bulletin in bulletins:
        found.setdefault(bulletin.id, bulletin)
    return found


def _renamed(gone: Sequence[Bulletin], come: Sequence[Bulletin]) -> dict[str, Bulletin]:
    """What each new id was called before: the nearest bulletin that is gone, with the same payload and an account.

    Of those made of rows, also one of the same entry with another name: its id and its name come from one cell.
    """
    pairs: dict[str, Bulletin] = {}
    for likeness in (lambda bulletin: (_payload(bulletin), bulletin.schedule), _payload):
        _pair(gone, come, likeness, pairs)
    _pair([each for each in gone if each.place.row], [each for each in come if each.place.row], _row, pairs)
    return pairs


def _row(bulletin: Bulletin) -> Hashable:
    place = bulletin.place
    return place.file, place.entry, bulletin.schedule, _payload(replace(bulletin, name=""))


def _pair(
    gone: Sequence[Bulletin],
    come: Sequence[Bulletin],
    likeness: Callable[[Bulletin], Hashable],
    pairs: dict[str, Bulletin],
) -> None:
    """Adds to `pairs` those that are alike, each once, in file order."""
    taken = {bulletin.id for bulletin in pairs.values()}
    waiting: dict[tuple[Hashable, str], deque[int]] = {}
    for number, bulletin in enumerate(gone):
        looks = likeness(bulletin)
        for account in bulletin.accounts:
            waiting.setdefault((looks, account), deque()).append(number)
    for bulletin in come:
        if bulletin.id in pairs:
            continue
        first: list[int] = []
        looks = likeness(bulletin)
        for account in bulletin.accounts:
            queue = waiting.get((looks, account), deque())
            while queue and gone[queue[0]].id in taken:
                queue.popleft()
            if queue:
                first.append(queue[0])
        if first:
            pairs[bulletin.id] = gone[min(first)]
            taken.add(pairs[bulletin.id].id)


def _payload(bulletin: Bulletin) -> Hashable:
    return (
        bulletin.business_event,
        bulletin.name,
        frozenset(bulletin.properties.items()),
        bulletin.c_by,
        bulletin.when,
    )


def _fields(old: Bulletin, new: Bulletin) -> tuple[Change, ...]:
    if _values(old) == _values(new):
        return ()  # as nearly all are; laying the fields out takes ten times as long
    return tuple(changes(_bulletin(old), _bulletin(new), old.inherited, new.inherited))


def _bulletin(bulletin: Bulletin) -> dict[str, Any]:
    return {
        "id": bulletin.id,
        **bulletin.payload(),
        "schedule": _schedule(bulletin.schedule),
        "accounts": sorted(bulletin.accounts),
        "enabled": bulletin.enabled,
        "tags": sorted(bulletin.tags),
        "revision": bulletin.revision,
        "allow_duplicate": bulletin.allow_duplicate,
    }


def _schedule(schedule: Schedule | Recurrence | None) -> dict[str, Any] | None:
    match schedule:
        case None:
            return None
        case Schedule(at, grace):
            return {"at": moment(at), "grace": written_duration(grace)}
        case recurrence:
            edges = {"starts": recurrence.starts, "ends": recurrence.ends}
            return {
                "cron": recurrence.cron,
                "timezone": recurrence.timezone,
                **{name: moment(at) for name, at in edges.items() if at},
                "grace": written_duration(recurrence.grace),
                "catch_up": recurrence.catch_up.value,
            }


def _account(account: Account) -> dict[str, Any]:
    return {
        "region": account.region,
        "base_url": account.base_url if account.region is None else None,
        "account_id_env": account.account_id_env,
        "passcode_env": account.passcode_env,
        "passcode_file": account.passcode_file,
        "concurrency": account.concurrency,
        "ledger": account.ledger,
        "timezone": account.timezone,
        "budget": _budget(account.budget),
        "budget.events": {name: _budget(budget) for name, budget in account.event_budgets.items()},
    }


def _budget(budget: Budget) -> str | None:
    """A budget in a few words: `60 an hour, 400 a day`."""
    limits = ((budget.per_hour, "an hour"), (budget.per_day, "a day"))
    return ", ".join(f"{count:,} {unit}" for count, unit in limits if count is not None) or None


def _event(event: BusinessEvent) -> dict[str, Any]:
    if event.properties is None:
        return {"required": sorted(event.required), "properties": "any"}
    schemas = {name: {} if schema is None else schema for name, schema in event.properties.items()}
    return {
        "required": sorted(event.required),
        "properties": {name: canonical(schema).decode() for name, schema in schemas.items()},
    }


def _named(
    old: Mapping[str, _T], new: Mapping[str, _T], described: Callable[[_T], dict[str, Any]]
) -> Iterator[tuple[Kind, str, _T | None, tuple[Change, ...]]]:
    """(what became of it, name, the new entry, its fields) of each entry that is not what it was."""
    for name, entry in new.items():
        if name not in old:
            yield Kind.ADDED, name, entry, ()
        elif fields := tuple(changes(described(old[name]), described(entry))):
            yield Kind.CHANGED, name, entry, fields
    for name in old:
        if name not in new:
            yield Kind.REMOVED, name, None, ()
