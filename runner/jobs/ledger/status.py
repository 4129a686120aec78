"""What `status` shows: what a ledger holds now, or the history of one bulletin and what would happen to it now.

In: a ledger and the path of the set. Out: values to show. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock
from runner.errors import UserError
from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from runner.definitions.model import Account, Bulletin
    from runner.ledger.ledger import Ledger
    from runner.ledger.values import FiringRow, LiveRun, Resolution
    from runner.plan.budget import Limit, Used
    from runner.plan.decide import Step

_RECENT = 10  # fired firings that are shown
_COMING = 3  # next times shown of a recurring bulletin


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """What is in doubt, in progress and was fired recently. `lingering`: runs that ended while their process exists.

    `zones`: the time zones of the accounts that the set defines, for shown times.
    """

    in_doubt: Sequence[FiringRow]
    lingering: Sequence[str]
    live_runs: Sequence[LiveRun]
    fired: Sequence[FiringRow]
    budgets: Mapping[Limit, Used]
    zones: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BulletinStatus:
    """The rows of one bulletin, newest first; decisions of people by the id of their row; what a run would do now."""

    rows: Sequence[FiringRow]
    resolutions: Mapping[str, Sequence[Resolution]]
    steps: Sequence[Step]


def ledger_status(ledger: Ledger, path: Path) -> LedgerStatus:
    """Return the status of a ledger, with the budgets of the accounts that the set at `path` defines."""
    from runner.jobs.ledger.opened_ledger import lingering
    from runner.plan.history import State

    in_doubt = ledger.in_doubt()
    accounts = _accounts(path)
    return LedgerStatus(
        in_doubt,
        [row.run for row in lingering(in_doubt)],
        ledger.live_runs(),
        ledger.rows(state=State.FIRED, limit=_RECENT),
        _budgets_used(ledger, accounts),
        {account.name: account.zone for account in accounts},
    )


def bulletin_status(ledger: Ledger, bulletin: str, path: Path, messages: Messages) -> BulletinStatus:
    """Return the status of one bulletin, which may be unknown. An unusable set is a note, without steps."""
    rows = ledger.rows(bulletin=bulletin)
    found = ledger.resolutions([row.id for row in rows])
    resolutions = {row.id: [each for each in found if each.firing == row.id] for row in rows}
    return BulletinStatus(rows, resolutions, _steps_now(ledger, bulletin, path, messages))


def _accounts(path: Path) -> list[Account]:
    """Return the accounts of the set; none if the definitions are missing."""
    from runner.jobs.loaded_set import load_set

    try:
        return list(load_set(path, use_cache=True).accounts.values())
    except UserError:
        return []


def _budgets_used(ledger: Ledger, accounts: Sequence[Account]) -> dict[Limit, Used]:
    """Return what the accounts have used of their budgets."""
    from runner.plan.budget import has_budget, used

    accounts = [account for account in accounts if has_budget(account)]
    now = clock.now()
    spent = ledger.spent([account.name for account in accounts], now)
    return {limit: each for account in accounts for limit, each in used(account, spent[account.name], now).items()}


def _steps_now(ledger: Ledger, bulletin: str, path: Path, messages: Messages) -> Sequence[Step]:
    from runner.jobs.loaded_set import load_set
    from runner.jobs.planning import plan_firings
    from runner.plan.firing import firings

    try:
        definitions = load_set(path, use_cache=True).definitions
    except UserError as error:
        messages.note(f"what a run would do now is not shown: {error.message}")
        return ()
    if definitions.problems:
        messages.note("the definitions have problems (bulletins validate), so nothing would be fired now")
        return ()
    now = clock.now()
    only = replace(definitions, bulletins=tuple(each for each in definitions.bulletins if each.id == bulletin))
    wanted = list(firings(only, now, until=_last_shown(only.bulletins, now)))
    return plan_firings(ledger, definitions, wanted, now).steps


def _last_shown(bulletins: Sequence[Bulletin], now: datetime) -> datetime | None:
    """Return the third occurrence after now of a recurring bulletin, or the last if there are fewer."""
    from runner.definitions.model import Recurrence
    from runner.definitions.schedules.recurrence import next_after

    until: datetime | None = None
    for bulletin in bulletins:
        for _ in range(_COMING if isinstance(bulletin.schedule, Recurrence) else 0):
            assert isinstance(bulletin.schedule, Recurrence)
            until = next_after(bulletin.schedule, until or now) or until
    return until
