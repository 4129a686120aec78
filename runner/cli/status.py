"""`status`: what the ledger knows. Changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import DEFAULT_PATH, format_option, ledger_option, present
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger

_LATELY = 10
_COLOURS = {"fired": "green", "failed": "red", "in_doubt": "red", "expired": "yellow", "claimed": "yellow"}


@click.command()
@click.argument("bulletin", metavar="[ID]", required=False)
@click.option("--path", default=DEFAULT_PATH, type=click.Path(path_type=Path), help="The definitions to compare with.")
@ledger_option
@format_option("text", "json")
def status(bulletin: str | None, path: Path, ledger_url: str | None, format_: str) -> None:
    """Show what is in doubt, what is under way, and what was fired.

    With ID, one bulletin's history, and what would happen to it now.
    """
    from runner.cli.ledgers import open_ledger

    with open_ledger(ledger_url) as ledger:
        if bulletin is None:
            _show_overview(ledger, format_)
        else:
            _show_bulletin(ledger, bulletin, path, format_)


def _show_overview(ledger: Ledger, format_: str) -> None:
    from runner.cli.console import show_table
    from runner.cli.ledgers import lingering, named_ledger
    from runner.plan.history import State
    from runner.report.status import doubt_lines, history_cells, row_entry, run_cells, run_entry

    doubts, live = ledger.in_doubt(), ledger.live_runs()
    lately = ledger.rows(state=State.FIRED, limit=_LATELY)
    if format_ == "json":
        document = {
            "in_doubt": [row_entry(row) for row in doubts],
            "runs": [run_entry(run) for run in live],
            "fired": [row_entry(row) for row in lately],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    named = ledger.place if named_ledger() else None
    for line in doubt_lines(doubts, ledger=named, lingering=[row.run for row in lingering(doubts)]):
        click.echo(line)
    if doubts:
        click.echo(f"{len(doubts)} in doubt: look each up in the dashboard's activity log, then settle it\n")
    else:
        click.echo("nothing is in doubt")
    if live:
        click.echo("under way:")
        show_table((_COLOURS["claimed"], run_cells(run)) for run in live)
    if lately:
        click.echo("fired lately:")
        cells = ((row, history_cells(row, ())) for row in lately)
        show_table((_COLOURS["fired"], (row.key.bulletin, at, where, said)) for row, (_, at, where, said) in cells)


def _show_bulletin(ledger: Ledger, bulletin: str, path: Path, format_: str) -> None:
    from runner.cli.console import show_table
    from runner.report.status import history_cells, row_entry

    rows = ledger.rows(bulletin=bulletin)
    now = _what_now(ledger, bulletin, path)
    if not rows and not now:
        raise UserError(
            f"nothing is known of {bulletin!r}: it is neither in the ledger nor under {path}",
            help="bulletins plan lists the ids that are defined.",
            exit_code=Exit.USAGE,
        )
    if format_ == "json":
        history = [row_entry(row) for row in rows]
        click.echo(json.dumps({"history": history, "now": now}, ensure_ascii=False, indent=2))
        return
    told = ledger.resolutions([row.id for row in rows])
    settled = {row.id: [each for each in told if each.firing == row.id] for row in rows}
    show_table((_COLOURS.get(row.state), history_cells(row, settled[row.id])) for row in rows)
    for step in now:
        click.echo(f"now: {step['action']} in {step['account']} ({step['occurrence']}): {step['reason']}")


def _what_now(ledger: Ledger, bulletin: str, path: Path) -> list[dict[str, str]]:
    """What a run would do with the bulletin now; empty, with a word about it, where the definitions can't say."""
    from runner.cli.planning import plan_over
    from runner.definitions.load import load
    from runner.plan.firing import firings
    from runner.report.plain import plain

    try:
        definitions = load([path])
    except UserError as error:
        click.echo(f"the definitions are not looked at: {error.message}", err=True)
        return []
    if definitions.problems:
        click.echo("the definitions have problems (bulletins validate), so nothing would be fired now", err=True)
        return []
    wanted = [firing for firing in firings(definitions) if firing.key.bulletin == bulletin]
    return [
        {
            "account": step.firing.key.account,
            "occurrence": step.firing.key.occurrence,
            "action": step.action.value,
            "reason": plain(step.reason),
        }
        for step in plan_over(ledger, definitions, wanted, present()).steps
    ]
