"""Budgets: how many bulletins may go out in an account, and of one business event in it, in any hour and any day.

Pure: what was spent comes in with the history, and so does now. The ledger charges by the same limits with each claim.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from runner.definitions.model import Account, Budget
from runner.plan.firing import Firing
from runner.plan.history import Spent
from runner.plan.time_text import moment, whole_second

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `window`, of all that goes out in an account or of one business event there.

    A window is as long as its end is apart from its beginning: what went out at 12:00 is no part of one at 13:00.
    """

    account: str
    count: int
    window: timedelta
    event: str | None = None

    def __str__(self) -> str:
        of_event = f" for {self.event}" if self.event is not None else ""
        unit = "an hour" if self.window == HOUR else "a day"
        return f"the budget of {self.account}{of_event} is {self.count:,} {unit}"


@dataclass(frozen=True, slots=True)
class Held:
    """Why a firing must not go out now: a limit that is reached, until when.

    `others` counts those of a plan that go before it, where without them there would be room.
    """

    limit: Limit
    until: datetime
    others: int = 0

    def reason(self, expires_at: datetime | None) -> str:
        """What messages say to a firing that expires then."""
        until = moment(whole_second(self.until))
        others = "1 other goes" if self.others == 1 else f"{self.others:,} others go"
        why = f"{others} before it, until" if self.others else "it is spent until"
        if expires_at is not None and self.until > expires_at:
            return f"{self.limit}, and {why} {until}: it will expire before that, {moment(expires_at)}"
        return f"{self.limit}, and {why} {until}: it may go then"


def limits(account: Account, event: str) -> tuple[Limit, ...]:
    """What a firing of the event is held against in the account; nothing where it has no budget."""
    own = account.event_budgets.get(event)
    return (*_limits(account.name, account.budget), *(_limits(account.name, own, event) if own else ()))


def has_budget(account: Account) -> bool:
    """Whether anything is counted in the account."""
    return account.budget != Budget() or bool(account.event_budgets)


class Used(NamedTuple):
    """How much of a limit is used up; where that is more than it allows now, until when."""

    taken: int
    over_until: datetime | None = None


def used(account: Account, spent: Iterable[Spent], now: datetime) -> dict[Limit, Used]:
    """How much of each of its limits an account has used up, of what it sent lately."""
    known = sorted(spent)
    return {limit: _used(limit, [each.at for each in known if _counts(limit, each, now)]) for limit in _all(account)}


def _used(limit: Limit, times: list[datetime]) -> Used:
    over = len(times) - limit.count
    return Used(len(times), times[over - 1] + limit.window if over > 0 else None)


def _all(account: Account) -> Iterator[Limit]:
    events = (_limits(account.name, budget, event) for event, budget in account.event_budgets.items())
    return chain(_limits(account.name, account.budget), *events)


def _counts(limit: Limit, spent: Spent, now: datetime) -> bool:
    return limit.event in (None, spent.event) and now - limit.window < spent.at < now + limit.window


def _limits(account: str, budget: Budget, event: str | None = None) -> Iterator[Limit]:
    for count, window in ((budget.per_hour, HOUR), (budget.per_day, DAY)):
        if count is not None:
            yield Limit(account, count, window, event)


class Budgets:
    """What the budgets leave at `now`, less and less of it as the firings of a plan are charged in their order."""

    def __init__(self, accounts: Mapping[str, Account], spent: Mapping[str, Iterable[Spent]], now: datetime) -> None:
        self._accounts = {name: account for name, account in accounts.items() if has_budget(account)}
        self._now = now
        self._times: dict[Limit, list[datetime]] = {}  # of what counts, sent before or by this very plan; ascending
        self._ahead: dict[Limit, list[datetime]] = {}  # of what counts and was sent by a clock that is ahead; ascending
        self._charged: dict[Limit, list[datetime]] = {}  # when those of this plan go; ascending
        self._turns: dict[tuple[Limit, ...], tuple[datetime, Limit | None]] = {}  # no later firing's is before them
        for name, account in self._accounts.items():
            for each in spent.get(name, ()):
                # One that is a window or more ahead shares none with now.
                of = [limit for limit in limits(account, each.event) if each.at < now + limit.window]
                _note(self._times if each.at <= now else self._ahead, of, each.at)
        every = chain.from_iterable(_all(account) for account in self._accounts.values())
        self._is_spent = {limit: self._room(limit, now) is not None for limit in every}  # before this plan

    def charge(self, firing: Firing) -> Held | None:
        """Charges a firing that would be sent now; where no budget is left for it, says so, and until when.

        One that is held takes its place among those that go later, unless it expires before its turn.
        """
        account = self._accounts.get(firing.key.account)
        if account is None:
            return None
        of = limits(account, firing.bulletin.business_event)
        at, reached = self._turn(of)
        expires_at = firing.occurrence.expires_at
        others = 0
        if reached is not None and not any(self._is_spent[limit] for limit in of):
            others = bisect_right(self._charged[reached], at)
        if expires_at is None or at <= expires_at:
            _note(self._times, of, at)
            _note(self._charged, of, at)
        return None if reached is None else Held(reached, at, others)

    def was_reached(self, firing: Firing) -> Limit | None:
        """The limit that had nothing left for the firing when its window closed; None where that was not the cause."""
        account, expires_at = self._accounts.get(firing.key.account), firing.occurrence.expires_at
        if account is None or expires_at is None:
            return None
        found = (limit for limit in limits(account, firing.bulletin.business_event) if self._room(limit, expires_at))
        return next(found, None)

    def _turn(self, of: tuple[Limit, ...]) -> tuple[datetime, Limit | None]:
        """When these limits next leave room, and which of them does so last; None where it is now."""
        at, reached = self._turns.get(of, (self._now, None))
        while freed := [(room, limit) for limit in of if (room := self._room(limit, at))]:
            at, reached = max(freed, key=lambda each: each[0])
        self._turns[of] = (at, reached)
        return at, reached

    def _room(self, limit: Limit, at: datetime) -> datetime | None:
        """When there is room again within the limit; None where there is at that time."""
        times = self._times.get(limit, [])
        before = bisect_right(times, at)
        ahead = self._ahead.get(limit) if at >= self._now else None  # it is on nobody's way that was over before
        if ahead:
            times = sorted(times[max(0, before - limit.count) : before] + ahead)
            before = len(times)
        if before < limit.count or times[before - limit.count] + limit.window <= at:
            return None
        return times[before - limit.count] + limit.window


def _note(times: dict[Limit, list[datetime]], of: Iterable[Limit], at: datetime) -> None:
    for limit in of:
        insort(times.setdefault(limit, []), at)
