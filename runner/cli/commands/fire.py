"""`fire`: plan, check the guards, ask, send and report.

In: a set, or a reviewed plan file. Out: requests to the API, outcomes in the ledger, a report and an exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import git, interrupts, local
from runner.cli.metering import Meter, metered
from runner.cli.options import (
    Moment,
    format_option,
    ledger_option,
    path_argument,
    present,
    sandbox_option,
    selection_options,
    verbose_option,
    yes_option,
)
from runner.cli.outputs import check_outputs
from runner.cli.reporting import Reporter
from runner.errors import ErrorCode, Exit, UserError
from runner.report.formats import RUN_FORMATS

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.fire.result import Ended
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.reviewed import ReviewedPlan
    from runner.plan.select import Selector


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one call."""

    path: Path
    ledger_url: str | None
    dry_run: bool
    sandbox: bool
    yes: bool
    maximum: int
    canary: bool
    require_committed: bool
    allowed_hosts: tuple[str, ...]
    report: Path | None
    metrics_file: Path | None
    accept_older_ledger: tuple[str, ...]
    note: str | None
    now: datetime | None
    format: str
    quiet: bool
    verbose: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What one call may send: a set, narrowed by selection options or by a reviewed plan."""

    path: Path
    definitions: Definitions
    chosen: Sequence[Selector] = ()
    reviewed: ReviewedPlan | None = None

    def plan(self, ledger: Ledger | None, now: datetime) -> Plan:
        """Plan the selected firings at `now`. Raises UserError if the ledger can't be read."""
        from runner.cli.planning import plan_over, select_firings
        from runner.plan.reviewed import firings_for, only_reviewed

        if self.reviewed is None:
            return plan_over(ledger, self.definitions, select_firings(self.definitions, self.chosen, now), now)
        about = list(firings_for(self.reviewed, self.definitions, now))
        return only_reviewed(self.reviewed, plan_over(ledger, self.definitions, about, now))

    def covers(self, file: str) -> bool:
        """Report whether all bulletins of this definition file are selected."""
        is_whole = not self.chosen and self.reviewed is None
        return is_whole and not os.path.relpath(file, self.path).startswith(os.pardir)

    def check_unmoved(self, plan: Plan, ledger_id: str | None) -> None:
        """Raise UserError if `plan` differs from the reviewed plan. Without one, do nothing."""
        if self.reviewed is not None:
            from runner.cli.reviewing import check_unmoved

            check_unmoved(self.reviewed, plan, self.definitions, ledger_id)


@click.command()
@path_argument
@selection_options
@click.option("--dry-run", is_flag=True, help="Plan and report, but send nothing; needs no credentials and no ledger.")
@sandbox_option
@yes_option
@click.option("--max", "maximum", type=click.IntRange(0), default=500, show_default=True, metavar="N",
              help="Refuse to send anything if more than N would be sent.")  # fmt: skip
@click.option("--canary", is_flag=True, help="Send one firing of each account first; go on there only if it was fired.")
@click.option("--require-committed", is_flag=True, help="Refuse definitions that differ from git HEAD.")
@click.option("--allow-host", "allowed_hosts", multiple=True, metavar="HOST",
              help="A host besides CleverTap's to which credentials may be sent.")  # fmt: skip
@ledger_option
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where the report goes.  [default: .bulletins/reports/<run>.json]")  # fmt: skip
@click.option("--metrics-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the run's figures for Prometheus, also if the run is refused.")  # fmt: skip
@click.option("--accept-older-ledger", multiple=True, metavar="RUN",
              help="Accept that the ledger lacks this run: what the run sent may be sent again.")  # fmt: skip
@click.option("--note", metavar="TEXT", help="Why the older ledger is accepted; recorded in the ledger.")
@click.option("--now", type=Moment(), metavar="TIME",
              help="With --dry-run: plan as if it were this time, like 2026-12-01T18:30:00+05:30.")  # fmt: skip
