"""Fire a set: plan, check the guards, ask, plan again, send and report.

In: the request, and the display of the command. Out: the exit code.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from runner import clock, interrupts
from runner.errors import ErrorCode, Exit, UserError
from runner.jobs.firing.display import FireDisplay
from runner.jobs.firing.guards import check_guards
from runner.jobs.firing.metrics_file import MetricsFile, recorded_metrics
from runner.jobs.firing.publishing import DRY_RUN_REPORT, ReportPublisher
from runner.jobs.firing.request import FireRequest
from runner.jobs.firing.sending import Sending
from runner.jobs.firing.set_to_fire import SetToFire, load_set
from runner.jobs.output_paths import check_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.definitions.model import Account
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan


def fire(request: FireRequest, display: FireDisplay) -> int:
    """Fire what the request selects, and return the exit code.

    Raises UserError if the run is refused before any request has left. After that, errors are shown, never raised: a
    raised error would end with exit code 5, which means that nothing was sent.
    """
    if request.metrics_file and not request.sends_to_people:
        display.note(f"{request.metrics_file} was not changed: metrics count only runs that send to people")
    check_outputs({"--metrics-file": request.metrics_file}, request.ledger.url)
    with recorded_metrics(request.metrics_file if request.sends_to_people else None, display) as metrics:
        check_outputs({"--report": request.report_place}, request.ledger.url)
        request.check()
        job = _FireJob(request, load_set(request), metrics, display)
        if job.set_to_fire.problems:
            display.show_problems(job.set_to_fire.definitions)
            metrics.exit_code = Exit.PROBLEMS
        else:
            if warnings := job.set_to_fire.loaded.warnings:
                display.show_warning_count(len(warnings), job.set_to_fire.path)
            metrics.exit_code = job.dry_run() if request.dry_run else job.send()
    return metrics.exit_code


@dataclass(frozen=True, slots=True)
class _FireJob:
    """One call of `fire` for a set without problems."""

    request: FireRequest
    set_to_fire: SetToFire
    metrics: MetricsFile
    display: FireDisplay

    def dry_run(self) -> int:
        """Plan and report, but send nothing; return the exit code."""
        from runner.fire.result import RunResult, dry_run_result
        from runner.jobs.ledger.ledger_witness import warn_if_older
        from runner.jobs.ledger.opened_ledger import ledger_if_exists
        from runner.ledger.ulid import new_ulid

        publisher = self._publisher()
        with ledger_if_exists(self.request.ledger.url, self.display) as ledger:
            plan = self.set_to_fire.plan(ledger, self.request.now or publisher.started_at)
            if ledger and not self.request.ledger.is_sandbox:
                warn_if_older(ledger, self.display)
        ledger_id = ledger.id if ledger else None
        try:
            self.set_to_fire.check_reviewed(plan, ledger_id)
            self.display.show_plan(plan)
        except UserError as refusal:
            publisher.publish_refusal(plan, refusal, ledger=ledger_id)
            raise
        ended = RunResult(
            tuple(dry_run_result(step, plan.now) for step in plan.steps), settled_counts=plan.settled_counts
        )
        document = publisher.document(new_ulid(), ended, ledger=ledger_id)
        return publisher.publish(document, ended.exit_code, name=DRY_RUN_REPORT).exit_code

    def send(self) -> int:
        """Check the guards, ask, send and report; return the exit code.

        An error before the first request is raised: the run is refused. A later error is shown.
        """
        from runner.fire.fault_scope import fault_text

        publisher = self._publisher()
        sending = Sending(publisher, self.display, canary=self.request.canary)
        try:
            return self._guard_ask_and_send(publisher, sending)
        except Exception as error:
            code = sending.exit_code_after_error
            if code is None:
                raise
            message = f"the run failed after it had sent requests: {fault_text(error)}"
            self.display.show_error(
                UserError(ErrorCode.FAILED_AFTER_SENDING, message, help="bulletins report shows what was recorded.")
            )
            return code

    def _guard_ask_and_send(self, publisher: ReportPublisher, sending: Sending) -> int:
        from runner.jobs.ledger.ledger_witness import compare_with_witness, warn_of_repetition

        request, set_to_fire = self.request, self.set_to_fire
        with ExitStack() as stack:
            ledger = stack.enter_context(self._open_ledger(publisher.started_at))
            stack.callback(self.metrics.count_ledger, ledger, set_to_fire.loaded)
            publisher.check()
            now = clock.now()  # after opening the ledger, which may have ended the leases of a crashed run
            witness = None if request.ledger.is_sandbox else compare_with_witness(ledger, self.display)
            plan = set_to_fire.plan(ledger, now)
            if plan.to_send:
                self.display.prepare()
            is_trusted = False  # a ledger that may be an older copy records no run
            try:
                if witness is not None:
                    witness.check(plan, request.accepted_losses, is_named=request.ledger.is_named)
                is_trusted = True
                set_to_fire.check_reviewed(plan, ledger.id)
                accounts, credentials = check_guards(request, set_to_fire, plan, ledger, stack)
                if witness is not None and witness.losses:
                    warn_of_repetition(witness, plan)
                interrupts.check()
                if self._confirm(plan):
                    plan = self._plan_as_confirmed(plan, ledger)
                if witness is not None and witness.losses:
                    witness.accept(request.note or "")
            except UserError as refusal:
                record_in = ledger if is_trusted else None
                publisher.publish_refusal(plan, refusal, ledger=ledger.id, record_in=record_in)
                raise
            return sending.send(plan, accounts, credentials, ledger, witness, set_to_fire.covers)

    def _open_ledger(self, now: datetime) -> Ledger:
        from runner.jobs.ledger.opened_ledger import open_ledger, open_sandbox_ledger

        choice = self.request.ledger
        return open_sandbox_ledger(now) if choice.is_sandbox else open_ledger(choice.url)

    def _publisher(self) -> ReportPublisher:
        request = self.request
        return ReportPublisher(
            definitions=self.set_to_fire.path,
            file=request.report,
            format=request.format,
            quiet=request.quiet,
            dry_run=request.dry_run,
            list_all=request.report_all,
            started_at=clock.now(),
            on_document=self.metrics.add_report,
            display=self.display,
        )

    def _confirm(self, plan: Plan) -> bool:
        """Ask before anything is sent; return whether a question was needed. Raises UserError without a yes."""
        if not self.request.may_ask or not plan.to_send:
            return False
        self.display.show_plan(plan)
        if not self.display.can_ask:
            raise UserError(
                ErrorCode.NO_TERMINAL,
                "there is no terminal to ask on, and nothing was sent",
                help="Add --yes to send without asking.",
            )
        counts = Counter(step.firing.key.account for step in plan.to_send)
        accounts = ", ".join(f"{count:,} in {account}" for account, count in counts.items())
        where = "the sandbox?" if self.request.ledger.is_sandbox else _receivers(plan, self.set_to_fire.loaded.accounts)
        self.display.require_yes(f"Send {len(plan.to_send):,} ({accounts}) to {where}")
        return True

    def _plan_as_confirmed(self, confirmed: Plan, ledger: Ledger) -> Plan:
        """Plan again after the question, which may have been open for hours, and keep only firings that were shown.

        Raises UserError if a shown firing can no longer be sent.
        """
        plan = self.set_to_fire.plan(ledger, clock.now())
        self.set_to_fire.check_reviewed(plan, ledger.id)
        shown = {step.firing.key for step in confirmed.to_send}
        unsendable = sorted(key.bulletin for key in shown - {step.firing.key for step in plan.to_send})
        if unsendable:
            some = ", ".join(unsendable[:3]) + (f" and {len(unsendable) - 3:,} more" if len(unsendable) > 3 else "")
            raise UserError(
                ErrorCode.SHOWN_PLAN_OUTDATED,
                f"{some} can no longer be sent as shown: meanwhile another run sent it, or it was blocked or came too"
                " late",
                help="Nothing was sent by this run. Run the command again to see the new plan.",
            )
        steps = (step for step in plan.steps if step.firing.key in shown or not step.action.sends)
        in_reserve = shown | {step.firing.key for step in confirmed.reserve}
        shown_steps = (step if step.firing.key in in_reserve else replace(step, reserve_action=None) for step in steps)
        return replace(plan, steps=tuple(shown_steps))


def _receivers(plan: Plan, accounts: Mapping[str, Account]) -> str:
    """Return who gets what the plan sends, for the question. Only addresses of this machine may begin with http://."""
    local = {name for name, account in accounts.items() if account.base_url.startswith("http://")}
    if {step.firing.key.account for step in plan.to_send} <= local:
        return "a server on this machine?"
    return "real people? This can't be undone."
