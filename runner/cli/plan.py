"""`plan`: what would be done with each firing now, and why. Sends nothing, needs no credentials."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from runner import local
from runner.cli.options import (
    criteria,
    format_option,
    ledger_option,
    now_option,
    path_argument,
    present,
    sandbox_option,
    selection_options,
    verbose_option,
)
from runner.errors import Exit, UserError


@click.command()
@path_argument
@selection_options
@now_option
@ledger_option
@sandbox_option
@format_option("text", "json")
@verbose_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 6 where something would be sent.")
def plan(
    path: Path,
    now: datetime | None,
    ledger_url: str | None,
    sandbox: bool,
    format_: str,
    verbose: bool,
    detailed_exitcode: bool,
    **selection: Any,
) -> int:
    """Show what would be sent now, what not, and why."""
    from runner.cli.console import show_table, stop_on_problems
    from runner.cli.planning import plan_over_any
    from runner.definitions.load import load
    from runner.plan.firing import firings
    from runner.plan.select import select
    from runner.report.plan import COLOURS, plan_json, rows, summary_line

    definitions = load([path])
    stop_on_problems(definitions)
    selected = select(firings(definitions), criteria(selection))
    url = which_ledger(ledger_url, sandbox=sandbox)
    planned, ledger_id = plan_over_any(url, definitions, selected, now or present())
    if format_ == "json":
        click.echo(plan_json(planned, ledger=ledger_id))
    else:
        table = rows(planned.steps, whole=verbose)
        show_table((COLOURS[action] if action else None, cells) for action, cells in table)
        click.echo(summary_line(planned))
    return Exit.WOULD_FIRE if detailed_exitcode and planned.to_send else Exit.OK


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
