"""`resolve`: record a person's decision on firings in doubt, sent or not sent. Sends nothing.

A firing in doubt blocks its bulletin until a person has looked at the dashboard's activity log.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.options import ledger_choice, ledger_option, yes_option
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from runner.jobs.ledger.resolutions import ResolveRequest
    from runner.ledger.ledger import Ledger
    from runner.ledger.values import FiringRow

_SHOWN = 20  # of the firings that a question lists


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=completions.ids)
@click.option(
    "--run",
    metavar="RUN",
    shell_complete=completions.runs,
    help="All firings that this run left in doubt, or only those of the IDs.",
)
@click.option("--sent", is_flag=True, help="The activity log shows it.")
@click.option("--not-sent", is_flag=True, help="The activity log does not show it: it may be sent again.")
@click.option("--note", metavar="TEXT", help="How you know; recorded in the ledger.")
@click.option(
    "--account", metavar="NAME", shell_complete=completions.accounts, help="Which account, if several are in doubt."
)
@click.option("--occurrence", metavar="NAME", help="Which occurrence, if several are in doubt.")
@click.option("--again", is_flag=True, help="Correct an earlier decision about a firing.")
@yes_option
@ledger_option
@click.option("--sandbox", is_flag=True, help="Decide on firings in the sandbox's own ledger.")
def resolve(
    ids: tuple[str, ...],
    run: str | None,
    sent: bool,
    not_sent: bool,
    note: str | None,
    account: str | None,
    occurrence: str | None,
    again: bool,
    yes: bool,
    ledger_url: str | None,
    sandbox: bool,
) -> None:
    """Decide on firings in doubt: sent or not. Sends nothing.

    Look at the activity log of the CleverTap dashboard, then give --sent or --not-sent, and --note. On a terminal, the
    command asks before it records anything.
    """
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.ledger.resolutions import ResolveRequest, rows_to_resolve

    note = _checked(note, which=bool(ids or run), sent=sent, not_sent=not_sent)
    request = ResolveRequest(ids, run, account, occurrence, is_sent=sent, note=note, is_again=again)
    with open_ledger(ledger_choice(ledger_url, sandbox=sandbox).url) as ledger:
        rows = rows_to_resolve(ledger, request)
        _confirm(rows, sent=sent, yes=yes)
        _resolve(ledger, rows, request)


def _checked(note: str | None, *, which: bool, sent: bool, not_sent: bool) -> str:
    """Return the note. Raises click.UsageError that names all missing options."""
    from runner.cli.terminal.prompts import missing

    if sent and not_sent:
        raise click.UsageError("give either --sent or --not-sent, as the activity log shows")
    said = {"an ID or --run": which, "one of --sent or --not-sent": sent or not_sent, "--note": note is not None}
    if note is None or not all(said.values()):
        raise missing(*(each for each, is_said in said.items() if not is_said), why="")
    if not note.strip():
        raise click.UsageError("--note is blank: write how you know it")
    return note


def _confirm(rows: Sequence[FiringRow], *, sent: bool, yes: bool) -> None:
    """Ask on a terminal only. Raises UserError without a yes."""
    from runner.cli.terminal.prompts import require_yes

    if yes or not sys.stdin.isatty():
        return
    for row in rows[:_SHOWN]:
        click.echo(_named(row), err=True)
    if len(rows) > _SHOWN:
        click.echo(f"and {len(rows) - _SHOWN} more", err=True)
    consequence = "they are never sent again" if sent else "the next run sends them, if they are still due"
    question = f"Record {len(rows)} as {'sent' if sent else 'not sent'}? Nothing is sent now; {consequence}."
    require_yes(question, undone="recorded")


def _resolve(ledger: Ledger, rows: Sequence[FiringRow], request: ResolveRequest) -> None:
    """Resolve all rows before printing anything: a reader that closes the pipe early must not stop the others."""
    from runner.cli.terminal.error_output import show_error
    from runner.errors import OutputLost
    from runner.jobs.ledger.resolutions import resolve_rows

    resolved: list[FiringRow] = []
    changed: list[FiringRow] = []
    try:
        for row, is_resolved in resolve_rows(ledger, rows, request):
            (resolved if is_resolved else changed).append(row)
    finally:
        try:
            _show_resolved(resolved, sent=request.is_sent)
        except OutputLost:
            if changed:  # else nothing would report these
                show_error(_not_resolved(changed, again=request.is_again))
            raise
    if changed:
        raise _not_resolved(changed, again=request.is_again)


def _not_resolved(changed: Sequence[FiringRow], *, again: bool) -> UserError:
    what = "was claimed by another run meanwhile" if again else "is no longer in doubt"
    message = f"{', '.join(map(_named, changed))} {what}, and was not changed"
    return UserError(ErrorCode.FIRING_CHANGED, message, help="bulletins status ID shows what happened meanwhile.")


def _show_resolved(resolved: Sequence[FiringRow], *, sent: bool) -> None:
    from runner.plan.time_text import utc_text

    is_due, now = False, clock.now()
    for row in resolved:
        click.echo(f"resolved: {_named(row)} is recorded as {'sent' if sent else 'not sent'}; nothing was sent now")
        if not sent and row.expires_at is not None and row.expires_at < now:
            click.echo(f"its grace period ended {utc_text(row.expires_at)}: it is not sent again")
        else:
            is_due = not sent
    if is_due:
        click.echo("the next run sends it again, if it is still due")


def _named(row: FiringRow) -> str:
    return f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence})"
