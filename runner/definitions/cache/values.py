"""Accounts, business events and bulletins as plain JSON values, and back. Pure.

Bulletins are lists instead of mappings, because a cached file holds thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import Any

from runner.definitions.model import (
    Account,
    Budget,
    Bulletin,
    BusinessEvent,
    CatchUp,
    Place,
    Recurrence,
    Schedule,
)

Plain = Any  # what JSON can hold


def plain_account(account: Account) -> Plain:
    """Return the account as JSON values."""
    return asdict(account)


def account_of(plain: Mapping[str, Any]) -> Account:
    """Return the account of these values."""
    fields = dict(plain)
    fields["place"] = Place(**fields["place"])
    fields["budget"] = Budget(**fields["budget"])
    fields["event_budgets"] = {name: Budget(**budget) for name, budget in fields["event_budgets"].items()}
    return Account(**fields)


def plain_event(event: BusinessEvent) -> Plain:
    """Return the business event as JSON values."""
    return asdict(event)


def event_of(plain: Mapping[str, Any]) -> BusinessEvent:
    """Return the business event of these values."""
    return BusinessEvent(**{**plain, "place": Place(**plain["place"]), "required": tuple(plain["required"])})


def plain_bulletin(bulletin: Bulletin) -> Plain:
    """Return the bulletin as a list of JSON values. The name of its file is left out."""
    place = bulletin.place
    return [
        bulletin.id,
        bulletin.business_event,
        bulletin.name,
        dict(bulletin.properties),
        bulletin.c_by,
        list(bulletin.accounts),
        bulletin.when,
        _plain_schedule(bulletin.schedule),
        bulletin.enabled,
        list(bulletin.tags),
        bulletin.revision,
        bulletin.allow_duplicate,
        sorted(bulletin.inherited),
        [place.line, place.column, place.entry, place.row],
    ]


def bulletins_of(plain: Iterable[Plain], file: str) -> Iterator[Bulletin]:
    """Yield the bulletins of these values, which come from the file of that name."""
    for (
        id_,
        event,
        name,
        properties,
        c_by,
        accounts,
        when,
        schedule,
        enabled,
        tags,
        revision,
        twice,
        own,
        place,
    ) in plain:
        yield Bulletin(
            id=id_,
            business_event=intern(event),
            name=name,
            properties={intern(key): value for key, value in properties.items()},
            c_by=intern(c_by),
            accounts=tuple(map(intern, accounts)),
            place=Place(file, *place),
            when=when,
            schedule=_schedule_of(None if schedule is None else tuple(schedule)),
            enabled=enabled,
            tags=tuple(map(intern, tags)),
            revision=revision,
            allow_duplicate=twice,
            inherited=_shared(tuple(own)),
        )


def _plain_schedule(schedule: Schedule | Recurrence | None) -> Plain:
    match schedule:
        case None:
            return None
        case Schedule(at, grace):
            return [_seconds(at), grace.total_seconds()]
        case Recurrence(cron, timezone, grace, starts, ends, catch_up):
            return [cron, timezone, grace.total_seconds(), _seconds(starts), _seconds(ends), catch_up.value]


@lru_cache(maxsize=1024)  # thousands of bulletins share a schedule
def _schedule_of(plain: tuple[Any, ...] | None) -> Schedule | Recurrence | None:
    match plain:
        case None:
            return None
        case at, grace_s:
            return Schedule(_instant(at), timedelta(seconds=grace_s))
        case cron, timezone, grace_s, starts, ends, catch_up:
            edges = [None if edge is None else _instant(edge) for edge in (starts, ends)]
            return Recurrence(cron, timezone, timedelta(seconds=grace_s), edges[0], edges[1], CatchUp(catch_up))
    raise ValueError("this is not a schedule")


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def _shared(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)  # one object for all equal sets
