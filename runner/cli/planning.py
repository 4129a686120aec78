"""The plan of a command: which firings it is about, and what the ledger knows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import local
from runner.cli.options import criteria
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing


def select_firings(definitions: Definitions, path: Path, selection: Mapping[str, Any]) -> list[Firing]:
    """The firings of the set that the selection options of a command mean. Raises UserError where they leave none."""
    from runner.cli.against import changed_since
    from runner.plan.firing import firings
    from runner.plan.select import select

    ref = selection["changed_since"]
    since = [] if ref is None else [changed_since(ref, definitions, path)]
    return select(firings(definitions), [*criteria(selection), *since])


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
    """The ledger at `url`, opened; None, and a word about it, where there is none."""
    from runner.cli.ledgers import open_ledger_if_there

    ledger = open_ledger_if_there(url)
    if ledger is None:
        click.echo("there is no ledger yet: planned as if nothing was ever sent", err=True)
        yield None
    else:
        with ledger:
            yield ledger


def plan_over(ledger: Ledger | None, definitions: Definitions, selected: Sequence[Firing], now: datetime) -> Plan:
    """What would be done with the selected firings at `now`; without a ledger, as if nothing was ever sent.

    Raises UserError where the ledger can't be read.
    """
    from runner.plan.decide import decide
    from runner.plan.history import History

    known = History() if ledger is None else ledger.history(selected, now, accounts=definitions.accounts)
    return decide(selected, known, now)
