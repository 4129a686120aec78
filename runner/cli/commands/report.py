"""`report`: show a run's report again, in any format, from the ledger or from the run's report file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.options import format_option, ledger_choice, ledger_option, verbose_option
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError
from runner.report.formats import RUN_FORMATS

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger


@click.command()
@click.argument("run", required=False, shell_complete=completions.runs)
@ledger_option
@click.option("--sandbox", is_flag=True, help="Look in the sandbox's own ledger.")
@format_option(*RUN_FORMATS)
@verbose_option
def report(run: str | None, ledger_url: str | None, sandbox: bool, format_: str, verbose: bool) -> None:
    """Show the report of a run again.

    RUN is its id, or a report file; the default is the newest run that did something. From the ledger, the report is
    the same as in the run's file, and shows in addition what people resolved since.
    """
    from runner.report.formats import run_in

    if run is not None and os.path.isfile(run):
        document = _from_file(Path(run))
    else:
        document = _from_ledger(run, ledger_url, sandbox=sandbox)
    if format_ == "text":
        _show(document, verbose=verbose)
    else:
        click.echo(run_in(format_, document), nl=False)


def _from_file(path: Path) -> dict[str, Any]:
    from runner.report.document.run import read_report

    try:
        return read_report(path.read_bytes())
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ, f"{path} can't be read: {error.strerror}", help="Give a report file, or a run's id."
        ) from None
    except ValueError as error:
        raise UserError(
            ErrorCode.NOT_A_REPORT,
            f"{path} is not a report: {error}",
            help="Reports are in .bulletins/reports.",
            exit_code=Exit.USAGE,
        ) from None


def _from_ledger(run: str | None, ledger_url: str | None, *, sandbox: bool) -> dict[str, Any]:
    from runner.jobs.ledgers import open_ledger

    with open_ledger(ledger_choice(ledger_url, sandbox=sandbox).url) as ledger:
        wanted = ledger.newest_run("fire") if run is None else run.upper()
        if wanted is None:
            raise UserError(
                ErrorCode.NO_RUN, "no run did anything yet", help="bulletins fire makes runs.", exit_code=Exit.USAGE
            )
        return _recorded(ledger, wanted)


def _recorded(ledger: Ledger, run: str) -> dict[str, Any]:
    from runner.report.document.from_ledger import in_doubt_of_other_runs, recorded_document

    found = ledger.run(run)
    if found is None or found.command != "fire":
        what = "there is no run" if found is None else f"no run of fire, only one of {found.command}, is"
        raise UserError(
            ErrorCode.UNKNOWN_RUN,
            f"{what} {run} in {ledger.place}",
            help="bulletins status shows the runs that fired something recently.",
            exit_code=Exit.USAGE,
        )
    if any(live.id == run for live in ledger.live_runs()):
        raise UserError(
            ErrorCode.RUN_IN_PROGRESS,
            f"run {run} is under way",
            help="Ask again when it is over; bulletins status shows it.",
        )
    rows = ledger.rows(run=run, limit=None)
    for key in in_doubt_of_other_runs(found, rows):
        rows += [row for row in ledger.rows(bulletin=key.bulletin, limit=None) if row.key == key]
    resolutions = ledger.resolutions([row.id for row in rows])
    return recorded_document(found, rows, ledger.attempts(run), resolutions, ledger=ledger.id)


def _show(document: Mapping[str, Any], *, verbose: bool) -> None:
    from runner.report.text.run import outcome_lines, summary_lines, unlisted_line
    from runner.report.vocabulary import OUTCOMES

    run = document["run"]
    click.secho(f"run {run['id']}, {run['started_at']} to {run['finished_at']}", bold=True)
    for outcome, line in outcome_lines(document["results"], whole=verbose):
        click.secho(line, fg=OUTCOMES[outcome].colour)
    if more := unlisted_line(dict(document)):
        click.echo(more)
    for line in summary_lines(dict(document)):
        click.echo(line)
