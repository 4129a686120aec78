"""`status`: show what the ledger holds, or the history of one bulletin. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import DEFAULT_PATH, format_option, ledger_choice, ledger_option
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.jobs.ledger.status import BulletinStatus, LedgerStatus


@click.command()
@click.argument("bulletin", metavar="[ID]", required=False, shell_complete=completions.ids)
@click.option("--path", default=DEFAULT_PATH, show_default=True, type=click.Path(path_type=Path, readable=False),
              help="The definitions, for what would happen now and for budgets.")  # fmt: skip
@ledger_option
@click.option("--sandbox", is_flag=True, help="Look in the sandbox's own ledger.")
@format_option("text", "json")
@click.option("--verbose", "-v", is_flag=True, help="Describe every firing in doubt, also many that are alike.")
def status(
    bulletin: str | None, path: Path, ledger_url: str | None, sandbox: bool, format_: str, verbose: bool
) -> None:
    """Show what is in doubt and in progress, and what was fired.

    With ID, show the history of this bulletin, and what would happen to it now.
    """
    from runner.cli.terminal.messages import TerminalMessages
    from runner.jobs.ledger.ledger_witness import warn_if_older
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.ledger.status import bulletin_status, ledger_status

    messages = TerminalMessages()
    chosen = ledger_choice(ledger_url, sandbox=sandbox)
    with open_ledger(chosen.url) as ledger:
        warn_if_older(ledger, messages)
        if bulletin is None:
            options = ["--sandbox"] if chosen.is_sandbox else ["--ledger", ledger.place] if chosen.is_named else []
            _show_overview(ledger_status(ledger, path), format_, options, verbose=verbose)
        else:
            _show_bulletin(bulletin_status(ledger, bulletin, path, messages), bulletin, path, format_)


def _show_overview(found: LedgerStatus, format_: str, options: Sequence[str], *, verbose: bool) -> None:
    """Print the status, what is in doubt last. `options`: those that commands to copy need to find the ledger."""
    from runner.cli.terminal.console import show_table
    from runner.plan.history import State
    from runner.report.text.status import (
        budget_entry,
        budget_lines,
        doubt_lines,
        doubt_summary,
        history_cells,
        row_entry,
        run_cells,
        run_entry,
    )
    from runner.report.vocabulary import colour_of

    if format_ == "json":
        document = {
            "in_doubt": [row_entry(row) for row in found.in_doubt],
            "runs": [run_entry(run) for run in found.live_runs],
            "fired": [row_entry(row) for row in found.fired],
            "budgets": [budget_entry(*each) for each in found.budgets.items()],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    if not found.in_doubt:
        click.echo("nothing is in doubt")
    if found.live_runs:
        click.echo("in progress:")
        show_table((colour_of(State.CLAIMED), run_cells(run)) for run in found.live_runs)
    if found.fired:
        click.echo("fired recently:")
        cells = ((row, history_cells(row, ())) for row in found.fired)
        show_table((colour_of(State.FIRED), (row.key.bulletin, at, where, said)) for row, (_, at, where, said) in cells)
    if found.budgets:
        click.echo("budgets:")
        for line in budget_lines(found.budgets):
            click.echo(f"  {line}")
    for line in doubt_lines(found.in_doubt, options=options, lingering=found.lingering, whole=verbose):
        click.echo(line)
    if count := len(found.in_doubt):
        click.echo(f"\n{count:,} in doubt: look for each in the dashboard's activity log, then resolve it")
    for line in doubt_summary(found.in_doubt, found.zones):
        click.echo(line)


def _show_bulletin(found: BulletinStatus, bulletin: str, path: Path, format_: str) -> None:
    from runner.cli.terminal.console import show_table
    from runner.report.text.status import history_cells, row_entry, step_entry
    from runner.report.vocabulary import colour_of

    if not found.rows and not found.steps:
        raise UserError(
            ErrorCode.UNKNOWN_BULLETIN,
            f"there is no bulletin {bulletin!r}: it is neither in the ledger nor in {path}",
            help="bulletins plan --verbose lists the ids that are defined.",
            exit_code=Exit.USAGE,
        )
    now = [step_entry(step) for step in found.steps]
    if format_ == "json":
        history = [row_entry(row) for row in found.rows]
        click.echo(json.dumps({"history": history, "now": now}, ensure_ascii=False, indent=2))
        return
    show_table((colour_of(row.state), history_cells(row, found.resolutions[row.id])) for row in found.rows)
    for step in now:
        click.echo(f"now: {step['action']} in {step['account']} ({step['occurrence']}): {step['reason']}")
