"""Tests of the way from definitions to a plan, and what they are made of: bulletins, firings, entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.definitions.model import Account, Bulletin, Definitions, Place, Schedule
from runner.plan.firing import Firing, FiringKey, firings
from runner.plan.history import History, KnownFiring, SentFiring, State

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def make_bulletin(id: str = "a", **fields: Any) -> Bulletin:  # noqa: A002
    """A bulletin that is due as soon as it is there, in the account india. `at` and `grace` make its schedule."""
    at, grace = fields.pop("at", None), fields.pop("grace", HOUR)
    values = {
        "business_event": "Program Released",
        "name": "Episode 12",
        "properties": {"program_id": "234567"},
        "c_by": "releases@example.com",
        "accounts": ("india",),
        "place": Place("bulletins.d/a.yaml", 4, 5, 0),
        "schedule": Schedule(at, grace) if at else None,
    }
    return Bulletin(id=id, **{**values, **fields})


def make_firings(*bulletins: Bulletin) -> list[Firing]:
    """All firings of these bulletins, in this order."""
    names = dict.fromkeys(name for bulletin in bulletins for name in bulletin.accounts)
    accounts = {name: Account(name, "https://example.com", "ID", Place("a.yaml", 1, 1, name)) for name in names}
    return list(firings(Definitions(accounts, {}, bulletins, ()), NOW))


def make_firing(id: str = "a", **fields: Any) -> Firing:  # noqa: A002
    """The only firing of such a bulletin."""
    (firing,) = make_firings(make_bulletin(id, **fields))
    return firing


def make_entry(firing: Firing, state: State, **fields: Any) -> KnownFiring:
    """What a ledger would know of the firing, an hour after it was claimed by a run with a live lease."""
    values = {
        "run": "RUN1",
        "claimed_at": NOW - HOUR,
        "fingerprint": firing.fingerprint,
        "expires_at": firing.occurrence.expires_at,
        "host": "builder",
        "pid": 4321,
        "failures": 1 if state is State.FAILED else 0,
    }
    return KnownFiring(key=firing.key, state=state, **{**values, **fields})


def knowing(*entries: KnownFiring, recent: Mapping[tuple[str, str], tuple[SentFiring, ...]] | None = None) -> History:
    """A history of these entries."""
    return History({entry.key: entry for entry in entries}, recent or {})


def sent_lately(firing: Firing, ago: timedelta, *, as_id: str) -> History:
    """A history in which the firing's payload went to its account under another id, so long ago."""
    sent = SentFiring(FiringKey(firing.key.account, as_id, "r1"), NOW - ago)
    return History(recent={(firing.key.account, firing.payload_hash): (sent,)})