@format_option(*RUN_FORMATS)
@click.option("--quiet", "-q", is_flag=True, help="Show only what failed, expired or is in doubt, and the summary.")
@verbose_option
def fire(**options: Any) -> int:
    """Send what is due, each at most once, and report it.

    PATH is a set, by default bulletins.d, or a plan file written by bulletins plan --out. A plan file is sent exactly
    as it was reviewed, or not at all.
    """
    names = [name for name in options if name.startswith(("only_", "exclude_")) or name == "changed_since"]
    selection = {name: options.pop(name) for name in names}
    called = Options(format=options.pop("format_"), **options)
    is_real = not (called.dry_run or called.sandbox)
    if called.metrics_file and not is_real:
        click.echo(f"{called.metrics_file} was not changed: metrics count only runs that send to people", err=True)
    ledger = str(local.SANDBOX_LEDGER) if called.sandbox else called.ledger_url
    check_outputs({"--metrics-file": called.metrics_file}, ledger)
    with metered(called.metrics_file if is_real else None) as meter:
        check_outputs({"--report": called.report or local.REPORTS / "report.json"}, ledger)
        if called.now and not called.dry_run:
            raise click.UsageError("--now works only with --dry-run: real bulletins are sent at the present time")
        _check_acceptance(called)
        work = _work(called, selection)
        meter.exit_code = _dry_run(called, work, meter) if called.dry_run else _fire(called, work, meter)
    return meter.exit_code


def _check_acceptance(options: Options) -> None:
    """Raise click.UsageError unless --accept-older-ledger and --note are given together, for a run that sends."""
    if bool(options.accept_older_ledger) is not (options.note is not None):
        raise click.UsageError("--accept-older-ledger RUN and --note TEXT go together: say why the ledger is accepted")
    if options.note is not None and not options.note.strip():
        raise click.UsageError("--note is blank: write why the older ledger is accepted")
    if options.accept_older_ledger and (options.dry_run or options.sandbox):
        raise click.UsageError(
            "--accept-older-ledger is for runs that send to people: leave out --dry-run or --sandbox"
        )


def _work(options: Options, selection: dict[str, Any]) -> Work:
    from runner.cli.console import stop_on_problems
    from runner.cli.planning import select_firings
    from runner.cli.reviewing import is_plan_file, read_plan
    from runner.cli.selecting import selectors
    from runner.definitions.load import load

    reviewed = None
    path = options.path
    if is_plan_file(path):
        if any(selection.values()) or options.now:
            raise click.UsageError(
                f"the plan file {path} already fixes what is sent: leave out --now and selection options such as --id"
            )
        reviewed = read_plan(path)
        path = Path(reviewed.path)
        if not os.path.exists(path):
            raise UserError(
                ErrorCode.PLAN_PATH_MISSING,
                f"{options.path} is a plan of {path}, which does not exist here",
                help="Run the command in the folder in which the plan was made.",
            )
    if options.require_committed:
        git.require_committed([path])
    definitions = load([path])
    stop_on_problems(definitions, format_=options.format)
    chosen = [] if reviewed else selectors(definitions, path, selection)
    if chosen:
        select_firings(definitions, chosen, options.now or present())  # raises UserError early if nothing is selected
    return Work(path, definitions, chosen, reviewed)


def _dry_run(options: Options, work: Work, meter: Meter) -> int:
    from runner.cli.planning import ledger_if_there, which_ledger
    from runner.cli.witnessing import warn_if_older
    from runner.fire.result import Ended, rehearsed
    from runner.ledger.ulid import new_ulid

    started_at = present()
    with ledger_if_there(which_ledger(options.ledger_url, sandbox=options.sandbox)) as ledger:
        plan = work.plan(ledger, options.now or started_at)
        if ledger and not options.sandbox:
            warn_if_older(ledger)
    ledger_id = ledger.id if ledger else None
    reporter = _reporter(options, work, started_at, meter)
    try:
        work.check_unmoved(plan, ledger_id)
        _show_plan(plan, options)
    except UserError as refusal:
        reporter.publish(new_ulid(), _refused(plan, refusal), ledger=ledger_id, shown=options.format != "text")
        raise
    ended = Ended(tuple(rehearsed(step, plan.now) for step in plan.steps))
    return reporter.publish(new_ulid(), ended, ledger=ledger_id).exit_code


