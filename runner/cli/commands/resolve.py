"""`resolve`: record a person's decision on firings in doubt, sent or not sent. Sends nothing.

A firing in doubt blocks its bulletin until a person has looked at the dashboard's activity log. A firing resolved as
not sent may be sent again by the next run. So that it is not sent twice, the process that held it must have ended.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from runner import clock
from runner.cli.options import ledger_option, yes_option
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
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
) -> None:
    """Decide on firings in doubt: sent or not. Sends nothing.

    Look at the activity log of the CleverTap dashboard, then give --sent or --not-sent, and --note. On a terminal, the
    command asks before it records anything.
    """
    from runner.jobs.ledgers import open_ledger

    note = _checked(note, which=bool(ids or run), sent=sent, not_sent=not_sent)
    with open_ledger(ledger_url) as ledger:
        known = _settled_before(ledger, ids, run) if again else ledger.in_doubt()
        known = [row for row in known if account in (None, row.key.account)]
        known = [row for row in known if occurrence in (None, row.key.occurrence)]
        rows = _chosen(known, ids, run, again=again)
        if not_sent:
            _check_that_none_lingers(rows)
        _confirm(rows, sent=sent, yes=yes)
        _settle(ledger, rows, sent=sent, note=note, again=again)


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


def _settled_before(ledger: Ledger, ids: Sequence[str], run: str | None) -> list[FiringRow]:
    """Return the newest row of each firing of these bulletins, or of the run, if a person has resolved this row."""
    rows = [row for id in ids for row in ledger.rows(bulletin=id)] if ids else ledger.rows(run=run)  # noqa: A001
    newest: dict[object, FiringRow] = {}
    for row in rows:
        newest.setdefault(row.key, row)
    told = {each.firing for each in ledger.resolutions([row.id for row in newest.values()])}
    return [row for row in newest.values() if row.id in told]


def _chosen(known: Sequence[FiringRow], ids: Sequence[str], run: str | None, *, again: bool) -> list[FiringRow]:
    """Return the rows to resolve: one for each ID, or all of the run. Raises UserError if none or several fit an ID."""
    is_so = "was decided by a person" if again else "is in doubt"
    of_run = [row for row in known if run in (None, row.run)]
    if not ids:
        if not of_run:
            raise UserError(
                ErrorCode.NOTHING_TO_RESOLVE,
                f"no firing of run {run} {is_so}",
                help="bulletins status lists what is in doubt.",
            )
        return of_run
    chosen = []
    for bulletin in dict.fromkeys(ids):
        found = [row for row in of_run if row.key.bulletin == bulletin]
        if not found:
            elsewhere = sorted({row.run for row in known if row.key.bulletin == bulletin})
            raise UserError(
                ErrorCode.NOTHING_TO_RESOLVE,
                f"no firing of {bulletin!r}{f' in run {run}' if elsewhere else ''} {is_so}",
                help=f"{bulletin} {is_so} in {_runs(elsewhere)}: give another --run, or none."
                if elsewhere
                else "bulletins status lists what is in doubt, and runs in progress, which still hold their firings.",
            )
        if len(found) > 1:
            places = "; ".join(f"--account {row.key.account} --occurrence {row.key.occurrence}" for row in found)
            are_so = "were decided by a person" if again else "are in doubt"
            message = f"{len(found)} firings of {bulletin} {are_so}"
            raise UserError(
                ErrorCode.SEVERAL_FIRINGS,
                message,
                help=f"Add the options of one of them: {places}",
                exit_code=Exit.USAGE,
            )
        chosen += found
    return chosen


def _check_that_none_lingers(rows: Sequence[FiringRow]) -> None:
    """Raise UserError if the process that held a firing still exists: it may be frozen just before it sends."""
    from runner.jobs.ledgers import lingering

    for row in lingering(rows):
        raise UserError(
            ErrorCode.PROCESS_STILL_EXISTS,
            f"the process that held {row.key.bulletin} still exists (pid {row.pid}) and might still send it",
            help=f"End it (kill -9 {row.pid}), look at the activity log again, then repeat this command.",
        )


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


def _settle(ledger: Ledger, rows: Sequence[FiringRow], *, sent: bool, note: str, again: bool) -> None:
    """Resolve all rows before printing anything: a reader that closes the pipe early must not stop the others."""
    from runner.cli.terminal.error_output import show_error
    from runner.errors import OutputLost
    from runner.jobs.ledgers import identity

    settled: list[FiringRow] = []
    moved: list[FiringRow] = []
    try:
        for row in rows:
            is_settled = ledger.resolve(row, sent=sent, note=note, identity=identity(), again=again)
            (settled if is_settled else moved).append(row)
    finally:
        try:
            _tell(settled, sent=sent)
        except OutputLost:
            if moved:  # else nothing would report these
                show_error(_left_alone(moved, again=again))
            raise
    if moved:
        raise _left_alone(moved, again=again)


def _left_alone(moved: Sequence[FiringRow], *, again: bool) -> UserError:
    has_moved = "was claimed by another run meanwhile" if again else "is no longer in doubt"
    message = f"{', '.join(map(_named, moved))} {has_moved}, and was not changed"
    return UserError(ErrorCode.FIRING_CHANGED, message, help="bulletins status ID shows what happened meanwhile.")


def _tell(settled: Sequence[FiringRow], *, sent: bool) -> None:
    from runner.plan.time_text import utc_text

    is_due, now = False, clock.now()
    for row in settled:
        click.echo(f"resolved: {_named(row)} is recorded as {'sent' if sent else 'not sent'}; nothing was sent now")
        if not sent and row.expires_at is not None and row.expires_at < now:
            click.echo(f"its grace period ended {utc_text(row.expires_at)}: it is not sent again")
        else:
            is_due = not sent
    if is_due:
        click.echo("the next run sends it again, if it is still due")


def _runs(runs: Sequence[str]) -> str:
    more = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    return f"{'run' if len(runs) == 1 else 'runs'} {', '.join(runs[:_SHOWN])}{more}"


def _named(row: FiringRow) -> str:
    return f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence})"
