"""`fire`: send what is due, each firing at most once, and report it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from runner.cli.grouped_help import GroupedCommand
from runner.cli.options import (
    SELECTION_OPTIONS,
    InstantOption,
    cache_option,
    format_option,
    ledger_choice,
    ledger_option,
    path_argument,
    sandbox_option,
    selection_of,
    selection_options,
    strict_option,
    verbose_option,
    yes_option,
)
from runner.cli.output_path import OutputPath
from runner.report.formats import RUN_FORMATS

_GROUPS = {
    "Which bulletins": SELECTION_OPTIONS,
    "Before anything is sent": (
        *("--dry-run", "--sandbox", "--yes", "--max", "--canary", "--require-committed", "--strict", "--allow-host"),
        *("--accept-older-ledger", "--note", "--now"),
    ),
    "What is written": ("--ledger", "--report", "--report-all", "--metrics-file", "--no-cache"),
    "What is shown": ("--format", "--quiet", "--verbose"),
}
_EXAMPLES = {
    "--dry-run": "Show what would be sent now.",
    "--sandbox": "Try it with a simulated CleverTap.",
    "--id 'sa-re-ga-ma-*' --max 10": "Send some bulletins, and at most ten.",
    "--yes --require-committed --quiet": "From cron: ask nothing, send only what is committed.",
}


@click.command(cls=GroupedCommand, groups=_GROUPS, examples=_EXAMPLES)
@path_argument
@selection_options
@click.option("--dry-run", is_flag=True, help="Plan and report, but send nothing; needs no credentials and no ledger.")
@sandbox_option
@yes_option
@click.option("--max", "maximum", type=click.IntRange(0), default=500, show_default=True, metavar="N",
              help="Refuse to send anything if more than N would be sent.")  # fmt: skip
@click.option(
    "--canary", is_flag=True, help="Send one firing of each account first, and the others only if it was fired."
)
@click.option("--require-committed", is_flag=True, help="Refuse definitions that differ from git HEAD.")
@click.option("--allow-host", "allowed_hosts", multiple=True, metavar="HOST",
              help="A host besides CleverTap's to which credentials may be sent.")  # fmt: skip
@ledger_option
@click.option("--report", type=OutputPath(dir_okay=False), metavar="FILE",
              help="Where the report goes.  [default: in .bulletins/reports]")  # fmt: skip
@click.option("--report-all", is_flag=True, help="Also list the firings in the report that it otherwise only counts.")
@click.option("--metrics-file", type=OutputPath(dir_okay=False), metavar="FILE",
              help="Write the run's figures for Prometheus, also if the run is refused.")  # fmt: skip
@click.option("--accept-older-ledger", multiple=True, metavar="RUN",
              help="Accept that the ledger lacks this run: what the run sent may be sent again.")  # fmt: skip
@click.option("--note", metavar="TEXT", help="Why the older ledger is accepted; recorded in the ledger.")
@click.option("--now", type=InstantOption(), metavar="TIME",
              help="With --dry-run: plan as if it were this time, like 2026-12-01T18:30:00+05:30.")  # fmt: skip
@format_option(*RUN_FORMATS)
@click.option("--quiet", "-q", is_flag=True, help="Show only what failed, expired or is in doubt, and the summary.")
@verbose_option
@strict_option
@cache_option
def fire(
    path: Path,
    dry_run: bool,
    sandbox: bool,
    yes: bool,
    maximum: int,
    canary: bool,
    require_committed: bool,
    allowed_hosts: tuple[str, ...],
    ledger_url: str | None,
    report: Path | None,
    report_all: bool,
    metrics_file: Path | None,
    accept_older_ledger: tuple[str, ...],
    note: str | None,
    now: datetime | None,
    format_: str,
    quiet: bool,
    verbose: bool,
    strict: bool,
    no_cache: bool,
    **selection: Any,
) -> int:
    """Send what is due, each at most once, and report it.

    PATH is a set, by default bulletins.d, or a plan file written by bulletins plan --out. A plan file is sent exactly
    as it was reviewed, or not at all.
    """
    from runner.cli.terminal.fire_display import TerminalFireDisplay
    from runner.jobs.firing import fire as job
    from runner.jobs.firing.request import FireRequest

    request = FireRequest(
        path=path,
        selection=selection_of(selection),
        ledger=ledger_choice(ledger_url, sandbox=sandbox),
        now=now,
        dry_run=dry_run,
        may_ask=not yes,
        maximum=maximum,
        canary=canary,
        require_committed=require_committed,
        allowed_hosts=allowed_hosts,
        accepted_losses=accept_older_ledger,
        note=note,
        report=report,
        report_all=report_all,
        metrics_file=metrics_file,
        format=format_,
        quiet=quiet,
        strict=strict,
        use_cache=not no_cache,
    )
    display = TerminalFireDisplay(format_=format_, quiet=quiet, verbose=verbose, metrics=metrics_file is not None)
    return job.fire(request, display)
