"""Make the plan of a command.

In: definitions, selectors, the ledger and the time. Out: the selected firings, and the Plan over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import chain
from typing import TYPE_CHECKING

import click

from runner import local
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing
    from runner.plan.occurrence import Occurrence
    from runner.plan.select import Selector

MOST_COMING = 10_000  # firings of recurring bulletins in one plan; nobody reads more
_FEWER_DAYS = (7, 3, 1)  # tried in this order if a calendar would hold more firings than that


def select_firings(
    definitions: Definitions, chosen: Iterable[Selector], now: datetime, until: datetime | None = None
) -> list[Firing]:
    """Return the firings that all selectors accept; of recurring bulletins those around `now`, or up to `until`.

    Raises UserError if no firing is selected, or more than MOST_COMING recur.
    """
    from runner.plan.firing import firings
    from runner.plan.select import select

    selected = select(firings(definitions, now), chosen)
    return selected if until is None else _coming(definitions, selected, now, until)


def select_for_calendar(
    definitions: Definitions, chosen: Iterable[Selector], now: datetime, days: int
) -> tuple[list[Firing], datetime | None]:
    """Return the selected firings, those of recurring bulletins for up to `days` days, and the end of these days.

    The end is None if nothing recurs, or if one day already holds too many firings. Then every recurring bulletin
    has its next time only. Raises UserError if no firing is selected.
    """
    selected = select_firings(definitions, chosen, now)
    until = _readable_end(selected, now, [days, *(fewer for fewer in _FEWER_DAYS if fewer < days)])
    return (selected, None) if until is None else (_coming(definitions, selected, now, until), until)


def _readable_end(selected: Iterable[Firing], now: datetime, numbers: Iterable[int]) -> datetime | None:
    """Return the end, in UTC, of the first number of days in which at most MOST_COMING occurrences recur; else None."""
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
    """Return the firings up to `until` of the selected bulletins in their accounts. Raises UserError if too many."""
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
                ErrorCode.TOO_MANY_OCCURRENCES,
                f"recurring bulletins have more than {MOST_COMING:,} times up to {until:%Y-%m-%dT%H:%M:%SZ}",
                help="Write an earlier --until, or select fewer bulletins, such as with --id or --tag.",
                exit_code=Exit.USAGE,
            )
    return found


def _comes_by(until: datetime, occurrence: Occurrence) -> bool:
    """Report whether it is due by `until`. `firings` also gives the next occurrence after `until`."""
    return occurrence.due_at is not None and occurrence.due_at <= until


def which_ledger(url: str | None, *, sandbox: bool) -> str | None:
    """Return the URL of the ledger that the options mean; with --sandbox its own, whatever the environment holds."""
    from runner.cli.ledgers import named_ledger

    if not sandbox:
        return url
    if named_ledger():
        raise UserError(
            ErrorCode.SANDBOX_WITH_LEDGER,
            "--sandbox uses its own ledger, and --ledger names another",
            help="Leave one out.",
            exit_code=Exit.USAGE,
        )
    return str(local.SANDBOX_LEDGER)


@contextmanager
def ledger_if_there(url: str | None) -> Iterator[Ledger | None]:
    """Open the ledger at `url`. If it is missing, give None and print a note after the plan was made."""
    from runner.cli.ledgers import open_ledger_if_there

    ledger = open_ledger_if_there(url)
    if ledger is None:
        yield None
        click.echo("there is no ledger yet: the plan assumes that nothing was ever sent", err=True)
    else:
        with ledger:
            yield ledger


def plan_over(ledger: Ledger | None, definitions: Definitions, selected: Sequence[Firing], now: datetime) -> Plan:
    """Plan the selected firings at `now`. Without a ledger, assume that nothing was ever sent.

    With a ledger, the plan also holds missed occurrences of recurring bulletins that no run has reported yet.
    Raises UserError if the ledger can't be read.
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
