"""`fire`: plan, guard, send, report."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import __version__, git
from runner.cli.options import (
    criteria,
    format_option,
    ledger_option,
    now_option,
    path_argument,
    present,
    sandbox_option,
    selection_options,
    verbose_option,
    yes_option,
)
from runner.cli.reporting import Reporter
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Account, Definitions
    from runner.fire.credentials import Credentials
    from runner.fire.result import Ended
    from runner.fire.run import Run
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing

SANDBOX_LATENCY_S = 0.05


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one call, as values."""

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
    now: datetime | None
    format: str
    quiet: bool
    verbose: bool

    def reporter(self, started_at: datetime) -> Reporter:
        """What publishes the report of a run that started then."""
        return Reporter(self.path, self.report, self.format, self.dry_run, started_at)


@click.command()
@path_argument
@selection_options
@click.option("--dry-run", is_flag=True, help="Plan and report, send nothing; needs no credentials and no ledger.")
@sandbox_option
@yes_option
@click.option("--max", "maximum", type=click.IntRange(0), default=500, show_default=True, metavar="N",
              help="Refuse a run that would send more.")  # fmt: skip
@click.option("--canary", is_flag=True, help="Send the first firing of each account alone; go on if it was fired.")
@click.option("--require-committed", is_flag=True, help="Refuse definitions that differ from git HEAD.")
@click.option("--allow-host", "allowed_hosts", multiple=True, metavar="HOST",
              help="A host beside CleverTap's that credentials may go to.")  # fmt: skip
@ledger_option
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where the report goes.  [default: .bulletins/reports/<run>.json]")  # fmt: skip
@now_option
@format_option("text", "json")
@click.option("--quiet", "-q", is_flag=True, help="Show only what failed, expired or is in doubt, and the summary.")
@verbose_option
def fire(**options: Any) -> int:
    """Send what is due, each at most once, and report it."""
    selection = {name: options.pop(name) for name in list(options) if name.startswith(("only_", "exclude_"))}
    called = Options(format=options.pop("format_"), **options)
    if called.now and not called.dry_run:
        raise click.UsageError("--now goes with --dry-run: what is sent is sent now")
    from runner.cli.console import stop_on_problems
    from runner.definitions.load import load
    from runner.plan.firing import firings
    from runner.plan.select import select

    if called.require_committed:
        git.require_committed([called.path])
    definitions = load([called.path])
    stop_on_problems(definitions)
    selected = select(firings(definitions), criteria(selection))
    return _dry_run(called, definitions, selected) if called.dry_run else _fire(called, definitions, selected)


def _dry_run(options: Options, definitions: Definitions, selected: list[Firing]) -> int:
    from runner.cli.plan import which_ledger
    from runner.cli.planning import plan_over_any
    from runner.fire.outcome import Outcome
    from runner.fire.result import Ended, Result
    from runner.ledger.ulid import new_ulid

    started_at = present()
    url = which_ledger(options.ledger_url, sandbox=options.sandbox)
    plan, ledger_id = plan_over_any(url, definitions, selected, options.now or started_at)
    results = tuple(Result(step, Outcome.WOULD_FIRE if step.action.sends else None, step.reason) for step in plan.steps)
    _show_plan(plan, options)
    return options.reporter(started_at).publish(new_ulid(), Ended(results), ledger=ledger_id)


def _fire(options: Options, definitions: Definitions, selected: list[Firing]) -> int:
    from runner.cli.ledgers import open_ledger, open_sandbox_ledger
    from runner.cli.plan import which_ledger
    from runner.cli.planning import plan_over
    from runner.ledger.ulid import new_ulid

    started_at = present()
    reporter = options.reporter(started_at)
    url = which_ledger(options.ledger_url, sandbox=options.sandbox)
    with ExitStack() as stack:
        ledger = stack.enter_context(open_sandbox_ledger(started_at) if options.sandbox else open_ledger(url))
        reporter.check()
        now = present()  # not before the ledger was opened: that may have ended the lease of a run that is gone
        plan = plan_over(ledger, definitions, selected, now)
        try:
            accounts, credentials = _guarded(options, definitions, plan, ledger, stack)
            _confirm(options, plan)
        except UserError as refusal:
            reporter.publish(new_ulid(), _refused(plan, refusal), ledger=ledger.id, shown=options.format != "text")
            raise
        return _send(options, plan, accounts, credentials, ledger, reporter)


