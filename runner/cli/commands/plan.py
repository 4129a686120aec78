"""`plan`: show what a run would do with each firing now, and why. Sends nothing and needs no credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.options import (
    InstantOption,
    cache_option,
    format_option,
    ledger_choice,
    ledger_option,
    now_option,
    path_argument,
    sandbox_option,
    selection_of,
    selection_options,
    strict_option,
    verbose_option,
)
from runner.cli.output_path import OutputPath
from runner.cli.shell_completion import completions
from runner.errors import Exit
from runner.report.formats import PLAN_FORMATS

if TYPE_CHECKING:
    from runner.definitions.problem import Problem
    from runner.plan.decide import Plan

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class _EndOption(InstantOption):
    """The type of --until: an RFC 3339 time with offset, or a date, which means its last second in UTC."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, or the end of the day."""
        from runner.definitions.schedules.times import TimeProblem, instant

        if isinstance(value, datetime):
            return value
        whole = f"{value}T23:59:59Z" if _DAY.match(value) else value
        try:
            return instant(whole)
        except TimeProblem as error:
            found = error.message.replace(whole, value)  # quote what the user wrote
            accepted = "a day, like 2026-12-07 (to its end in UTC), or a time, like 2026-12-07T18:30:00+05:30"
            self.fail(f"{found}. Write {accepted}", param, ctx)


@click.command()
@path_argument
@selection_options
@click.option("--against", metavar="REF", shell_complete=completions.refs,
              help="Also show what changed since a git ref, and what each change does.")  # fmt: skip
@now_option
@click.option("--until", type=_EndOption(), metavar="TIME",
              help="Show all that is due until then: a day (to its end in UTC), or a time with offset.")  # fmt: skip
@ledger_option
@sandbox_option
@format_option(*PLAN_FORMATS)
@click.option("--out", type=OutputPath(dir_okay=False), metavar="FILE",
              help="Write the plan to a file. After a review, send it with: bulletins fire FILE")  # fmt: skip
@verbose_option
@strict_option
@cache_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 6 if something would be sent.")
def plan(
    path: Path,
    against: str | None,
    now: datetime | None,
    until: datetime | None,
    ledger_url: str | None,
    sandbox: bool,
    format_: str,
    out: Path | None,
    verbose: bool,
    strict: bool,
    no_cache: bool,
    detailed_exitcode: bool,
    **selection: Any,
) -> int:
    """Show what would be sent now, what would not, and why."""
    from runner.cli.terminal.console import stop_on_problems
    from runner.cli.terminal.messages import TerminalMessages
    from runner.jobs.loaded_set import load_set
    from runner.jobs.plan_set import PlanRequest, plan_set
    from runner.report.formats import plan_in

    # From the cache, settled firings are only counted.
    loaded = load_set(path, use_cache=not no_cache and not verbose)
    if strict:
        loaded = loaded.strict()
    undone = "planned: a set with problems is never fired"
    if loaded.problems:
        stop_on_problems(loaded.definitions, format_=format_, undone=undone, whole=verbose)
    at = now or clock.now()
    if until is not None and until < at:
        raise click.UsageError(
            f"--until {until:%Y-%m-%dT%H:%M:%SZ} is before {at:%Y-%m-%dT%H:%M:%SZ}, where the plan begins"
        )
    request = PlanRequest(
        path=path,
        selection=selection_of(selection),
        ledger=ledger_choice(ledger_url, sandbox=sandbox),
        now=at,
        until=until,
        is_calendar=format_ == "html",
        against=against,
        out=out,
        strict=strict,
    )
    planned = plan_set(loaded, request, TerminalMessages())
    if strict and planned.warnings:
        found = replace(loaded.definitions, warnings=tuple(planned.warnings)).strict()
        stop_on_problems(found, format_=format_, undone=undone, whole=verbose)
    if format_ == "text":
        _show(planned.plan, planned.document, planned.warnings, verbose=verbose)
    else:
        click.echo(plan_in(format_, planned.document, whole=verbose), nl=False)
    return Exit.WOULD_FIRE if detailed_exitcode and planned.plan.to_send else Exit.OK


def _show(plan: Plan, document: Mapping[str, Any], warnings: Sequence[Problem], *, verbose: bool) -> None:
    from runner.cli.terminal.console import print_problems, show_table
    from runner.plan.decide import Action
    from runner.report.document.plan import until_of
    from runner.report.text.plan import CHANGE_COLOURS, change_rows, changes_line, plan_rows, summary_line
    from runner.report.vocabulary import ACTIONS

    coming = until_of(document) is not None
    changes = document["changes"]
    if changes is not None:
        show_table((CHANGE_COLOURS[kind] if kind else None, cells) for kind, cells in change_rows(changes))
        click.echo(f"{changes_line(changes)}\n")
    table = plan_rows(plan.steps, document, whole=verbose)
    show_table((ACTIONS[action].colour if action else None, cells) for action, cells in table)
    if not coming and any(step.action is Action.WAIT and step.firing.watch_key for step in plan.steps):
        click.echo("recurring bulletins show only their next times (--until TIME shows all times until then)")
    print_problems(warnings, whole=verbose)
    click.echo(summary_line(document))
