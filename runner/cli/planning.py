"""The plan of a command: selected firings over what the ledger knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing


def plan_over(ledger: Ledger, definitions: Definitions, selected: Sequence[Firing], now: datetime) -> Plan:
    """What would be done with the selected firings at `now`. Raises UserError where the ledger can't be read."""
    from runner.plan.decide import decide

    return decide(selected, ledger.history(selected, now, accounts=definitions.accounts), now)


def plan_over_any(
    url: str | None, definitions: Definitions, selected: Sequence[Firing], now: datetime
) -> tuple[Plan, str | None]:
    """The same over the ledger at `url`, and its id; where there is none, as if nothing was ever sent."""
    from runner.cli.ledgers import open_ledger_if_there
    from runner.plan.decide import decide
    from runner.plan.history import History

    ledger = open_ledger_if_there(url)
    if ledger is None:
        click.echo("there is no ledger yet: planned as if nothing was ever sent", err=True)
        return decide(selected, History(), now), None
    with ledger:
        return plan_over(ledger, definitions, selected, now), ledger.id
