"""The run: a plan's firings → results. Claim, slot, send, record; retry what certainly was not sent.

Each account has a lane, and a few threads more than slots: each holds a committed claim before it waits for a
slot, so that the account never waits for the ledger's disk.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from runner import clock
from runner.definitions.model import Account
from runner.fire import takeover
from runner.fire.api.client import Client, Timeouts
from runner.fire.api.credentials import Credentials
from runner.fire.api.exchange import Deadlines
from runner.fire.fault_scope import concerns_ledger, fault_text, is_internal
from runner.fire.holding import expiry
from runner.fire.holding.claims import Claims, Unclaimed
from runner.fire.holding.lease import Lease
from runner.fire.holding.ledger_access import Reach
from runner.fire.lanes.backoff import Retries
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.send_permit import Postponed, Turn, Withheld
from runner.fire.lanes.slot_keeper import SlotKeeper
from runner.fire.outcome import Judgement, Outcome, judge
from runner.fire.result import Ended, Result, answered, attempt, held_back_by, left_alone
from runner.ledger.ledger import Ledger
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, Identity, Origin
from runner.plan.budget import Held
from runner.plan.decide import Plan, Step
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import Watch
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
        self._interrupted = False
        self._abandoned = False
        self._fault: str | None = None
        self._is_broken = False  # by a fault of this program that stopped the whole run
        self._unusable: dict[str, str] = {}  # accounts that can't be sent to, and why
        self._has_sent = False
        self._unshown: str | None = None
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
            self._ledger,
            self.id,
            self._lanes,
            self._reach,
            on_fault=self._meet,
            on_lane_fault=self._give_up_account,
            on_message=self._say,
        )
        with self._lease, self._keeper, _quick_switches():
            self._record_what_passed(plan, covers)
            self._start(threads)
            self._wait_for(threads)
            if self._abandoned or self._is_broken:
                for result in self._claims.give_back():
                    self._conclude(result)
            self._claims.forgo_unconfirmed()
        for lane in self._lanes:
            unusable = lane.account.name in self._unusable
            for step in by_account[lane.account.name]:
                reason = lane.stopped or self._fault or _INTERRUPTED
                unsent = Result(step, Outcome.FAILED if unusable else Outcome.SKIPPED, reason)
                self._conclude(self._held_back.get(id(step)) or unsent)
        with self._lock:
            known = self._results  # of one in reserve what an earlier run left behind comes before what this one did
            found = [known.get(id(step)) or known.get(id(reserve.get(id(step), step))) for step in plan.steps]
        results = tuple(each or left_alone(step) for each, step in zip(found, plan.steps, strict=True))
        ended = Ended((*results, *self._not_planned), self._signal, self._fault, self._has_sent, self._unshown)
        self._interrupted = ended.signal is not None
        return ended

    @property
    def has_sent(self) -> bool:
        """Whether a request has left."""
        return self._has_sent

    def record_outcome(self, exit_code: int) -> None:
        """Records in the ledger how the run ended, before its report is published."""
        interrupted, lease = self._interrupted, self._settings.lease
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
        interrupted = self._interrupted
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
        self._show(self._on_message, text)

    def _show(self, callback: Callable[[T], None], what: T) -> None:
        try:
            callback(what)
        except OSError:
            pass  # whoever watched may have left; the run goes on
        except Exception as error:  # noqa: BLE001 - reported at the end: what is sent counts more than what is shown
            self._unshown = self._unshown or fault_text(error)

    def _suspend(self, suspended: bool) -> None:
        """What can't be recorded must not be sent: the lanes wait while the ledger is away."""
        for lane in self._lanes:
            lane.suspend(suspended)

    def _look_again(self) -> None:
        if self._keeper is not None:
            self._keeper.look_again()

    def _meet(self, error: Exception) -> None:
        """The ledger gave way, or this program did: nothing more is sent."""
        self._is_broken = self._is_broken or is_internal(error)
        self._fault = self._fault or fault_text(error)
        self._stop_lanes(self._fault)

    def _give_up_account(self, lane: Lane, reason: str) -> None:
        """Nothing can be sent in the account, whatever it is: its firings fail, and the others go on."""
        self._unusable.setdefault(lane.account.name, reason)
        lane.stop(reason)

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
        found = expiry.record(
            self._ledger, self.id, missed, self._reach, lambda: self._is_stopping, self._expiry_failed
        )
        for step in found:
            self._conclude(Result(step, Outcome.EXPIRED, step.reason))
            recorded.add(step.firing.key)
        return [step.firing for step in missed if step.firing.key not in recorded]

    def _expiry_failed(self, step: Step, error: Exception) -> None:
        reason = f"it has expired, but that could not be recorded: {fault_text(error)}"
        self._conclude(Result(step, Outcome.FAILED, reason))

    def _record_settled(self, plan: Plan, unrecorded: Sequence[Firing]) -> None:
        """All that the plan settles is recorded by now: no later run has to look back at it."""
        watches = watches_of(plan, held_back(plan.settled, unrecorded))
        if not watches:
            return
        try:
            self._watch(watches)
        except Exception as error:
            if concerns_ledger(error):
                raise
            self._watch_each(watches)

    def _watch(self, watches: Mapping[WatchKey, Watch]) -> None:
        self._reach.insist(lambda: self._ledger.watch(watches), unless=lambda: self._is_stopping)

    def _watch_each(self, watches: Mapping[WatchKey, Watch]) -> None:
        for key, watch in watches.items():
            try:
                self._watch({key: watch})
            except Exception as error:
                if concerns_ledger(error):
                    raise
                self._say(f"{key.bulletin} in {key.account}: the next run looks back at it again: {fault_text(error)}")

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
        try:
            client = self._client(lane.account, credentials)
        except Exception:  # noqa: BLE001 - its text could hold the password of a proxy
            self._give_up_account(
                lane,
                f"no request can be made to {lane.account.base_url}:"
                " check the account's base_url and the proxy variables of the environment",
            )
            return
        try:
            while not self._is_stopping and (step := lane.take()) is not None:
                if result := self._fire_alone(lane, step, client):
                    self._conclude(result)
                    lane.end(result.outcome)
        finally:
            client.close()

    def _client(self, account: Account, credentials: Credentials) -> Client:
        """A client that can make a request: whether it can depends on the account and the environment alone."""
        client = Client(
            account.base_url,
            credentials,
            version=self._version,
            deadlines=self._deadlines,
            timeouts=self._settings.timeouts,
        )
        client.prepare(b"{}")
        return client

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
        self._show(self._on_result, result)

    def _fire_alone(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """The same as `_fire_one`; an unexpected exception ends this firing and no other. Until it is claimed, nothing
        of it is sent.
        """
        try:
            return self._fire_one(lane, step, client)
        except Exception as error:  # noqa: BLE001 - reported, and the others go on
            reason = f"{fault_text(error)}, before it was sent"
            lane.note(Outcome.FAILED, reason, is_internal=True)
            return Result(step, Outcome.FAILED, reason)

    def _fire_one(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """How it ended; None where a budget holds it back, and may let it go before the run ends."""
        now, freed = clock.now(), lane.freed
        limits = lane.allowance.limits(step)
        claim = lane.allowance.known(limits, now) or self._claims.take(step, limits)
        if isinstance(claim, Held):
            self._held_back[id(step)] = held_back_by(claim, step)
            lane.hold(step, claim, freed)
            return None
        if isinstance(claim, Unclaimed):
            if claim.outcome is Outcome.SKIPPED:
                lane.pass_over()
            else:
                lane.note(claim.outcome, claim.reason, is_internal=claim.is_internal)
            return Result(step, claim.outcome, claim.reason)
        try:
            result = self._send_claimed(lane, step, claim, client)
        except Exception as error:  # noqa: BLE001 - the same
            client.close()  # whatever is left on the connection belongs to no other request
            result = self._claims.after_fault(claim, step, error)
            lane.note(result.outcome or Outcome.FAILED, result.reason, is_internal=True)
        settled = self._claims.settle(claim, result)
        if settled.outcome is not result.outcome:  # what was sent can't be recorded: nothing more is sent there
            lane.note(Outcome.IN_DOUBT, settled.reason, stop_account=True)
        return settled

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
                reason, outcome = withheld.reason + before, withheld.outcome
                if outcome is Outcome.SKIPPED and lane.account.name in self._unusable:
                    outcome = Outcome.FAILED
                lane.note(outcome, reason)
                return Result(step, outcome, reason, tries=len(attempts), attempts=tuple(attempts))
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
        self._has_sent = True


@contextlib.contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
