"""`status` and `resolve`: what the ledger knows, and a person's word on what is in doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import DEFAULT_PATH, format_option, ledger_option, present
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger
    from runner.ledger.values import Row

_LATELY = 10
_COLOURS = {"fired": "green", "failed": "red", "in_doubt": "red", "expired": "yellow", "claimed": "yellow"}


@click.command()
@click.argument("bulletin", metavar="[ID]", required=False)
@click.option("--path", default=DEFAULT_PATH, type=click.Path(path_type=Path), help="The definitions to compare with.")
@ledger_option
@format_option("text", "json")
def status(bulletin: str | None, path: Path, ledger_url: str | None, format_: str) -> None:
    """Show what is in doubt and what was fired lately.

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
    from runner.plan.history import State
    from runner.report.status import doubt_lines, history_cells, row_entry

    doubts = ledger.in_doubt()
    lately = ledger.rows(state=State.FIRED, limit=_LATELY)
    if format_ == "json":
        document = {"in_doubt": [row_entry(row) for row in doubts], "fired": [row_entry(row) for row in lately]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for row in doubts:
        for line in doubt_lines(row):
            click.echo(line)
    if doubts:
        click.echo(f"{len(doubts)} in doubt: look each up in the dashboard's activity log, then settle it\n")
    else:
        click.echo("nothing is in doubt")
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
    from runner.definitions.load import load
    from runner.plan.decide import decide
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
    at = present()
    return [
        {
            "account": step.firing.key.account,
            "occurrence": step.firing.key.occurrence,
            "action": step.action.value,
            "reason": plain(step.reason),
        }
        for step in decide(wanted, ledger.history(wanted, at), at).steps
    ]


@click.command()
@click.argument("bulletin", metavar="ID")
@click.option("--sent", is_flag=True, help="The activity log shows it.")
@click.option("--not-sent", is_flag=True, help="The activity log does not show it: it may be sent again.")
@click.option("--note", required=True, metavar="TEXT", help="How you know: kept in the ledger.")
@click.option("--account", metavar="NAME", help="Which account, where several are in doubt.")
@click.option("--occurrence", metavar="NAME", help="Which occurrence, where several are in doubt.")
@ledger_option
def resolve(
    bulletin: str,
    sent: bool,
    not_sent: bool,
    note: str,
    account: str | None,
    occurrence: str | None,
    ledger_url: str | None,
) -> None:
    """Settle a firing in doubt by your word. Sends nothing."""
    from runner.cli.ledgers import identity, open_ledger

    if sent is not_sent:
        raise click.UsageError("say what the activity log shows: either --sent or --not-sent")
    if not note.strip():
        raise click.UsageError("--note is blank: write how you know")
    with open_ledger(ledger_url) as ledger:
        row = _the_one_in_doubt(ledger, bulletin, account, occurrence)
        if not ledger.resolve(row, sent=sent, note=note, identity=identity()):
            raise UserError(f"{bulletin} is not in doubt any more", help=f"See bulletins status {bulletin}.")
    where = f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence})"
    click.echo(f"settled: {where} is recorded as {'sent' if sent else 'not sent'}; nothing was sent now")
    if not sent:
        click.echo("the next run fires it again, if it is still due")


def _the_one_in_doubt(ledger: Ledger, bulletin: str, account: str | None, occurrence: str | None) -> Row:
    found = [
        row
        for row in ledger.in_doubt()
        if row.key.bulletin == bulletin
        and account in (None, row.key.account)
        and occurrence in (None, row.key.occurrence)
    ]
    if not found:
        raise UserError(
            f"no firing of {bulletin!r} is in doubt",
            help="bulletins status lists what is; a run that still lives holds its firings itself.",
        )
    if len(found) > 1:
        places = "; ".join(f"--account {row.key.account} --occurrence {row.key.occurrence}" for row in found)
        raise UserError(f"{bulletin} is in doubt {len(found)} times", help=f"Say which: {places}", exit_code=Exit.USAGE)
    return found[0]