def _guarded(
    options: Options, definitions: Definitions, plan: Plan, ledger: Ledger, stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    """The accounts and their credentials, once all that must hold before sending holds."""
    from runner.fire.credentials import check_hosts, load_credentials
    from runner.fire.guard import accounts_needed, check_ledger_pins, check_maximum

    check_maximum(plan, options.maximum)
    needed = accounts_needed(plan, definitions.accounts)
    if options.sandbox:
        return _sandboxed(definitions, needed, stack)
    check_ledger_pins(needed, ledger.id, ledger.place)
    check_hosts(needed, options.allowed_hosts)
    return {account.name: account for account in needed}, load_credentials(needed, os.environ)


def _sandboxed(
    definitions: Definitions, needed: list[Account], stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    from runner.fire.credentials import Credentials
    from runner.sandbox.server import Sandbox

    events = {event.name: event.required for event in definitions.events.values()}
    sandbox = stack.enter_context(Sandbox(latency_s=SANDBOX_LATENCY_S, events=events or None))
    accounts = {account.name: replace(account, base_url=sandbox.base_url) for account in needed}
    return accounts, {name: Credentials(f"sandbox-{name}", "sandbox") for name in accounts}


def _confirm(options: Options, plan: Plan) -> None:
    """Asks on a terminal. Raises UserError where nobody said yes."""
    from runner.cli.console import insist_on_yes

    if options.yes or not plan.to_send:
        return
    _show_plan(plan, options)
    counts: dict[str, int] = {}
    for step in plan.to_send:
        counts[step.firing.key.account] = counts.get(step.firing.key.account, 0) + 1
    accounts = ", ".join(f"{count:,} in {account}" for account, count in counts.items())
    if not sys.stdin.isatty():
        raise UserError("nobody can be asked here, and nothing was sent", help="Add --yes to send without asking.")
    where = "the sandbox" if options.sandbox else "real people; it can't be taken back"
    insist_on_yes(f"Send {len(plan.to_send):,} ({accounts}) to {where}?", undone="sent")


def _refused(plan: Plan, refusal: UserError) -> Ended:
    from runner.fire.outcome import Outcome
    from runner.fire.result import Ended, Result

    results = tuple(
        Result(step, Outcome.SKIPPED, refusal.message) if step.action.sends else Result(step, reason=step.reason)
        for step in plan.steps
    )
    interrupted = signal.SIGINT if refusal.exit_code is Exit.INTERRUPTED else None
    return Ended(results, signal=interrupted, fault=refusal.message)


def _send(
    options: Options,
    plan: Plan,
    accounts: dict[str, Account],
    credentials: dict[str, Credentials],
    ledger: Ledger,
    reporter: Reporter,
) -> int:
    from runner.cli.ledgers import identity
    from runner.cli.progress import progress
    from runner.fire.run import Run, Settings
    from runner.fire.signals import interrupting
    from runner.ledger.values import Origin

    checkout = git.checkout(options.path)
    origin = Origin("fire", __version__, checkout.commit if checkout else None, checkout.dirty if checkout else None)
    with ExitStack() as stack:
        shown = stack.enter_context(progress(len(plan.to_send), quiet=options.quiet, verbose=options.verbose))
        settings = Settings(canary=options.canary)
        run = Run(ledger, origin, identity(), settings=settings, on_result=shown.result, on_message=shown.message)
        with interrupting(run):
            ended = run.fire(plan, accounts, credentials)
            stack.close()  # the bar goes before the summary comes
            return reporter.publish(run.id, _finished(run, ended), ledger=ledger.id)


def _finished(run: Run, ended: Ended) -> Ended:
    """Records the end of the run, and tells what cut it short."""
    try:
        run.finish(ended.exit_code)
    except UserError as error:
        ended = replace(ended, fault=ended.fault or error.message)
    if ended.fault:
        click.secho(f"error: the run was cut short: {ended.fault}", fg="red", err=True)
    if ended.crash:
        click.echo(ended.crash, err=True)
    return ended


def _show_plan(plan: Plan, options: Options) -> None:
    from runner.cli.console import show_table
    from runner.report.plan import COLOURS, rows

    table = rows(plan.steps, whole=options.verbose)
    to_stderr = options.format != "text"
    show_table(((COLOURS[action] if action else None, cells) for action, cells in table), to_stderr=to_stderr)
