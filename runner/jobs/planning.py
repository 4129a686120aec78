"""Plan firings over a ledger. In: definitions, the selected firings, the ledger and the time. Out: the Plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing


def plan_firings(ledger: Ledger | None, definitions: Definitions, selected: Sequence[Firing], now: datetime) -> Plan:
    """Plan the selected firings at `now`. Without a ledger, assume that nothing was ever sent.

    With a ledger, the plan also holds missed occurrences of recurring bulletins that no run has reported yet.
    Raises UserError if the ledger can't be read.
    """
    from runner.plan.budget import has_budget
    from runner.plan.decide import decide
    from runner.plan.history import History
    from runner.plan.missed import with_missed

    accounts = definitions.accounts
    if ledger is None:
        return decide(selected, History(), now, accounts)
    budgeted = [name for name, account in accounts.items() if has_budget(account)]
    known = ledger.history(selected, now, accounts=accounts, budgeted=budgeted, bulletins=definitions.bulletins)
    return with_missed(decide([*selected, *known.missed], known, now, accounts), known)
