"""One run of `fire`: takes a plan and the credentials of its accounts, returns a result for each firing.

First it records the firings that are past. Then the threads of each account's lane send: each firing is claimed, waits
for a slot, is sent with one request, and its outcome is recorded. At the end the run records what its report contains.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from runner.definitions.model import Account
from runner.fire import takeover
from runner.fire.api.credentials import Credentials
from runner.fire.api.timeouts import Timeouts
from runner.fire.collected_results import CollectedResults
from runner.fire.fault_scope import fault_text
from runner.fire.holding.claims import Claims
from runner.fire.holding.lease import Lease
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.holding.past_firings import PastFirings
from runner.fire.lanes.backoff import Retries
from runner.fire.lanes.early_end import EarlyEnd
from runner.fire.lanes.firing_sender import FiringSender
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.slot_keeper import SlotKeeper
from runner.fire.outcome import Outcome
from runner.fire.result import Result, RunResult
from runner.fire.run_display import RunDisplay
from runner.ledger.ledger import Ledger
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Identity, Origin, RecordedReport
from runner.ledger.writer import LedgerWriter
from runner.plan.decide import Plan, Step

if TYPE_CHECKING:
    from runner.fire.lanes.lane_threads import LaneThreads

_SWITCH_S = 0.0005  # with Python's default of 5 ms, a request would wait while another thread records its outcome


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits of a run: retries, time limits, lease, and whether the first firing of an account is a canary."""

    canary: bool = False
    retries: Retries = field(default_factory=Retries)
    timeouts: Timeouts = field(default_factory=Timeouts)
    lease: timedelta = timedelta(seconds=30)  # how long the claims of a run are valid after it last renewed them
    patience_s: float = 120.0  # how long a run waits for a ledger that can't be reached


