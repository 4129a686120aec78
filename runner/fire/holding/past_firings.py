"""What a run records before it sends: firings of ended runs, expired firings, and settled schedules.

Takes the plan, writes to the ledger, and adds a result for each firing that this run has to report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from runner.fire import reasons, takeover
from runner.fire.collected_results import CollectedResults
from runner.fire.fault_scope import concerns_ledger, fault_text
from runner.fire.holding import expiry
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.ledger.writer import LedgerWriter
from runner.plan.decide import Plan, Step
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import Watch
from runner.plan.missed import settled_before, watches_to_record


class PastFirings:
    """Records the past firings of one run. It stops early, without an error, once `is_stopping` returns true."""

    def __init__(
        self,
        writer: LedgerWriter,
        access: LedgerAccess,
        results: CollectedResults,
        *,
        is_stopping: Callable[[], bool],
        on_message: Callable[[str], None],
    ) -> None:
        self._writer = writer
        self._ledger = writer.ledger
        self._run = writer.run
        self._access = access
        self._results = results
        self._is_stopping = is_stopping
        self._on_message = on_message

    def record(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        """Record all past firings of the plan. Raises an error that concerns the whole ledger."""
        self._report_left_behind(plan, covers)
        self._record_settled(plan, self._record_expired(plan))

    def _report_left_behind(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        """Put the claimed firings of ended runs in doubt, and report all that such runs recorded but did not report."""
        swept = self._access.perform(lambda: self._ledger.put_claims_in_doubt(self._run), unless=self._is_stopping)
        belongs = takeover.belonging_to(plan, covers)
        rows = self._access.perform(lambda: self._ledger.take_over(self._run, belongs), unless=self._is_stopping)
        reported = set[FiringKey]()
        for result in takeover.results(plan, rows, self._run, belongs):
            reported.add(result.step.firing.key)
            self._results.add(result)
        if others := sorted({row.key.bulletin for row in swept} - {key.bulletin for key in reported}):
            names = ", ".join(others)
            self._on_message(f"an earlier run left firings in doubt that this run does not select: {names}")

    def _record_expired(self, plan: Plan) -> list[Firing]:
        """Record the expired firings. Return those that were not recorded.

        A firing is not recorded if another run meanwhile claimed, sent or recorded it, or if this run is stopped.
        """
        missed, recorded = plan.newly_expired, set[FiringKey]()
        found = expiry.record(self._writer, missed, self._access, self._is_stopping, self._expiry_failed)
        for step in found:
            self._results.add(Result(step, Outcome.EXPIRED, step.reason))
            recorded.add(step.firing.key)
        return [step.firing for step in missed if step.firing.key not in recorded]

    def _expiry_failed(self, step: Step, error: Exception) -> None:
        self._results.add(Result(step, Outcome.FAILED, reasons.expiry_not_recorded(error)))

    def _record_settled(self, plan: Plan, unrecorded: Sequence[Firing]) -> None:
        """Record up to which time each schedule is settled, so that no later run checks those occurrences again."""
        watches = watches_to_record(plan, settled_before(plan.settled_until, unrecorded))
        if not watches:
            return
        try:
            self._watch(watches)
        except Exception as error:
            if concerns_ledger(error):
                raise
            self._watch_each(watches)

    def _watch(self, watches: Mapping[WatchKey, Watch]) -> None:
        self._access.perform(lambda: self._ledger.watch(watches), unless=self._is_stopping)

    def _watch_each(self, watches: Mapping[WatchKey, Watch]) -> None:
        for key, watch in watches.items():
            try:
                self._watch({key: watch})
            except Exception as error:
                if concerns_ledger(error):
                    raise
                self._on_message(
                    f"{key.bulletin} in {key.account}: the ledger could not record which times are settled, so the"
                    f" next run checks them again: {fault_text(error)}"
                )
