"""The run: a plan's firings → results. Claim, slot, send, record; retry what certainly was not sent.

Each account has a lane, and a few threads more than slots: each holds a committed claim before it waits for a
slot, so that the account never waits for the ledger's disk.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from runner import clock
from runner.definitions.model import Account
from runner.errors import UserError
from runner.fire import expiry, takeover
from runner.fire.api import Client, Timeouts
from runner.fire.backoff import Retries
from runner.fire.claims import Claims, fault_text
from runner.fire.credentials import Credentials
from runner.fire.lane import Lane
from runner.fire.lease import Lease
from runner.fire.outcome import Judgement, Outcome, judge
from runner.fire.reach import Reach
from runner.fire.result import Ended, Result, answered, attempt, held_back_by, left_alone
from runner.fire.slots import SlotKeeper
from runner.fire.turn import Postponed, Turn, Withheld
from runner.fire.wire import Deadlines
from runner.ledger.ledger import Ledger
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, Identity, Origin
from runner.plan.budget import Held
from runner.plan.decide import Plan, Step
from runner.plan.firing import Firing, FiringKey
from runner.plan.missed import held_back, watches_of

CLAIMS_AHEAD = 2  # threads beyond the account's slots, each with a claim in hand
_INTERRUPTED = "the run was interrupted"
_SWITCH_S = 0.0005  # Python's own 5 ms would let a request wait for the bookkeeping of another

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run behaves; the defaults are DESIGN's."""

    canary: bool = False
    retries: Retries = field(default_factory=Retries)
    timeouts: Timeouts = field(default_factory=Timeouts)
    lease: timedelta = timedelta(seconds=30)  # how long a claim outlives its run's last sign of life
    patience_s: float = 120.0  # how long a run waits for a ledger that is away


