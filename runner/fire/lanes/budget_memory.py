"""What a run knows of the budgets of an account: those that the ledger said are spent, so that it is not asked again.

May be used from several threads.
"""

from __future__ import annotations

from datetime import datetime

from runner.definitions.model import Account
from runner.plan import budget
from runner.plan.budget import Held, Limit
from runner.plan.decide import Step


class Allowance:
    """The limits of an account's budgets, and until when each is known to be reached."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._reached: dict[Limit, Held] = {}

    def limits(self, step: Step) -> tuple[Limit, ...]:
        """What a claim on the step's firing is charged to."""
        return budget.limits(self._account, step.firing.bulletin.business_event)

    def known(self, limits: tuple[Limit, ...], now: datetime) -> Held | None:
        """What holds back a firing with these limits; None where only the ledger can tell."""
        held = [each for limit in limits if (each := self._reached.get(limit)) is not None and each.until > now]
        return max(held, key=lambda each: each.until, default=None)

    def note(self, held: Held) -> None:
        """Learns of the ledger that a limit is reached."""
        self._reached[held.limit] = held

    def forget(self) -> None:
        """Something was not sent after all: only the ledger can tell now."""
        self._reached = {}
