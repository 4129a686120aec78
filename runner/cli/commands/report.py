"""`report`: show a run's report again, in any format, from the ledger or from the run's report file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from runner.cli.options import format_option, ledger_choice, ledger_option, verbose_option
from runner.cli.shell_completion import completions
from runner.report.formats import RUN_FORMATS


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
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.recorded_report import report_in_file, report_in_ledger
    from runner.report.formats import run_in

    if run is not None and os.path.isfile(run):
        document = report_in_file(Path(run))
    else:
        with open_ledger(ledger_choice(ledger_url, sandbox=sandbox).url) as ledger:
            document = report_in_ledger(ledger, run)
    if format_ == "text":
        _show(document, verbose=verbose)
    else:
        click.echo(run_in(format_, document, whole=verbose), nl=False)


def _show(document: Mapping[str, Any], *, verbose: bool) -> None:
    from runner.report.text.run import outcome_lines, summary_lines
    from runner.report.vocabulary import OUTCOMES

    run = document["run"]
    click.secho(f"run {run['id']}, {run['started_at']} to {run['finished_at']}", bold=True)
    for outcome, line in outcome_lines(document, whole=verbose):
        click.secho(line, fg=OUTCOMES[outcome].colour)
    for line in summary_lines(document):
        click.echo(line)
