"""One run of `fire`: takes a plan and the credentials of its accounts, returns a result for each firing.

For each firing the run commits a claim, waits for a slot, sends one request and records the outcome. It sends again
only if the first request certainly raised nothing. Each account has a lane with a few more threads than slots: a thread
holds its claim before it waits for a slot, so that no slot is idle while the ledger writes.
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
from runner.fire.api.client import Client
from runner.fire.api.credentials import Credentials
from runner.fire.api.endpoint import Endpoint
from runner.fire.api.network import Network, Timeouts
from runner.fire.fault_scope import concerns_ledger, fault_text, is_internal
from runner.fire.holding import expiry
from runner.fire.holding.claims import Claims, Unclaimed
from runner.fire.holding.lease import Lease
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.lanes.backoff import Retries
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.send_permit import Postponed, SendPermit, Withheld
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

CLAIMS_AHEAD = 2  # threads of an account in addition to its slots; each holds a claim while it waits for a slot
_INTERRUPTED = "the run was interrupted"
_SWITCH_S = 0.0005  # with Python's default of 5 ms, a request would wait while another thread records its outcome

T = TypeVar("T")


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
        self._ledger = ledger
        self._settings = settings
        self._on_result = on_result
        self._on_message = on_message
        self._network = Network(version=origin.version, timeouts=settings.timeouts)
        self._endpoints: dict[str, Endpoint] = {}
        self._lanes: list[Lane] = []
        self._lock = threading.Lock()
        self._results: dict[int, Result] = {}
        self._held_back: dict[int, Result] = {}  # the last answer of a budget, for each firing that it holds back
        self._not_planned: list[Result] = []  # of firings that an earlier run recorded and that are not in the plan
        self._stopping = threading.Event()
        self._signal: int | None = None
        self._interrupted = False
        self._abandoned = False
        self._fault: str | None = None
        self._is_broken = False  # an internal error has stopped the whole run
        self._unusable: dict[str, str] = {}  # account that can't be sent to → reason
        self._has_sent = False
        self._unshown: str | None = None
        self._keeper: SlotKeeper | None = None
        self.id = new_ulid()
        self._reach = LedgerAccess(settings.patience_s, self._suspend, self._say)
        self._lease = Lease(
            ledger, self.id, settings.lease, self._reach, on_late=self._look_again, on_lost=self._stop_for_fault
        )
        self._claims = Claims(
            ledger, self.id, self._reach, is_stopping=lambda: self._is_stopping, on_fault=self._stop_for_fault
        )
        self._lease.begin(lambda: ledger.start_run(origin, identity, lease=settings.lease, run=self.id))

    def fire(
        self,
        plan: Plan,
        accounts: Mapping[str, Account],
        credentials: Mapping[str, Credentials],
        *,
        covers: Callable[[str], bool] = lambda file: False,
    ) -> Ended:
        """Send the firings that the plan sends, record every outcome, and return a result for each step.

        `covers` reports whether the plan contains every bulletin of a file. If it does, firings recorded for bulletins
        that the file no longer defines are reported too.
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
            on_fault=self._stop_for_fault,
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
            known = self._results  # for a step in reserve, the result of an earlier run takes precedence
            found = [known.get(id(step)) or known.get(id(reserve.get(id(step), step))) for step in plan.steps]
        results = tuple(each or left_alone(step) for each, step in zip(found, plan.steps, strict=True))
        ended = Ended((*results, *self._not_planned), self._signal, self._fault, self._has_sent, self._unshown)
        self._interrupted = ended.signal is not None
        return ended

    @property
    def has_sent(self) -> bool:
        """Whether a byte of a request may have left this machine."""
        return self._has_sent

    def record_outcome(self, exit_code: int) -> None:
        """Record in the ledger how the run ended, before its report is published."""
        interrupted, lease = self._interrupted, self._settings.lease
        self._reach.insist(
            lambda: self._ledger.record_outcome(self.id, exit_code=exit_code, interrupted=interrupted, lease=lease)
        )

    def kept_alive(self) -> Lease:
        """Return a lease for the time in which the report is published. While it holds, no other run reports the
        firings of this run.
        """
        length = self._settings.lease
        return Lease(
            self._ledger, self.id, length, self._reach, on_late=lambda: None, on_lost=lambda e: self._say(fault_text(e))
        )

    def finish(self, exit_code: int, reported: Sequence[Result]) -> None:
        """Record in the ledger that the run has ended, and that its published report contains the results `reported`.

        Each expired firing and each firing in doubt is reported at least once. If this run recorded one and did not
        report it, the next run does.
        """
        shown = {(result.step.firing.key, result.outcome) for result in reported}
        rows = self._reach.insist(lambda: self._ledger.unreported(self.id))
        ids = [row.id for row in rows if (row.key, takeover.OUTCOMES[row.state]) in shown]
        interrupted = self._interrupted
        self._reach.insist(lambda: self._ledger.mark_reported(self.id, ids))
        self._reach.insist(lambda: self._ledger.finish_run(self.id, exit_code=exit_code, interrupted=interrupted))

    def stop(self, signal: int) -> None:
        """Start no more claims and no more requests. Requests in flight continue, and their outcomes are recorded.

        A signal handler may call this method and `abandon`, because neither takes a lock.
        """
        self._signal = self._signal or signal

    def abandon(self) -> None:
        """End without waiting for requests in flight. Their firings become in doubt."""
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
            pass  # the terminal or the reader of a pipe may be closed; the run continues
        except Exception as error:  # noqa: BLE001 - reported at the end; a fault in the display must not stop a send
            self._unshown = self._unshown or fault_text(error)

    def _suspend(self, suspended: bool) -> None:
        """Hold back all lanes while the ledger can't be reached: a request whose outcome can't be recorded must not
        leave.
        """
        for lane in self._lanes:
            lane.suspend(suspended)

    def _look_again(self) -> None:
        if self._keeper is not None:
            self._keeper.look_again()

    def _stop_for_fault(self, error: Exception) -> None:
        """Send nothing more, because the ledger failed or an internal error occurred."""
        self._is_broken = self._is_broken or is_internal(error)
        self._fault = self._fault or fault_text(error)
        self._stop_lanes(self._fault)

    def _give_up_account(self, lane: Lane, reason: str) -> None:
        """Fail all firings of an account to which nothing can be sent. The other accounts continue."""
        self._unusable.setdefault(lane.account.name, reason)
        lane.stop(reason)

    def _record_what_passed(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        try:
            self._report_left_behind(plan, covers)
            self._record_settled(plan, self._record_expired(plan))
        except Exception as error:  # noqa: BLE001 - the report must say that nothing was sent, and why
            self._stop_for_fault(error)

    def _report_left_behind(self, plan: Plan, covers: Callable[[str], bool]) -> None:
        """Put the claimed firings of ended runs in doubt, and report all that such runs recorded but did not report."""
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
            self._say(f"an earlier run left firings in doubt that this run does not select: {names}")

    def _record_expired(self, plan: Plan) -> list[Firing]:
        """Record the expired firings. Return those that were not recorded.

        A firing is not recorded if another run meanwhile claimed, sent or recorded it, or if this run is stopped.
        """
        missed, recorded = plan.newly_expired, set[FiringKey]()
        found = expiry.record(
            self._ledger, self.id, missed, self._reach, lambda: self._is_stopping, self._expiry_failed
        )
        for step in found:
            self._conclude(Result(step, Outcome.EXPIRED, step.reason))
            recorded.add(step.firing.key)
        return [step.firing for step in missed if step.firing.key not in recorded]

    def _expiry_failed(self, step: Step, error: Exception) -> None:
        reason = f"the firing expired, but the ledger could not record this: {fault_text(error)}"
        self._conclude(Result(step, Outcome.FAILED, reason))

    def _record_settled(self, plan: Plan, unrecorded: Sequence[Firing]) -> None:
        """Record up to which time each schedule is settled, so that no later run checks those occurrences again."""
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
                self._say(
                    f"{key.bulletin} in {key.account}: the ledger could not record which times are settled, so the"
                    f" next run checks them again: {fault_text(error)}"
                )

    def _threads(self, lane: Lane, credentials: Credentials) -> list[threading.Thread]:
        count = min(lane.waiting, lane.account.concurrency + CLAIMS_AHEAD)

        def work() -> None:
            try:
                self._work(lane, credentials)
            except Exception as error:  # noqa: BLE001 - an internal error must not lose the results of other threads
                self._stop_for_fault(error)

        # Daemon threads: after a second signal, the process must end although a request may take minutes.
        return [threading.Thread(target=work, name=f"{lane.account.name}-{n}", daemon=True) for n in range(count)]

    def _work(self, lane: Lane, credentials: Credentials) -> None:
        try:
            client = self._client(lane.account, credentials)
        except Exception:  # noqa: BLE001 - not quoted: its text could contain the password of a proxy
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
        """Return a client of the account. Raises an exception if its address or the environment can't be used."""
        with self._lock:
            endpoint = self._endpoints.get(account.name)
            if endpoint is None:
                endpoint = Endpoint(account.base_url, credentials, self._network)
                self._endpoints[account.name] = endpoint
        client = Client(endpoint)
        client.prepare(b"{}")
        return client

    def _start(self, threads: Sequence[threading.Thread]) -> None:
        try:
            for thread in () if self._is_stopping else threads:
                thread.start()
        except RuntimeError as error:  # the system allows no more threads; the threads that started finish their work
            self._stop_for_fault(error)

    def _wait_for(self, threads: Sequence[threading.Thread]) -> None:
        is_shown = False
        for thread in threads:
            while thread.is_alive() and not self._abandoned:
                thread.join(0.05)  # short, because Python runs signal handlers only between two waits
                if self._signal is not None and not is_shown:
                    is_shown = True
                    self._stop_lanes(_INTERRUPTED)
                    self._say("interrupted: waiting for the requests in flight; interrupt again to stop at once")
        if self._signal is not None:
            self._stop_lanes(_INTERRUPTED)

    def _conclude(self, result: Result) -> None:
        with self._lock:
            if id(result.step) in self._results:
                return
            self._results[id(result.step)] = result
        self._show(self._on_result, result)

    def _fire_alone(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """Do the same as `_fire_one`, but fail only this firing after an unexpected exception.

        Such an exception comes from before the claim: `_fire_one` handles all later ones. So nothing was sent.
        """
        try:
            return self._fire_one(lane, step, client)
        except Exception as error:  # noqa: BLE001 - reported; the other firings continue
            reason = f"{fault_text(error)}, before it was sent"
            lane.note(Outcome.FAILED, reason, is_internal=True)
            return Result(step, Outcome.FAILED, reason)

    def _fire_one(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """Return how the firing ended, or None if a budget holds it back and may have room before the run ends."""
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
        except Exception as error:  # noqa: BLE001 - reported; the other firings continue
            client.close()  # a late answer on this connection must not reach another request
            result = self._claims.after_fault(claim, step, error)
            lane.note(result.outcome or Outcome.FAILED, result.reason, is_internal=True)
        settled = self._claims.settle(claim, result)
        if settled.outcome is not result.outcome:  # the outcome could not be recorded: stop the account
            lane.note(Outcome.IN_DOUBT, settled.reason, stop_account=True)
        return settled

    def _send_claimed(self, lane: Lane, step: Step, claim: Claim, client: Client) -> Result:
        """Send the firing, and retry while that is allowed. The lane learns the outcome before the slot is free again,
        so that a refusal stops the account before its next request.
        """
        request = client.prepare(step.firing.body)
        give_up_at = time.monotonic() + self._settings.retries.total_s
        attempts: list[Attempt] = []
        before = ""
        while True:
            try:
                with SendPermit(lane, lambda: self._check_out(step, claim, attempts)) as turn:
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
        """Return the wait before the next try in seconds, or None if no further try is allowed."""
        retries = self._settings.retries
        if not judgement.retry or tries >= retries.max_tries:
            return None
        delay_s = retries.delay_s(tries)
        return delay_s if time.monotonic() + delay_s < give_up_at else None

    def _check_out(self, step: Step, claim: Claim, attempts: Sequence[Attempt]) -> None:
        """Check once more, right before the first byte leaves, that the request may leave.

        Marks the claim as in flight. Raises Withheld if the firing must not be sent by this run, and Postponed if it
        may be sent a little later.
        """
        if self._is_stopping:
            raise Withheld(Outcome.SKIPPED, self._fault or _INTERRUPTED)
        if step.firing.occurrence.is_expired(clock.now()):
            raise Withheld(Outcome.EXPIRED, "its grace period ended before it could be sent")
        if self._reach.is_away:
            raise Postponed
        if not self._claims.send_off(claim, step, attempts):
            raise Withheld(Outcome.SKIPPED, _INTERRUPTED)
        if not self._lease.holds():  # the last check, because the checks before it may take long
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
