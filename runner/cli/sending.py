"""The part of `fire` that sends: guards before the run, the run, and its report.

In: a plan, the options and an open ledger. Out: the exit code; the report is published and the ledger holds the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from runner import __version__, git, interrupts
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.cli.commands.fire import Options, Work
    from runner.cli.reporting import Published, Reporter
    from runner.cli.witnessing import Comparison
    from runner.definitions.model import Account, Definitions
    from runner.fire.api.credentials import Credentials
    from runner.fire.result import Ended
    from runner.fire.run import Run
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan

SANDBOX_LATENCY_S = 0.05


def guarded(
    options: Options, work: Work, plan: Plan, ledger: Ledger, stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    """Check every guard before sending; return the needed accounts and their credentials. Raises UserError."""
    from runner.fire.api.credentials import check_hosts, load_credentials, read_credentials
    from runner.fire.guard import accounts_needed, check_identities, check_ledger_pins, check_maximum

    try:
        check_maximum(plan, options.maximum, is_reviewed=work.reviewed is not None)
    except UserError:
        _note_as_seen(plan, ledger)
        raise
    needed = accounts_needed(plan, work.definitions.accounts)
    if options.sandbox:
        return _sandboxed(work.definitions, needed, stack)
    check_ledger_pins(needed, ledger.id, ledger.place)
    check_hosts(needed, options.allowed_hosts)
    readings = read_credentials(work.definitions.accounts.values() if needed else (), os.environ)
    credentials = load_credentials(readings, needed, os.environ)
    check_identities(readings)
    return {account.name: account for account in needed}, credentials


def _note_as_seen(plan: Plan, ledger: Ledger) -> None:
    """Record that a run saw the due occurrences in time, although it was refused: `catch_up: none` counts that."""
    from runner.plan.missed import watches_of

    untold = {step.firing.watch_key for step in plan.newly_expired}
    with suppress(UserError):  # the refusal is what matters
        ledger.watch(watches_of(plan, {key: until for key, until in plan.settled.items() if key not in untold}))


def _sandboxed(
    definitions: Definitions, needed: list[Account], stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    from runner.fire.api.credentials import Credentials
    from runner.sandbox.server import Sandbox

    events = {event.name: event.required for event in definitions.events.values()}
    sandbox = stack.enter_context(Sandbox(latency_s=SANDBOX_LATENCY_S, events=events or None))
    accounts = {account.name: replace(account, base_url=sandbox.base_url) for account in needed}
    return accounts, {name: Credentials(f"sandbox-{name}", "sandbox") for name in accounts}


def send(
    options: Options,
    plan: Plan,
    accounts: dict[str, Account],
    credentials: dict[str, Credentials],
    ledger: Ledger,
    reporter: Reporter,
    compared: Comparison | None,
    covers: Callable[[str], bool],
) -> int:
    """Run the plan, with progress on standard error, publish its report and return the exit code.

    `compared` keeps this machine's witness of the ledger up to date; None keeps no witness. `covers` reports whether
    the plan holds every bulletin of a file. After the first request, errors are printed, never raised: a raised error
    would end with exit code 5, which means that nothing was sent.
    """
    from runner.cli.error_output import show_error
    from runner.cli.ledgers import identity
    from runner.cli.progress import progress
    from runner.fire.run import Run, Settings
    from runner.fire.signals import interrupting
    from runner.ledger.values import Origin

    checkout = git.checkout(reporter.definitions)
    origin = Origin("fire", __version__, checkout.commit if checkout else None, checkout.dirty if checkout else None)
    code: int = Exit.IN_DOUBT  # if the run breaks off without a result
    run: Run | None = None
    try:
        with ExitStack() as stack:
            shown = stack.enter_context(progress(len(plan.to_send), quiet=options.quiet, verbose=options.verbose))
            settings = Settings(canary=options.canary)
            interrupts.check()
            # Before the run's own row: if SQLite's log is lost, so is the row, and the witness notices the loss.
            _checkpoint(ledger)
            interrupts.defer()
            run = Run(ledger, origin, identity(), settings=settings, on_result=shown.result, on_message=shown.message)
            if compared is not None:
                stack.enter_context(compared.writer(run.id))
            with interrupting(run):
                ended = run.fire(plan, accounts, credentials, covers=covers)
                code = ended.exit_code or Exit.FAILED
                stack.close()  # removes the bar before the summary is printed
                ended = _recorded(run, ended)
                with run.kept_alive():
                    published = reporter.publish(run.id, ended, ledger=ledger.id)
                return _finished(run, ended, published, ledger)
    except Exception as error:
        if run is None or not run.has_sent:
            raise
        show_error(after_sending(error))
        return code


def after_sending(error: Exception) -> UserError:
    """Return the error to show if one occurs after a request was sent; the exit code remains that of the run."""
    from runner.fire.fault_scope import fault_text

    found = fault_text(error)
    return UserError(
        ErrorCode.FAILED_AFTER_SENDING,
        f"the run sent requests and then failed: {found}",
        help="bulletins report shows what was recorded.",
    )


def _recorded(run: Run, ended: Ended) -> Ended:
    """Record the outcome of the run, and print the error that cut it short."""
    try:
        run.record_outcome(ended.exit_code)
    except UserError as error:
        ended = replace(ended, fault=ended.fault or error.message)
    if ended.fault:
        click.secho(f"error: the run was cut short: {ended.fault}", fg="red", err=True)
    if ended.unshown:
        click.echo(f"the progress of the run could not be shown: {ended.unshown}", err=True)
    return ended


def _finished(run: Run, ended: Ended, published: Published, ledger: Ledger) -> int:
    """Record the end of the run and what its report has shown; return the exit code."""
    try:
        run.finish(published.exit_code, ended.results if published.is_written else ())
    except UserError as error:
        message = f"error: the end of the run could not be recorded: {error.message}"
        click.secho(f"{message}; the next run may report the same again", fg="red", err=True)
        return published.exit_code or Exit.FAILED
    _checkpoint(ledger)
    return published.exit_code


def _checkpoint(ledger: Ledger) -> None:
    with suppress(UserError):  # nothing is lost: SQLite's log holds everything, and the next run tries again
        ledger.checkpoint()
