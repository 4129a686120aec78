"""The plan of a command: which firings it is about, and what the ledger knows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import click

from runner import local
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing
    from runner.plan.occurrence import Occurrence
    from runner.plan.select import Selector

MOST_COMING = 10_000  # firings of --until: more than that nobody reads
_FEWER_DAYS = (7, 3, 1)  # that a calendar shows of what recurs, where more would be too much


def select_firings(
    definitions: Definitions, chosen: Iterable[Selector], now: datetime, until: datetime | None = None
) -> list[Firing]:
    """The firings of the set that all of `chosen` accept; of recurring bulletins those around `now`, or up to `until`.

    Raises UserError where that leaves none, or more than anybody reads.
    """
    from runner.plan.firing import firings
    from runner.plan.select import select

    selected = select(firings(definitions, now), chosen)
    return selected if until is None else _coming(definitions, selected, now, until)


def select_for_calendar(
    definitions: Definitions, chosen: Iterable[Selector], now: datetime, days: int
) -> tuple[list[Firing], datetime | None]:
    """All firings that the selectors accept; of recurring bulletins those of so many days, and up to when that is.

    That is None where nothing recurs, or so much does that not even one day of it can be read: then each stands at its
    next time only. Raises UserError where nothing is selected.
    """
    selected = select_firings(definitions, chosen, now)
    until = _readable_end(selected, now, [days, *(fewer for fewer in _FEWER_DAYS if fewer < days)])
    return (selected, None) if until is None else (_coming(definitions, selected, now, until), until)


def _readable_end(selected: Iterable[Firing], now: datetime, numbers: Iterable[int]) -> datetime | None:
    """The end, in UTC, of the first of these numbers of days in which what recurs is no more than anybody reads."""
    from runner.plan.occurrence import occurrences

    recurring = {firing.key[:2]: firing.bulletin for firing in selected if firing.watch_key is not None}
    for days in numbers if recurring else ():
        day = now.astimezone(UTC).date() + timedelta(days=days - 1)
        until = datetime.combine(day, time(23, 59, 59), UTC)
        times = chain.from_iterable(occurrences(each, now, until) for each in recurring.values())
        if sum(_comes_by(until, occurrence) for occurrence in times) <= MOST_COMING:
            return until
    return None


def _coming(definitions: Definitions, selected: Sequence[Firing], now: datetime, until: datetime) -> list[Firing]:
    """The firings of the selected bulletins and accounts up to `until`."""
    from runner.plan.firing import firings

    places = {(firing.key.account, firing.key.bulletin) for firing in selected}
    ids = {bulletin for _, bulletin in places}
    chosen = replace(definitions, bulletins=tuple(each for each in definitions.bulletins if each.id in ids))
    found: list[Firing] = []
    recurring = 0
    for firing in firings(chosen, now, until=until):
        if firing.key[:2] in places:
            found.append(firing)
            recurring += firing.watch_key is not None and _comes_by(until, firing.occurrence)
        if recurring > MOST_COMING:
            raise UserError(
                f"more than {MOST_COMING:,} times come up to {until:%Y-%m-%dT%H:%M:%SZ}",
                help="Write an earlier --until, or select fewer bulletins, such as with --id or --tag.",
                exit_code=Exit.USAGE,
            )
    return found


def _comes_by(until: datetime, occurrence: Occurrence) -> bool:
    """Whether it is due by then: the next one after it is there as well, for a plan to say how much comes later."""
    return occurrence.due_at is not None and occurrence.due_at <= until


def which_ledger(url: str | None, *, sandbox: bool) -> str | None:
    """The ledger that the options mean. The sandbox has its own, whatever the environment says."""
    from runner.cli.ledgers import named_ledger

    if not sandbox:
        return url
    if named_ledger():
        raise UserError(
            "--sandbox has a ledger of its own, and --ledger names another", help="Leave one out.", exit_code=Exit.USAGE
        )
    return str(local.SANDBOX_LEDGER)


@contextmanager
def ledger_if_there(url: str | None) -> Iterator[Ledger | None]:
    """The ledger at `url`, opened; None where there is none, and a word about it once something was planned."""
    from runner.cli.ledgers import open_ledger_if_there

    ledger = open_ledger_if_there(url)
    if ledger is None:
        yield None
        click.echo("there is no ledger yet: planned as if nothing was ever sent", err=True)
    else:
        with ledger:
            yield ledger


def plan_over(ledger: Ledger | None, definitions: Definitions, selected: Sequence[Firing], now: datetime) -> Plan:
    """What would be done with the selected firings at `now`; without a ledger, as if nothing was ever sent.

    With one, what it has not told yet of recurring bulletins comes along. Raises UserError where it can't be read.
    """
    from runner.definitions.schedules.bulletin_times import LONGEST_GRACE
    from runner.plan.budget import has_budget
    from runner.plan.decide import decide
    from runner.plan.history import History
    from runner.plan.missed import due_now, looked_back, seen, settling, watched

    accounts = definitions.accounts
    if ledger is None:
        return decide(selected, History(), now, accounts)
    recurring = watched(selected)
    before = seen(ledger.watched(recurring) if recurring else {}, recurring, now)
    missed = list(looked_back(definitions.bulletins, selected, before.settled, now))
    budgeted = [name for name, account in accounts.items() if has_budget(account)]
    known = ledger.history([*selected, *missed], now, accounts=accounts, budgeted=budgeted)
    due = due_now(selected, now)
    newest = ledger.newest_sent(due, now - LONGEST_GRACE) if due else {}
    known = replace(known, settled=before.settled, looked=before.looked, edited=before.edited, newest=newest)
    return settling(decide([*selected, *missed], known, now, accounts), missed, known)
