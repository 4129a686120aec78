"""`ledger`: create, describe, check, export and import a ledger, and record in it what was sent by other means."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.groups import Group
from runner.cli.options import (
    format_option,
    ledger_option,
    path_argument,
    selection_of,
    selection_options,
    yes_option,
)
from runner.cli.output_path import OutputPath
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.plan.decide import Step

_STREAM = Path("-")
_CONFLICTS_SHOWN = 20


@click.group(cls=Group)
def ledger() -> None:
    """Create, check or move the record of what was sent."""


@ledger.command()
@ledger_option
def init(ledger_url: str | None) -> None:
    """Create a new, empty ledger. Never replaces an existing one."""
    from runner.cli.terminal.messages import TerminalMessages
    from runner.jobs.ledger.ledger_witness import warn_if_older
    from runner.jobs.ledger.opened_ledger import create_ledger, open_ledger

    create_ledger(ledger_url)
    with open_ledger(ledger_url) as made:
        click.echo(f"created the ledger {made.id} at {made.place}")
        warn_if_older(made, TerminalMessages())
    click.echo(
        "keep the ledger where every run finds it, and back it up: no other record shows what was sent", err=True
    )


@ledger.command()
@ledger_option
@format_option("text", "json")
def show(ledger_url: str | None, format_: str) -> None:
    """Describe the ledger: its id, place and content."""
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.report.text.ledger import ledger_entry, ledger_facts

    with open_ledger(ledger_url) as opened:
        description = opened.describe()
        acceptances = opened.recorded(()).acceptances
    if format_ == "json":
        click.echo(json.dumps(ledger_entry(description, acceptances), indent=2))
        return
    for name, value in ledger_facts(description, acceptances):
        click.echo(f"{name:<11} {value}")


@ledger.command()
@ledger_option
@format_option("text", "json")
def check(ledger_url: str | None, format_: str) -> int:
    """Check the ledger for damage; repair nothing.

    The check covers storage, indexes, keys, states, payloads and leases. The exit code is 5 if a rule is broken.
    """
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.report.safe_text import printable

    with open_ledger(ledger_url) as opened:
        findings, counted = opened.check(), opened.describe()
    faults = [finding for finding in findings if finding.is_fault]
    if format_ == "json":
        found = [{"message": finding.message, "is_fault": finding.is_fault} for finding in findings]
        click.echo(json.dumps({"ledger": counted.id, "findings": found}, ensure_ascii=False, indent=2))
        return Exit.REFUSED if faults else Exit.OK
    for finding in findings:
        click.secho(
            ("fault: " if finding.is_fault else "note: ") + printable(finding.message),
            fg="red" if finding.is_fault else None,
        )
    checked = f"firings: {sum(counted.states.values()):,}, runs: {counted.runs:,}"
    if faults:
        raise UserError(
            ErrorCode.LEDGER_DAMAGED,
            f"the ledger {counted.id} at {counted.url} is damaged; its faults are shown above ({checked})",
            help="Fire nothing with it. Restore the whole ledger from a backup, then record what was sent since.",
        )
    click.echo(f"the ledger {counted.id} is sound ({checked})")
    return Exit.OK


@ledger.command()
@click.argument("file", type=OutputPath(dir_okay=False, allow_dash=True), default=_STREAM)
@ledger_option
def export(file: Path, ledger_url: str | None) -> None:
    """Write the whole ledger as JSON lines.

    The lines are written to FILE, or to standard output.
    """
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.ledger.transfer import export_to_file, export_to_stream
    from runner.jobs.output_paths import check_outputs

    if file != _STREAM:
        check_outputs({"FILE": file}, ledger_url)
    with open_ledger(ledger_url) as opened:
        for run in opened.live_runs():
            click.echo(
                f"run {run.id} on {run.host} is in progress: the export lacks what it sends from now on", err=True
            )
        if file == _STREAM:
            export_to_stream(opened, sys.stdout)
        else:
            count = export_to_file(opened, file)
            click.echo(f"exported the ledger {opened.id} to {file}: {count:,} rows")


@ledger.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default=_STREAM)
@ledger_option
def import_(file: Path, ledger_url: str | None) -> None:
    """Import an export into the ledger.

    The export is read from FILE, or from standard input. A missing ledger is created, and takes the id of the exported
    one. A firing that was sent, or may have been sent, never becomes unsent. A second import of the same export changes
    nothing.
    """
    from runner.cli.terminal.messages import TerminalMessages
    from runner.jobs.ledger.ledger_witness import warn_if_older
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.ledger.transfer import import_export

    merged, place = import_export(ledger_url, _lines(file))
    click.echo(
        f"imported into the ledger {merged.ledger} at {place}: firings: {merged.firings:,} ({merged.new:,} new,"
        f" {merged.strengthened:,} known with more certainty than before), runs: {len(merged.runs):,}"
    )
    for key in merged.twice[:_CONFLICTS_SHOWN]:
        place = f"{key.bulletin} in {key.account} ({key.occurrence})"
        click.secho(f"sent, or perhaps sent, according to both ledgers: {place}", fg="red")
    if len(merged.twice) > _CONFLICTS_SHOWN:
        click.secho(f"and {len(merged.twice) - _CONFLICTS_SHOWN:,} more according to both ledgers", fg="red")
    if merged.took_id:
        click.echo(
            "from now on, use this ledger instead of the exported one: never fire with the exported one again", err=True
        )
    with open_ledger(ledger_url) as opened:
        compared = warn_if_older(opened, TerminalMessages())
        if not compared.losses:
            compared.remember_newest()


def _lines(file: Path) -> Iterator[str]:
    place = "standard input" if file == _STREAM else str(file)
    try:
        with click.open_file(str(file), encoding="utf-8") as lines:
            yield from lines
    except UnicodeDecodeError:
        raise UserError(
            ErrorCode.NOT_AN_EXPORT,
            f"{place} is not an export: it is not UTF-8",
            help="Make an export with: bulletins ledger export. Nothing was imported.",
        ) from None
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ,
            f"{place} can't be read: {error.strerror}",
            help="Give an export that can be read. Nothing was imported.",
        ) from None


@ledger.command()
@path_argument
@selection_options
@click.option("--also-later", is_flag=True, help="Also record what is due later, so that it is never sent.")
@click.option("--note", metavar="TEXT", help="How you know that it was sent; recorded in the ledger.")
@yes_option
@ledger_option
def baseline(
    path: Path, also_later: bool, note: str | None, yes: bool, ledger_url: str | None, **selection: Any
) -> None:
    """Record the present set as already sent by other means. Sends nothing.

    Recorded are firings that a run would send now, and firings that expired unsent; of recurring bulletins, only the
    times that are due now. What is due later is sent when its time comes. The default of PATH is bulletins.d.

    If fire refuses the ledger because it is older than what this machine has seen, a baseline of the whole set also
    accepts the ledger.
    """
    from runner.cli.terminal.console import stop_on_problems
    from runner.cli.terminal.messages import TerminalMessages
    from runner.definitions.load import collector_paused
    from runner.jobs.ledger.baseline import BaselineRequest, record_baseline
    from runner.jobs.loaded_set import load_set

    with collector_paused():
        loaded = load_set(path, use_cache=True, keep=False)
        stop_on_problems(loaded.definitions, undone="recorded: a set with problems is never taken")
        request = BaselineRequest(path, selection_of(selection), ledger_url, also_later, note)
        done = record_baseline(loaded, request, TerminalMessages(), None if yes else _confirm)
    click.echo(f"{done.recorded:,} recorded as already sent by other means; nothing was sent now")
    if done.later:
        click.echo(f"not recorded: {done.later:,} due later (--also-later records them too)")
    if done.recurring:
        click.echo(f"not recorded: {done.recurring:,} recurring, which are sent from their next time on")


def _confirm(steps: Sequence[Step], place: str) -> None:
    """Ask on a terminal. Raises UserError without a yes."""
    from runner.cli.terminal.console import show_table
    from runner.cli.terminal.prompts import require_yes
    from runner.report.text.plan import rows
    from runner.report.vocabulary import ACTIONS

    show_table((ACTIONS[action].colour if action else None, cells) for action, cells in rows(steps, whole=False))
    if not sys.stdin.isatty():
        message = "there is no terminal to ask on, and nothing was recorded"
        raise UserError(ErrorCode.NO_TERMINAL, message, help="Add --yes to record it without asking.")
    question = f"Record these {len(steps):,} as sent in {place}? None of them will be sent."
    require_yes(question, undone="recorded")