class Run:
    """One run with one ledger, for one plan. `fire` does the work; `stop` and `abandon` end it early."""

    def __init__(
        self,
        ledger: Ledger,
        origin: Origin,
        identity: Identity,
        *,
        settings: Settings = Settings(),
        on_result: Callable[[Result], None] = lambda result: None,
        on_message: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.id = new_ulid()
        self._ledger = ledger
        self._version = origin.version
        self._settings = settings
        self._was_interrupted = False
        self._keeper: SlotKeeper | None = None
        self._display = RunDisplay(on_result, on_message)
        self._results = CollectedResults(self._display.result)
        self._early_end = EarlyEnd()
        stop_for_fault = self._early_end.stop_for_fault
        self._access = LedgerAccess(settings.patience_s, self._suspend, self._display.message)
        self._writer = LedgerWriter(ledger, self.id)
        self._lease = Lease(
            self._writer, settings.lease, self._access, on_late=self._look_again, on_lost=stop_for_fault
        )
        self._claims = Claims(self._writer, self._access, is_stopping=lambda: self.is_stopping, on_fault=stop_for_fault)
        self._sender = FiringSender(
            self._claims, self._lease, self._access, self._early_end, self._results, settings.retries
        )
        self._lease.begin(lambda: ledger.start_run(origin, identity, lease=settings.lease, run=self.id))

    def fire(
        self,
        plan: Plan,
        accounts: Mapping[str, Account],
        credentials: Mapping[str, Credentials],
        *,
        covers: Callable[[str], bool] = lambda file: False,
    ) -> RunResult:
        """Send the firings that the plan sends, record every outcome, and return a result for each step.

        `covers` reports whether the plan contains every bulletin of a file. If it does, firings recorded for bulletins
        that the file no longer defines are reported too.
        """
        by_account = self._by_account(plan)
        lanes = self._lanes(plan, by_account, accounts)
        threads = self._lane_threads(lanes, credentials) if lanes else None
        with self._writer, self._lease, self._slots(lanes), _quick_switches(), _short_collections():
            self._record_past_firings(plan, covers)
            if threads is not None:
                threads.start()
                threads.wait()
            if self._early_end.is_abandoned or self._early_end.is_broken:
                for result in self._claims.give_back():
                    self._results.add(result)
            self._claims.release_unconfirmed()
        for lane in lanes:
            self._add_unsent(lane, by_account[lane.account.name])
        return self._ended(plan)

    def _by_account(self, plan: Plan) -> dict[str, list[Step]]:
        by_account: dict[str, list[Step]] = {}
        for step in plan.to_send:
            by_account.setdefault(step.firing.key.account, []).append(step)
        return by_account

    def _lanes(
        self, plan: Plan, by_account: Mapping[str, Sequence[Step]], accounts: Mapping[str, Account]
    ) -> list[Lane]:
        reserve = [step.freed for step in plan.reserve]
        for name, steps in by_account.items():
            held = [step for step in reserve if step.firing.key.account == name]
            self._early_end.lanes.append(Lane(accounts[name], steps, canary=self._settings.canary, reserve=held))
        return self._early_end.lanes

    def _lane_threads(self, lanes: Sequence[Lane], credentials: Mapping[str, Credentials]) -> LaneThreads:
        # These import requests, which a run without requests saves.
        from runner.fire.api.network import Network
        from runner.fire.lanes.lane_threads import LaneThreads

        network = Network(version=self._version, timeouts=self._settings.timeouts)
        threads = LaneThreads(self._sender, self._early_end, self._results, network, on_message=self._display.message)
        for lane in lanes:
            threads.add(lane, credentials[lane.account.name])
        return threads

    def _slots(self, lanes: Sequence[Lane]) -> SlotKeeper:
        self._keeper = SlotKeeper(
            self._writer,
            lanes,
            self._access,
            on_fault=self._early_end.stop_for_fault,
            on_lane_fault=self._early_end.give_up_account,
            on_message=self._display.message,
        )
        return self._keeper

    def _record_past_firings(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        past = PastFirings(
            self._writer,
            self._access,
            self._results,
            is_stopping=lambda: self.is_stopping,
            on_message=self._display.message,
        )
        try:
            past.record(plan, covers)
        except Exception as error:  # noqa: BLE001 - the report must say that nothing was sent, and why
            self._early_end.stop_for_fault(error)

    def _add_unsent(self, lane: Lane, steps: Sequence[Step]) -> None:
        """Add a result for each firing of the lane that has none."""
        outcome = Outcome.FAILED if self._early_end.is_unusable(lane) else Outcome.SKIPPED
        reason = lane.stopped or self._early_end.reason
        for step in steps:
            self._results.add_unsent(Result(step, outcome, reason))

    def _ended(self, plan: Plan) -> RunResult:
        end = self._early_end
        ended = RunResult(
            self._results.of(plan), end.signal, end.fault, self.has_sent, self._display.error, plan.settled_counts
        )
        self._was_interrupted = ended.signal is not None
        return ended

    @property
    def has_sent(self) -> bool:
        """Whether a byte of a request may have left this machine."""
        return self._sender.has_sent

    @property
    def is_stopping(self) -> bool:
        """Whether the run starts no more claims and no more requests."""
        return self._early_end.is_stopping

    def record_outcome(self, exit_code: int, report: RecordedReport | None = None) -> None:
        """Record in the ledger how the run ended and what its report contains, before that report is published."""
        interrupted, lease = self._was_interrupted, self._settings.lease
        self._access.perform(
            lambda: self._ledger.record_outcome(
                self.id, exit_code=exit_code, interrupted=interrupted, lease=lease, report=report
            )
        )

    def kept_alive(self) -> Lease:
        """Return a lease for the time in which the report is published. While it holds, no other run reports the
        firings of this run.
        """
        return Lease(
            self._writer,
            self._settings.lease,
            self._access,
            on_late=lambda: None,
            on_lost=lambda error: self._display.message(fault_text(error)),
        )

    def finish(self, exit_code: int, reported: Sequence[Result]) -> None:
        """Record in the ledger that the run has ended, and that its published report contains the results `reported`.

        Each expired firing and each firing in doubt is reported at least once. If this run recorded one and did not
        report it, the next run does.
        """
        shown = {(result.step.firing.key, result.outcome) for result in reported}
        rows = self._access.perform(lambda: self._ledger.unreported(self.id))
        ids = [row.id for row in rows if (row.key, takeover.OUTCOMES[row.state]) in shown]
        interrupted = self._was_interrupted
        self._access.perform(lambda: self._ledger.mark_reported(self.id, ids))
        self._access.perform(lambda: self._ledger.finish_run(self.id, exit_code=exit_code, interrupted=interrupted))

    def stop(self, signal: int) -> None:
        """Start no more claims and no more requests. Requests in flight continue, and their outcomes are recorded.

        A signal handler may call this method and `abandon`, because neither takes a lock.
        """
        self._early_end.note_signal(signal)

    def abandon(self) -> None:
        """End without waiting for requests in flight. Their firings become in doubt."""
        self._early_end.abandon()
        self._access.give_up()

    def _suspend(self, suspended: bool) -> None:
        """Hold back all lanes while the ledger can't be reached: a request whose outcome can't be recorded must not
        leave.
        """
        for lane in self._early_end.lanes:
            lane.suspend(suspended)

    def _look_again(self) -> None:
        if self._keeper is not None:
            self._keeper.look_again()


@contextlib.contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextlib.contextmanager
def _short_collections() -> Iterator[None]:
    """Exclude the objects that exist now from garbage collection: a collection of them all takes longer than many
    requests, and delays all threads.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