def _fire(options: Options, work: Work, meter: Meter) -> int:
    from runner.cli.early_imports import import_for_sending
    from runner.cli.error_output import show_error
    from runner.cli.ledgers import open_ledger, open_sandbox_ledger
    from runner.cli.planning import which_ledger
    from runner.cli.sending import after_sending, guarded, send
    from runner.cli.witnessing import compare, warn_of_repetition
    from runner.ledger.ulid import new_ulid

    started_at = present()
    reporter = _reporter(options, work, started_at, meter)
    url = which_ledger(options.ledger_url, sandbox=options.sandbox)
    import_for_sending(options.format, metrics=options.metrics_file is not None)
    code: int | None = None
    try:
        with ExitStack() as stack:
            ledger = stack.enter_context(open_sandbox_ledger(started_at) if options.sandbox else open_ledger(url))
            stack.callback(meter.look_at, ledger, work.definitions)
            reporter.check()
            now = present()  # after opening the ledger, which may have ended the leases of a crashed run
            compared = None if options.sandbox else compare(ledger)
            plan = work.plan(ledger, now)
            try:
                if compared is not None:
                    compared.check(plan, options.accept_older_ledger)
                work.check_unmoved(plan, ledger.id)
                accounts, credentials = guarded(options, work, plan, ledger, stack)
                if compared is not None and compared.losses:
                    warn_of_repetition(compared, plan)
                interrupts.check()
                if _confirm(options, plan):
                    plan = _as_confirmed(work, plan, ledger)
                if compared is not None and compared.losses:
                    compared.accept(options.note or "")
            except UserError as refusal:
                reporter.publish(new_ulid(), _refused(plan, refusal), ledger=ledger.id, shown=options.format != "text")
                raise
            code = send(options, plan, accounts, credentials, ledger, reporter, compared, work.covers)
    except Exception as error:
        if code is None:
            raise
        show_error(after_sending(error))
        code = code or Exit.FAILED
    return code


def _reporter(options: Options, work: Work, started_at: datetime, meter: Meter) -> Reporter:
    return Reporter(work.path, options.report, options.format, options.quiet, options.dry_run, started_at, meter.take)


def _as_confirmed(work: Work, confirmed: Plan, ledger: Ledger) -> Plan:
    """Plan again after the question, which may have been open for hours, and keep only firings that were shown.

    Raises UserError if a shown firing can no longer be sent.
    """
    plan = work.plan(ledger, present())
    work.check_unmoved(plan, ledger.id)
    shown = {step.firing.key for step in confirmed.to_send}
    gone = sorted(key.bulletin for key in shown - {step.firing.key for step in plan.to_send})
    if gone:
        some = ", ".join(gone[:3]) + (f" and {len(gone) - 3:,} more" if len(gone) > 3 else "")
        raise UserError(
            ErrorCode.SHOWN_PLAN_OUTDATED,
            f"{some} can no longer be sent as shown: meanwhile another run sent it, or it was blocked or came too late",
            help="Nothing was sent by this run. Run the command again to see the new plan.",
        )
    steps = (step for step in plan.steps if step.firing.key in shown or not step.action.sends)
    in_reserve = shown | {step.firing.key for step in confirmed.in_reserve}
    shown_steps = (step if step.firing.key in in_reserve else replace(step, in_reserve=None) for step in steps)
    return replace(plan, steps=tuple(shown_steps))


def _confirm(options: Options, plan: Plan) -> bool:
    """Ask on a terminal; return whether a question was needed. Raises UserError without a yes."""
    from runner.cli.console import insist_on_yes

    if options.yes or not plan.to_send:
        return False
    _show_plan(plan, options)
    counts: dict[str, int] = {}
    for step in plan.to_send:
        counts[step.firing.key.account] = counts.get(step.firing.key.account, 0) + 1
    accounts = ", ".join(f"{count:,} in {account}" for account, count in counts.items())
    if not sys.stdin.isatty():
        raise UserError(
            ErrorCode.NO_TERMINAL,
            "there is no terminal to ask on, and nothing was sent",
            help="Add --yes to send without asking.",
        )
    where = "the sandbox?" if options.sandbox else "real people? This can't be undone."
    insist_on_yes(f"Send {len(plan.to_send):,} ({accounts}) to {where}", undone="sent")
    return True


def _refused(plan: Plan, refusal: UserError) -> Ended:
    from runner.fire.outcome import Outcome
    from runner.fire.reasons import run_refused
    from runner.fire.result import Ended, Result

    reason = run_refused(refusal.message)
    results = tuple(
        Result(step, Outcome.SKIPPED, reason) if step.action.sends else Result(step, reason=step.reason)
        for step in plan.steps
    )
    signals = [number for number in interrupts.SIGNALS if refusal.exit_code == interrupts.exit_code_of(number)]
    return Ended(results, signal=signals[0] if signals else None, fault=refusal.message)


def _show_plan(plan: Plan, options: Options) -> None:
    from runner.cli.console import show_table
    from runner.report.text.plan import COLOURS, rows

    table = rows(plan.steps, whole=options.verbose, now=plan.now)
    to_stderr = options.format != "text"
    show_table(((COLOURS[action] if action else None, cells) for action, cells in table), to_stderr=to_stderr)
