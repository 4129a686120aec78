"""Budgets: how many bulletins may be sent in an account, in any hour and any day. Pure.

In: the accounts, what each sent lately, and the time. Out: the room that is left, and until when a firing is held back.

The rule. A budget limits all bulletins of an account, or those of one business event. Firings that are fired, in doubt
or claimed count from the time of their claim. A firing beyond a limit waits until enough earlier ones are older than
the hour or day, or it expires. The ledger checks the same limits again with each claim.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from runner.definitions.model import Account, Budget
from runner.plan.firing import Firing
from runner.plan.history import Spent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` bulletins in any `window`, in an account or for one business event there.

    The window is half-open: a bulletin sent at 12:00 no longer counts at 13:00 in a window of one hour.
    """

    account: str
    count: int
    window: timedelta
    event: str | None = None


@dataclass(frozen=True, slots=True)
class HeldByBudget:
    """Why a firing must not be sent now: the limit that is reached, and until when.

    `others` counts the firings of the same plan that are sent first and use up the limit; 0 if it was used up before.
    `zone` is the time zone of the account.
    """

    limit: Limit
    until: datetime
    others: int = 0
    zone: str = "UTC"


def limits(account: Account, event: str) -> tuple[Limit, ...]:
    """Return the limits that apply to a firing of the event in the account; empty if there is no budget."""
    own = account.event_budgets.get(event)
    return tuple(all_limits(account.name, account.budget, {event: own} if own else {}))


def all_limits(account: str, budget: Budget, event_budgets: Mapping[str, Budget]) -> list[Limit]:
    """Return all limits of an account with these budgets."""
    return [
        Limit(account, count, window, event)
        for event, own in ((None, budget), *event_budgets.items())
        for count, window in ((own.per_hour, HOUR), (own.per_day, DAY))
        if count is not None
    ]


def has_budget(account: Account) -> bool:
    """Whether the account has a budget, for all its bulletins or for one event."""
    return account.budget != Budget() or bool(account.event_budgets)


class Used(NamedTuple):
    """How much of a limit is used up. `over_until`: until when more than the limit is used, else None."""

    taken: int
    over_until: datetime | None = None


def used(account: Account, spent: Iterable[Spent], now: datetime) -> dict[Limit, Used]:
    """Return for each limit of the account how much of it is used up at `now`."""
    known = sorted(spent)
    return {
        limit: _used(limit, [each.at for each in known if _counts(limit, each, now)])
        for limit in all_limits(account.name, account.budget, account.event_budgets)
    }


def _used(limit: Limit, times: list[datetime]) -> Used:
    over = len(times) - limit.count
    return Used(len(times), times[over - 1] + limit.window if over > 0 else None)


def _counts(limit: Limit, spent: Spent, now: datetime) -> bool:
    return limit.event in (None, spent.event) and now - limit.window < spent.at < now + limit.window


def full_until(limit: Limit, times: Sequence[datetime], taken: int, at: datetime) -> datetime | None:
    """Return when the limit has room again after `at`, None if it has room then.

    `times` are those of sending, ascending; the first `taken` of them count.
    """
    if taken < limit.count or times[taken - limit.count] + limit.window <= at:
        return None
    return times[taken - limit.count] + limit.window


def first_room(
    of: Iterable[Limit], at: datetime, full: Callable[[Limit, datetime], datetime | None]
) -> tuple[datetime, Limit | None]:
    """Return when these limits all have room, from `at` on, and which is the last to have it; None if they have it.

    `full` returns until when a limit is full at an instant.
    """
    reached = None
    while freed := [(room, limit) for limit in of if (room := full(limit, at))]:
        at, reached = max(freed, key=lambda each: each[0])
    return at, reached


class Budgets:
    """The room that budgets leave at `now`. Charge the firings of a plan in order; each charge takes some of it."""

    def __init__(self, accounts: Mapping[str, Account], spent: Mapping[str, Iterable[Spent]], now: datetime) -> None:
        self._accounts = {name: account for name, account in accounts.items() if has_budget(account)}
        self._now = now
        self._times: dict[Limit, list[datetime]] = {}  # of sends before now or in this plan; ascending
        self._ahead: dict[Limit, list[datetime]] = {}  # of sends by a clock that is ahead; ascending
        self._charged: dict[Limit, list[datetime]] = {}  # when firings of this plan are sent; ascending
        # When the last firing with these limits is sent: later firings with the same limits come no earlier.
        self._next_free: dict[tuple[Limit, ...], tuple[datetime, Limit | None]] = {}
        for name, account in self._accounts.items():
            for each in spent.get(name, ()):
                # A time that is a whole window or more ahead of now shares no window with now.
                of = [limit for limit in limits(account, each.event) if each.at < now + limit.window]
                _insert_time(self._times if each.at <= now else self._ahead, of, each.at)
        every = chain.from_iterable(
            all_limits(account.name, account.budget, account.event_budgets) for account in self._accounts.values()
        )
        self._is_used_up = {limit: self._full_until(limit, now) is not None for limit in every}  # before this plan

    def charge(self, firing: Firing) -> HeldByBudget | None:
        """Charge a firing that would be sent now. Return why and until when it is held back; None if there is room.

        A firing that is held back is charged at the time when it can be sent, unless it expires first.
        """
        account = self._accounts.get(firing.key.account)
        if account is None:
            return None
        of = limits(account, firing.bulletin.business_event)
        at, reached = self._next_room(of)
        expires_at = firing.occurrence.expires_at
        others = 0
        if reached is not None and not any(self._is_used_up[limit] for limit in of):
            others = bisect_right(self._charged[reached], at)
        if expires_at is None or at <= expires_at:
            _insert_time(self._times, of, at)
            _insert_time(self._charged, of, at)
        return None if reached is None else HeldByBudget(reached, at, others, account.zone)

    def was_reached(self, firing: Firing) -> Limit | None:
        """Return the limit that had no room when the firing expired; None if no budget caused the expiry."""
        account, expires_at = self._accounts.get(firing.key.account), firing.occurrence.expires_at
        if account is None or expires_at is None:
            return None
        found = (
            limit for limit in limits(account, firing.bulletin.business_event) if self._full_until(limit, expires_at)
        )
        return next(found, None)

    def _next_room(self, of: tuple[Limit, ...]) -> tuple[datetime, Limit | None]:
        """Return when these limits all have room again, and which is the last to have it; None if they have it now."""
        start, last = self._next_free.get(of, (self._now, None))
        at, reached = first_room(of, start, self._full_until)
        self._next_free[of] = (at, reached or last)
        return self._next_free[of]

    def _full_until(self, limit: Limit, at: datetime) -> datetime | None:
        """Return when the limit has room again after `at`; None if it has room at that time."""
        times = self._times.get(limit, [])
        ahead = self._ahead.get(limit) if at >= self._now else None  # they count for now and later only
        taken = bisect_right(times, at)
        if ahead:
            times = sorted(times[max(0, taken - limit.count) : taken] + ahead)
            taken = len(times)
        return full_until(limit, times, taken, at)


def _insert_time(times: dict[Limit, list[datetime]], of: Iterable[Limit], at: datetime) -> None:
    for limit in of:
        insort(times.setdefault(limit, []), at)