class Run:
    """One run over one ledger. Made for one plan; `fire` does the work, `stop` and `abandon` cut it short."""

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
        self._ledger = ledger
        self._version = origin.version
        self._settings = settings
        self._on_result = on_result
        self._on_message = on_message
        self._deadlines = Deadlines()
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()
        self._results: dict[int, Result] = {}
        self._held_back: dict[int, Result] = {}  # by budgets, when last seen
        self._not_planned: list[Result] = []  # of firings that earlier runs left unreported
        self._stopping = threading.Event()
        self._signal: int | None = None
        self._abandoned = False
        self._fault: str | None = None
        self._crash: str | None = None
        self._keeper: SlotKeeper | None = None
        self.id = new_ulid()
        self._reach = Reach(settings.patience_s, self._suspend, self._say)
        self._lease = Lease(ledger, self.id, settings.lease, self._reach, on_late=self._look_again, on_lost=self._meet)
        self._claims = Claims(ledger, self.id, self._reach, is_stopping=lambda: self._is_stopping, on_fault=self._meet)
        self._lease.begin(lambda: ledger.start_run(origin, identity, lease=settings.lease, run=self.id))

    def fire(
        self,
        plan: Plan,
        accounts: Mapping[str, Account],
        credentials: Mapping[str, Credentials],
        *,
        covers: Callable[[str], bool] = lambda file: False,
    ) -> Ended:
        """Sends what the plan sends, records every outcome, and returns when all is settled or given up.

        `covers` says of which files the plan holds every bulletin: what runs recorded of others there is reported too.
        """
        by_account: dict[str, list[Step]] = {}
        for step in plan.to_send:
            by_account.setdefault(step.firing.key.account, []).append(step)
        reserve = {id(step): step.freed for step in plan.in_reserve}
        for name, steps in by_account.items():
            held = [step for step in reserve.values() if step.firing.key.account == name]
            self._lanes.append(Lane(accounts[name], steps, canary=self._settings.canary, reserve=held))
        threads = [thread for lane in self._lanes for thread in self._threads(lane, credentials[lane.account.name])]
        self._keeper = SlotKeeper(
            self._ledger, self.id, self._lanes, self._reach, on_fault=self._meet, on_message=self._say
        )
        with self._lease, self._keeper, _quick_switches():
            self._record_what_passed(plan, covers)
            self._start(threads)
            self._wait_for(threads)
            if self._abandoned or self._crash:
                for result in self._claims.give_back():
                    self._conclude(result)
            self._claims.forgo_unconfirmed()
        for lane in self._lanes:
            for step in by_account[lane.account.name]:
                reason = lane.stopped or self._fault or _INTERRUPTED
                self._conclude(self._held_back.get(id(step)) or Result(step, Outcome.SKIPPED, reason))
        with self._lock:
            known = self._results  # of one in reserve what an earlier run left behind comes before what this one did
            ended = [known.get(id(step)) or known.get(id(reserve.get(id(step), step))) for step in plan.steps]
        results = tuple(each or left_alone(step) for each, step in zip(ended, plan.steps, strict=True))
        return Ended((*results, *self._not_planned), self._signal, self._fault, self._crash)

    def record_outcome(self, exit_code: int) -> None:
        """Records in the ledger how the run ended, before its report is published."""
        interrupted, lease = self._signal is not None, self._settings.lease
        self._reach.insist(
            lambda: self._ledger.record_outcome(self.id, exit_code=exit_code, interrupted=interrupted, lease=lease)
        )

    def kept_alive(self) -> Lease:
        """Keeps the run alive while its report is published: until then no other run reports what it found."""
        length = self._settings.lease
        return Lease(
            self._ledger, self.id, length, self._reach, on_late=lambda: None, on_lost=lambda e: self._say(fault_text(e))
        )

    def finish(self, exit_code: int, reported: Sequence[Result]) -> None:
        """Records in the ledger that the run is over, and that a published report has these results.

        What this run found and did not report, the next run reports.
        """
        shown = {(result.step.firing.key, result.outcome) for result in reported}
        rows = self._reach.insist(lambda: self._ledger.unreported(self.id))
        ids = [row.id for row in rows if (row.key, takeover.OUTCOMES[row.state]) in shown]
        interrupted = self._signal is not None
        self._reach.insist(lambda: self._ledger.mark_reported(self.id, ids))
        self._reach.insist(lambda: self._ledger.finish_run(self.id, exit_code=exit_code, interrupted=interrupted))

    def stop(self, signal: int) -> None:
        """No new claims and no new requests; those in flight are finished and recorded.

        Like `abandon`, it may be called from a signal handler: it takes no lock.
        """
        self._signal = self._signal or signal

    def abandon(self) -> None:
        """Waits for nothing: what is in flight is in doubt."""
        self._abandoned = True
        self._reach.give_up()

    @property
    def _is_stopping(self) -> bool:
        return self._signal is not None or self._stopping.is_set()

    def _stop_lanes(self, reason: str) -> None:
        self._stopping.set()
        for lane in self._lanes:
            lane.stop(reason)

    def _say(self, text: str) -> None:
        _tell(self._on_message, text)

    def _suspend(self, suspended: bool) -> None:
        """What can't be recorded must not be sent: the lanes wait while the ledger is away."""
        for lane in self._lanes:
            lane.suspend(suspended)

    def _look_again(self) -> None:
        if self._keeper is not None:
            self._keeper.look_again()

    def _meet(self, error: Exception) -> None:
        """The ledger gave way, or this program did: nothing more is sent."""
        if not isinstance(error, UserError):
            self._crash = self._crash or "".join(traceback.format_exception(error))
        self._fault = self._fault or fault_text(error)
        self._stop_lanes(self._fault)

    def _record_what_passed(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        try:
            self._report_left_behind(plan, covers)
            self._record_settled(plan, self._record_expired(plan))
        except Exception as error:  # noqa: BLE001 - the report must say that nothing was sent, and why
            self._meet(error)

    def _report_left_behind(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        """Puts in doubt what ended runs still held, and reports what they recorded but did not report."""
        swept = self._reach.insist(lambda: self._ledger.sweep(self.id), unless=lambda: self._is_stopping)
        belongs = takeover.belonging_to(plan, covers)
        rows = self._reach.insist(lambda: self._ledger.take_over(self.id, belongs), unless=lambda: self._is_stopping)
        planned, reported = {id(step) for step in plan.steps}, set[FiringKey]()
        for result in takeover.results(plan, rows, self.id, belongs):
            reported.add(result.step.firing.key)
            if id(result.step) not in planned:
                self._not_planned.append(result)
            self._conclude(result)
        if others := sorted({row.key.bulletin for row in swept} - {key.bulletin for key in reported}):
            names = ", ".join(others)
            self._say(f"firings of an earlier run are in doubt, and this run does not select them: {names}")

    def _record_expired(self, plan: Plan) -> list[Firing]:
        """Returns what was not recorded: another run has done something with it meanwhile, or this one is stopped."""
        missed, recorded = plan.newly_expired, set[FiringKey]()
        for step in expiry.record(self._ledger, self.id, missed, self._reach, lambda: self._is_stopping):
            self._conclude(Result(step, Outcome.EXPIRED, step.reason))
            recorded.add(step.firing.key)
        return [step.firing for step in missed if step.firing.key not in recorded]

    def _record_settled(self, plan: Plan, unrecorded: Sequence[Firing]) -> None:
        """All that the plan settles is recorded by now: no later run has to look back at it."""
        watches = watches_of(plan, held_back(plan.settled, unrecorded))
        if watches:
            self._reach.insist(lambda: self._ledger.watch(watches), unless=lambda: self._is_stopping)

    def _threads(self, lane: Lane, credentials: Credentials) -> list[threading.Thread]:
        count = min(lane.waiting, lane.account.concurrency + CLAIMS_AHEAD)

        def work() -> None:
            try:
                self._work(lane, credentials)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not lose what the others know
                self._meet(error)

        # Daemons: a second signal must not wait for a request that may take minutes.
        return [threading.Thread(target=work, name=f"{lane.account.name}-{n}", daemon=True) for n in range(count)]

    def _work(self, lane: Lane, credentials: Credentials) -> None:
        client = Client(
            lane.account.base_url,
            credentials,
            version=self._version,
            deadlines=self._deadlines,
            timeouts=self._settings.timeouts,
        )
        try:
            while not self._is_stopping and (step := lane.take()) is not None:
                if result := self._fire_one(lane, step, client):
                    self._conclude(result)
                    lane.end(result.outcome)
        finally:
            client.close()

    def _start(self, threads: Sequence[threading.Thread]) -> None:
        try:
            for thread in () if self._is_stopping else threads:
                thread.start()
        except RuntimeError as error:  # the system gives no more of them: those that run finish what they have
            self._meet(error)

    def _wait_for(self, threads: Sequence[threading.Thread]) -> None:
        told = False
        for thread in threads:
            while thread.is_alive() and not self._abandoned:
                thread.join(0.05)  # short, so that Python runs the signal handlers
                if self._signal is not None and not told:
                    told = True
                    self._stop_lanes(_INTERRUPTED)
                    self._say("interrupted: finishing what is in flight; once more to stop at once")
        if self._signal is not None:
            self._stop_lanes(_INTERRUPTED)

    def _conclude(self, result: Result) -> None:
        with self._lock:
            if id(result.step) in self._results:
                return
            self._results[id(result.step)] = result
        _tell(self._on_result, result)

    def _fire_one(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """How it ended; None where a budget holds it back, and may let it go before the run ends."""
        now, freed = clock.now(), lane.freed
        limits = lane.allowance.limits(step)
        claim = lane.allowance.known(limits, now) or self._claims.take(step, limits)
        if isinstance(claim, Held):
            self._held_back[id(step)] = held_back_by(claim, step)
            lane.hold(step, claim, freed)
            return None
        if isinstance(claim, str):
            lane.pass_over()
            return Result(step, Outcome.SKIPPED, claim)
        return self._claims.settle(claim, self._send_claimed(lane, step, claim, client))

    def _send_claimed(self, lane: Lane, step: Step, claim: Claim, client: Client) -> Result:
        """Tries until there is an outcome, and lets the lane know it before the next request may go."""
        request = client.prepare(step.firing.body)
        give_up_at = time.monotonic() + self._settings.retries.total_s
        attempts: list[Attempt] = []
        before = ""
        while True:
            try:
                with Turn(lane, lambda: self._check_out(step, claim, attempts)) as turn:
                    answer = client.send(request, turn)
                    judgement = judge(answer, client.redacted)
                    attempts.append(attempt(len(attempts) + 1, answer, judgement, client.redacted))
                    delay_s = self._delay_s(judgement, len(attempts), give_up_at)
                    if delay_s is None:
                        lane.note(judgement.outcome, judgement.reason, stop_account=judgement.stop_account)
                        return answered(step, answer, judgement, attempts)
                    if judgement.slow_down:
                        lane.slow_down(delay_s)
            except Withheld as withheld:
                reason = withheld.reason + before
                lane.note(withheld.outcome, reason)
                return Result(step, withheld.outcome, reason, tries=len(attempts), attempts=tuple(attempts))
            except Postponed:
                self._claims.bring_home(claim, step)
                self._lease.wait(unless=lambda: self._is_stopping)
                continue
            before = f"; before that: {judgement.reason}"
            self._claims.bring_home(claim, step)
            self._stopping.wait(delay_s)

    def _delay_s(self, judgement: Judgement, tries: int, give_up_at: float) -> float | None:
        """How long to wait before another try; None where there is none."""
        retries = self._settings.retries
        if not judgement.retry or tries >= retries.max_tries:
            return None
        delay_s = retries.delay_s(tries)
        return delay_s if time.monotonic() + delay_s < give_up_at else None

    def _check_out(self, step: Step, claim: Claim, attempts: Sequence[Attempt]) -> None:
        """The last look before the first byte leaves: puts the claim on the wire, or raises Withheld or Postponed."""
        if self._is_stopping:
            raise Withheld(Outcome.SKIPPED, self._fault or _INTERRUPTED)
        if step.firing.occurrence.is_expired(clock.now()):
            raise Withheld(Outcome.EXPIRED, "its grace ran out before it could be sent")
        if self._reach.is_away:
            raise Postponed
        if not self._claims.send_off(claim, step, attempts):
            raise Withheld(Outcome.SKIPPED, _INTERRUPTED)
        if not self._lease.holds():  # the very last: what was asked before may have taken its time
            raise Postponed


@contextlib.contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _tell(callback: Callable[[T], None], what: T) -> None:
    with contextlib.suppress(OSError):  # whoever watched may have left; the run goes on
        callback(what)
