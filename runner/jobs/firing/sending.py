"""Send a plan: run it, record how it ended, publish its report, and record the end.

In: a plan with accounts and credentials, and an open ledger. Out: the exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runner import __version__, git, interrupts
from runner.errors import Exit, UserError
from runner.jobs.firing.display import FireDisplay
from runner.jobs.firing.publishing import IDLE_REPORT, Published, ReportPublisher

if TYPE_CHECKING:
    from runner.definitions.model import Account
    from runner.fire.api.credentials import Credentials
    from runner.fire.result import RunResult
    from runner.fire.run import Run
    from runner.jobs.ledger.ledger_witness import WitnessComparison
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan


class Sending:
    """Sends one plan. Knows at any time with which exit code the command ends if an error breaks it off."""

    def __init__(self, publisher: ReportPublisher, display: FireDisplay, *, canary: bool) -> None:
        self._publisher = publisher
        self._display = display
        self._canary = canary
        self._run: Run | None = None
        self._is_over = False
        self._exit_code: int = Exit.IN_DOUBT  # if the run breaks off without a result

    @property
    def exit_code_after_error(self) -> int | None:
        """The exit code after an error, or None as long as no request has left: then the error is a refusal."""
        if self._is_over or (self._run is not None and self._run.has_sent):
            return self._exit_code or Exit.FAILED
        return None

    def send(
        self,
        plan: Plan,
        accounts: Mapping[str, Account],
        credentials: Mapping[str, Credentials],
        ledger: Ledger,
        witness: WitnessComparison | None,
        covers: Callable[[str], bool],
    ) -> int:
        """Run the plan and publish its report. Return the exit code.

        `witness` keeps this machine's witness of the ledger up to date; None keeps no witness. `covers` reports whether
        the plan holds every bulletin of a file.
        """
        from runner.fire.run import Run, Settings
        from runner.fire.signals import interrupting
        from runner.jobs.ledger.opened_ledger import identity
        from runner.ledger.values import Origin
        from runner.report.document.listed_results import is_idle

        checkout = git.checkout(self._publisher.definitions)
        origin = Origin(
            "fire", __version__, checkout.commit if checkout else None, checkout.dirty if checkout else None
        )
        with ExitStack() as stack:
            shown = stack.enter_context(self._display.progress(len(plan.to_send)))
            settings = Settings(canary=self._canary)
            interrupts.check()
            # Before the run's own row: if SQLite's log is lost, so is the row, and the witness notices the loss.
            _checkpoint(ledger)
            interrupts.note_signals()
            run = Run(ledger, origin, identity(), settings=settings, on_result=shown.result, on_message=shown.message)
            self._run = run
            if witness is not None:
                stack.enter_context(witness.writer(run.id))
            with interrupting(run):
                ended = run.fire(plan, accounts, credentials, covers=covers)
                self._exit_code = ended.exit_code
                stack.close()  # removes the bar before the summary is printed
                ended, document = self._recorded(run, ended, ledger.id)
                name = IDLE_REPORT if is_idle(ended.results) and ended.signal is None else ""
                with run.kept_alive():
                    published = self._publisher.publish(document, ended.exit_code, name=name)
                self._exit_code = self._finished(run, ended, published, ledger)
        self._is_over = True
        return self._exit_code

    def _recorded(self, run: Run, ended: RunResult, ledger: str) -> tuple[RunResult, dict[str, Any]]:
        """Record the outcome and the report of the run, and show the error that cut it short.

        Return both as they are after that.
        """
        from runner.report.document.recorded_entries import recorded_report

        document = self._publisher.document(run.id, ended, ledger=ledger)
        try:
            run.record_outcome(ended.exit_code, recorded_report(document))
        except UserError as error:
            ended = replace(ended, fault=ended.fault or error.message)
            document = self._publisher.document(run.id, ended, ledger=ledger)
        if ended.fault:
            self._display.fault(f"the run was cut short: {ended.fault}")
        if ended.unshown:
            self._display.note(f"the progress of the run could not be shown: {ended.unshown}")
        return ended, document

    def _finished(self, run: Run, ended: RunResult, published: Published, ledger: Ledger) -> int:
        """Record the end of the run and what its report has shown; return the exit code."""
        try:
            run.finish(published.exit_code, ended.results if published.is_written else ())
        except UserError as error:
            message = f"the end of the run could not be recorded: {error.message}"
            self._display.fault(f"{message}; the next run may report the same again")
            return published.exit_code or Exit.FAILED
        _checkpoint(ledger)
        return published.exit_code


def _checkpoint(ledger: Ledger) -> None:
    with suppress(UserError):  # nothing is lost: SQLite's log holds everything, and the next run tries again
        ledger.checkpoint()
