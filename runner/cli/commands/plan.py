"""`plan`: show what a run would do with each firing now, and why. Sends nothing and needs no credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import __version__, git
from runner.cli.options import (
    Moment,
    format_option,
    ledger_option,
    now_option,
    path_argument,
    present,
    sandbox_option,
    selection_options,
    verbose_option,
)
from runner.errors import Exit
from runner.report.formats import PLAN_FORMATS

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing
    from runner.plan.select import Selector

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class _UpTo(Moment):
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
@click.option("--against", metavar="REF", help="Also show what changed since a git ref, and what each change does.")
@now_option
@click.option("--until", type=_UpTo(), metavar="TIME",
              help="Show all that is due until then: a day (to its end in UTC), or a time with offset.")  # fmt: skip
@ledger_option
@sandbox_option
@format_option(*PLAN_FORMATS)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the plan to a file. After a review, send it with: bulletins fire FILE")  # fmt: skip
@verbose_option
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
    detailed_exitcode: bool,
    **selection: Any,
) -> int:
    """Show what would be sent now, what would not, and why."""
    from runner.cli.against import changes_against
    from runner.cli.console import stop_on_problems
    from runner.cli.ledgers import named_ledger, open_sandbox_ledger
    from runner.cli.outputs import check_outputs
    from runner.cli.planning import ledger_if_there, plan_over, select_firings, which_ledger
    from runner.cli.reviewing import write_plan
    from runner.cli.selecting import selectors
    from runner.cli.witnessing import warn_if_older
    from runner.definitions.load import load
    from runner.plan.select import up_to
    from runner.report.document.plan import PlanFacts, plan_document
    from runner.report.formats import plan_in

    definitions = load([path])
    stop_on_problems(definitions, format_=format_, undone="planned: a set with problems is never fired")
    at = now or present()
    if until is not None and until < at:
        raise click.UsageError(
            f"--until {until:%Y-%m-%dT%H:%M:%SZ} is before {at:%Y-%m-%dT%H:%M:%SZ}, where the plan begins"
        )
    chosen = selectors(definitions, path, selection)
    selected, shown_until = _selected(definitions, chosen, at, until, is_calendar=format_ == "html")
    url = which_ledger(ledger_url, sandbox=sandbox)
    check_outputs({"--out": out}, url)
    if sandbox and out:  # a plan file must hold the id of its ledger
        open_sandbox_ledger(at).close()
    with ledger_if_there(url) as ledger:
        planned = plan_over(ledger, definitions, selected, at)
        planned, later = (planned, 0) if until is None else up_to(planned, until)
        changes = None
        if against is not None:
            soon = (
                planned
                if shown_until is None
                else plan_over(ledger, definitions, select_firings(definitions, chosen, at), at)
            )
            changes = changes_against(against, definitions, soon, ledger, path=path, selection=selection)
        if ledger and not sandbox:
            warn_if_older(ledger)
    checkout = git.checkout(path)
    facts = PlanFacts(
        version=__version__,
        path=path.as_posix(),
        accounts=definitions.accounts,
        ledger=ledger.id if ledger else None,
        selection=_given(selection),
        git_commit=checkout.commit if checkout else None,
        git_dirty=checkout.dirty if checkout else None,
        until=shown_until,
        later=later,
    )
    document = plan_document(planned, facts, changes)
    if out is not None:
        where = ["--sandbox"] if sandbox else ["--ledger", ledger_url] if ledger_url and named_ledger() else []
        write_plan(out, document, ["bulletins", "fire", *where])
    if format_ == "text":
        _show(planned, document, verbose=verbose)
    else:
        click.echo(plan_in(format_, document), nl=False)
    return Exit.WOULD_FIRE if detailed_exitcode and planned.to_send else Exit.OK


def _selected(
    definitions: Definitions, chosen: Iterable[Selector], now: datetime, until: datetime | None, *, is_calendar: bool
) -> tuple[list[Firing], datetime | None]:
    """Return the selected firings, and the time up to which they hold all occurrences; a calendar needs them all."""
    from runner.cli.planning import select_firings, select_for_calendar

    if until is not None or not is_calendar:
        return select_firings(definitions, chosen, now, until), until
    from runner.report.html.plan.calendar import MOST_AHEAD

    return select_for_calendar(definitions, chosen, now, MOST_AHEAD)


def _given(selection: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return the selection options that were given, by their names on the command line."""
    names = {name: name.removeprefix("only_") for name in selection}
    return {
        names[name]: [values] if isinstance(values, str) else values for name, values in selection.items() if values
    }


def _show(planned: Plan, document: Mapping[str, Any], *, verbose: bool) -> None:
    from runner.cli.console import show_table
    from runner.plan.decide import Action
    from runner.report.document.plan import until_of
    from runner.report.text.plan import CHANGE_COLOURS, COLOURS, change_rows, changes_line, plan_rows, summary_line

    coming = until_of(document) is not None
    changes = document["changes"]
    if changes is not None:
        show_table((CHANGE_COLOURS[kind] if kind else None, cells) for kind, cells in change_rows(changes))
        click.echo(f"{changes_line(changes)}\n")
    table = plan_rows(planned.steps, document, whole=verbose)
    show_table((COLOURS[action] if action else None, cells) for action, cells in table)
    if not coming and any(step.action is Action.WAIT and step.firing.watch_key for step in planned.steps):
        click.echo("recurring bulletins show only their next time (--until TIME shows all times until then)")
    click.echo(summary_line(document))
