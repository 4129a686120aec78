"""All that the planner needs from the ledger, read in one transaction. A function over a transaction.

In: the firings to plan and the bulletins as they are defined. Out: one History, with the missed firings to plan too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from runner.definitions.model import Bulletin
from runner.definitions.schedules.bulletin_times import LONGEST_GRACE
from runner.ledger.records import other_occurrence_names, queries, watches
from runner.ledger.records.runs import Now
from runner.plan.firing import Firing
from runner.plan.history import History
from runner.plan.missed import missed_firings, recurring_schedules, schedules_due, watched_history


def read(
    connection: Connection,
    wanted: Sequence[Firing],
    now: datetime,
    ledger_now: Now,
    accounts: Collection[str] | None,
    budgeted: Collection[str],
    bulletins: Iterable[Bulletin],
) -> History:
    """Return what the ledger knows at `now` about the wanted firings and about the missed firings of `bulletins`."""
    recurring = recurring_schedules(wanted)
    before = watched_history(watches.read(connection, recurring) if recurring else {}, recurring, now)
    missed = tuple(missed_firings(bulletins, wanted, before.settled, now))
    firings = [*wanted, *missed]
    known = History()
    if queries.has_firings(connection):
        known = queries.history(connection, firings, now, ledger_now, accounts, budgeted)
        known = other_occurrence_names.completed(connection, firings, known, now, ledger_now, accounts)
    due = schedules_due(wanted, now)
    newest = watches.newest_sent(connection, due, now - LONGEST_GRACE) if due else {}
    return replace(
        known, settled=before.settled, looked_at=before.looked_at, edited=before.edited, missed=missed, newest=newest
    )
