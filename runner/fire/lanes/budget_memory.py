"""The budgets of an account that are spent, as far as a run knows. They spare a query for each further firing.

The rule: a firing is charged to every budget of its account and business event when it is claimed. If one of them has
no room, the firing is held back until enough earlier firings leave the window of that budget. Only the ledger decides;
this memory repeats its last answer until that answer is out of date. Several threads may use it.
"""

from __future__ import annotations

from datetime import datetime

from runner.definitions.model import Account
from runner.plan import budget
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.decide import Step


class BudgetMemory:
    """The limits of an account's budgets, and for each spent one the time at which it has room again."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._reached: dict[Limit, HeldByBudget] = {}

    def limits(self, step: Step) -> tuple[Limit, ...]:
        """Return the budget limits to which a claim on the step's firing is charged."""
        return budget.limits(self._account, step.firing.bulletin.business_event)

    def known(self, limits: tuple[Limit, ...], now: datetime) -> HeldByBudget | None:
        """Return the limit that holds a firing back longest, or None if only the ledger knows whether one does."""
        held = [each for limit in limits if (each := self._reached.get(limit)) is not None and each.until > now]
        return max(held, key=lambda each: each.until, default=None)

    def remember(self, held: HeldByBudget) -> None:
        """Remember that the ledger reported this limit as reached."""
        self._reached[held.limit] = held

    def forget(self) -> None:
        """Forget all reached limits, because a firing was not sent and its share of the budgets is free again."""
        self._reached = {}
