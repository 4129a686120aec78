"""`status`: show what the ledger holds, or the history of one bulletin. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.options import DEFAULT_PATH, format_option, ledger_choice, ledger_option
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Bulletin
    from runner.ledger.ledger import Ledger
    from runner.plan.budget import Limit, Used

_LATELY = 10
_COMING = 3  # next times shown of a recurring bulletin


@click.command()
@click.argument("bulletin", metavar="[ID]", required=False, shell_complete=completions.ids)
@click.option("--path", default=DEFAULT_PATH, show_default=True, type=click.Path(path_type=Path, readable=False),
              help="The definitions, for what would happen now and for budgets.")  # fmt: skip
@ledger_option
@format_option("text", "json")
def status(bulletin: str | None, path: Path, ledger_url: str | None, format_: str) -> None:
    """Show what is in doubt and in progress, and what was fired.

    With ID, show the history of this bulletin, and what would happen to it now.
    """
    from runner.cli.terminal.messages import TerminalMessages
    from runner.jobs.ledger_witness import warn_if_older
    from runner.jobs.ledgers import open_ledger

    with open_ledger(ledger_url) as ledger:
        warn_if_older(ledger, TerminalMessages())
        if bulletin is None:
            _show_overview(ledger, path, format_)
        else:
            _show_bulletin(ledger, bulletin, path, format_)


def _show_overview(ledger: Ledger, path: Path, format_: str) -> None:
    from runner.cli.terminal.console import show_table
    from runner.jobs.ledgers import lingering
    from runner.plan.history import State
    from runner.report.text.status import (
        budget_entry,
        budget_lines,
        doubt_lines,
        history_cells,
        row_entry,
        run_cells,
        run_entry,
    )
    from runner.report.vocabulary import colour_of

    doubts, live = ledger.in_doubt(), ledger.live_runs()
    lately = ledger.rows(state=State.FIRED, limit=_LATELY)
    if format_ == "json":
        document = {
            "in_doubt": [row_entry(row) for row in doubts],
            "runs": [run_entry(run) for run in live],
            "fired": [row_entry(row) for row in lately],
            "budgets": [budget_entry(*each) for each in _budgets(ledger, path).items()],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    named = ledger.place if ledger_choice(None).is_named else None
    for line in doubt_lines(doubts, ledger=named, lingering=[row.run for row in lingering(doubts)]):
        click.echo(line)
    if doubts:
        click.echo(f"{len(doubts)} in doubt: look for each in the dashboard's activity log, then resolve it\n")
    else:
        click.echo("nothing is in doubt")
    if live:
        click.echo("in progress:")
        show_table((colour_of(State.CLAIMED), run_cells(run)) for run in live)
    if lately:
        click.echo("fired recently:")
        cells = ((row, history_cells(row, ())) for row in lately)
        show_table((colour_of(State.FIRED), (row.key.bulletin, at, where, said)) for row, (_, at, where, said) in cells)

    if used := _budgets(ledger, path):
        click.echo("budgets:")
        for line in budget_lines(used):
            click.echo(f"  {line}")


def _budgets(ledger: Ledger, path: Path) -> dict[Limit, Used]:
    """Return what the accounts have used of their budgets; nothing if the definitions are missing."""
    from runner.definitions.load import load
    from runner.plan.budget import has_budget, used

    try:
        accounts = [account for account in load([path]).accounts.values() if has_budget(account)]
    except UserError:
        return {}
    now = clock.now()
    spent = ledger.spent([account.name for account in accounts], now)
    return {limit: each for account in accounts for limit, each in used(account, spent[account.name], now).items()}


def _show_bulletin(ledger: Ledger, bulletin: str, path: Path, format_: str) -> None:
    from runner.cli.terminal.console import show_table
    from runner.report.text.status import history_cells, row_entry
    from runner.report.vocabulary import colour_of

    rows = ledger.rows(bulletin=bulletin)
    now = _what_now(ledger, bulletin, path)
    if not rows and not now:
        raise UserError(
            ErrorCode.UNKNOWN_BULLETIN,
            f"there is no bulletin {bulletin!r}: it is neither in the ledger nor in {path}",
            help="bulletins plan --verbose lists the ids that are defined.",
            exit_code=Exit.USAGE,
        )
    if format_ == "json":
        history = [row_entry(row) for row in rows]
        click.echo(json.dumps({"history": history, "now": now}, ensure_ascii=False, indent=2))
        return
    told = ledger.resolutions([row.id for row in rows])
    settled = {row.id: [each for each in told if each.firing == row.id] for row in rows}
    show_table((colour_of(row.state), history_cells(row, settled[row.id])) for row in rows)
    for step in now:
        click.echo(f"now: {step['action']} in {step['account']} ({step['occurrence']}): {step['reason']}")


def _what_now(ledger: Ledger, bulletin: str, path: Path) -> list[dict[str, str]]:
    """Return what a run would do with the bulletin now; nothing, with a printed reason, if the set is unusable."""
    from runner.definitions.load import load
    from runner.jobs.planning import plan_firings
    from runner.plan.firing import firings
    from runner.report.safe_text import printable

    try:
        definitions = load([path])
    except UserError as error:
        click.echo(f"what a run would do now is not shown: {error.message}", err=True)
        return []
    if definitions.problems:
        click.echo("the definitions have problems (bulletins validate), so nothing would be fired now", err=True)
        return []
    now = clock.now()
    named = replace(definitions, bulletins=tuple(each for each in definitions.bulletins if each.id == bulletin))
    wanted = list(firings(named, now, until=_third_next(named.bulletins, now)))
    return [
        {
            "account": step.firing.key.account,
            "occurrence": step.firing.key.occurrence,
            "action": step.action.value,
            "reason": printable(step.reason.text),
        }
        for step in plan_firings(ledger, definitions, wanted, now).steps
    ]


def _third_next(bulletins: Sequence[Bulletin], now: datetime) -> datetime | None:
    """Return the third occurrence after now of a recurring bulletin, or the last if there are fewer."""
    from runner.definitions.model import Recurrence
    from runner.definitions.schedules.recurrence import next_after

    until: datetime | None = None
    for bulletin in bulletins:
        for _ in range(_COMING if isinstance(bulletin.schedule, Recurrence) else 0):
            assert isinstance(bulletin.schedule, Recurrence)
            until = next_after(bulletin.schedule, until or now) or until
    return until
