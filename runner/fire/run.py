"""The run: a plan's firings → results. Claim, slot, send, record; retry what certainly was not sent.

Each account has a lane, and a few threads more than slots: each holds a committed claim before it waits for a
slot, so that the account never waits for the ledger's disk.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from runner.definitions.model import Account
from runner.errors import UserError
from runner.fire.answer import Answer
from runner.fire.api import Client, Timeouts
from runner.fire.backoff import Retries
from runner.fire.credentials import Credentials
from runner.fire.lane import Lane
from runner.fire.lease import LEASE, Lease
from runner.fire.outcome import Judgement, Outcome, judge
from runner.fire.result import Ended, Result
from runner.fire.wire import Deadlines
from runner.ledger.ledger import Ledger
from runner.ledger.values import Attempt, Claim, Identity, Origin, Settlement
from runner.plan.decide import Plan, Step
from runner.plan.history import State

CLAIMS_AHEAD = 2  # threads beyond the account's slots, each with a claim in hand
_STATES = {Outcome.FIRED: State.FIRED, Outcome.FAILED: State.FAILED, Outcome.IN_DOUBT: State.IN_DOUBT}
# Whoever waits for the slot gets the interpreter before the outcome is worked on: the account must not idle.
_MAKE_WAY_S = 0.001
_INTERRUPTED = "the run was interrupted"
_ANSWER_KEPT = 2000  # characters of an answer that the ledger keeps


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run behaves; the defaults are DESIGN's."""

    canary: bool = False
    retries: Retries = field(default_factory=Retries)
    timeouts: Timeouts = field(default_factory=Timeouts)


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
        self._held: dict[str, tuple[Claim, Step]] = {}  # claims not settled yet, by id
        self._on_wire: set[str] = set()
        self._stopping = threading.Event()
        self._signal: int | None = None
        self._abandoned = False
        self._fault: str | None = None
        self._crash: str | None = None
        now = datetime.now(UTC)
        self.id = ledger.start_run(origin, identity, now=now, lease_until=now + LEASE)
        self._lease = Lease(ledger, self.id, now + LEASE, self._give_up)

    def fire(
        self,
        plan: Plan,
        accounts: Mapping[str, Account],
        credentials: Mapping[str, Credentials],
    ) -> Ended:
        """Sends what the plan sends, records every outcome, and returns when all is settled or given up."""
        self._report_left_behind(plan)
        by_account: dict[str, list[Step]] = {}
        for step in plan.to_send:
            by_account.setdefault(step.firing.key.account, []).append(step)
        with self._lease:
            self._record_expired(plan)
            threads: list[threading.Thread] = []
            for name, steps in by_account.items():
                lane = Lane(accounts[name], steps, canary=self._settings.canary)
                self._lanes.append(lane)
                threads += self._threads(lane, len(steps), credentials[name])
            for thread in threads:
                thread.start()
            self._wait_for(threads)
            if self._abandoned or self._crash:
                self._give_back()
            for lane in self._lanes:
                for step in lane.left_over():
                    self._conclude(Result(step, Outcome.SKIPPED, lane.stopped))
        with self._lock:
            results = tuple(self._results.get(id(step)) or Result(step, reason=step.reason) for step in plan.steps)
        return Ended(results, self._signal, self._fault, self._crash)

    def finish(self, exit_code: int) -> None:
        """Records in the ledger that the run ended."""
        interrupted = self._signal is not None
        self._ledger.finish_run(self.id, now=datetime.now(UTC), exit_code=exit_code, interrupted=interrupted)

    def stop(self, signal: int) -> None:
        """No new claims and no new requests; those in flight are finished and recorded.

        Like `abandon`, it may be called from a signal handler: it takes no lock.
        """
        self._signal = self._signal or signal

    def abandon(self) -> None:
        """Waits for nothing: what is in flight is in doubt."""
        self._abandoned = True

    @property
    def _is_stopping(self) -> bool:
        return self._signal is not None or self._stopping.is_set()

    def _stop_lanes(self, reason: str) -> None:
        self._stopping.set()
        for lane in self._lanes:
            lane.stop(reason)

    def _give_up(self, fault: str) -> None:
        """The ledger gave way: without it nothing may be sent."""
        self._fault = self._fault or fault
        self._stop_lanes(fault)

    def _report_left_behind(self, plan: Plan) -> None:
        """What a run that ended without a word still held is in doubt: the first run to find it says so."""
        swept = {row.key: row.reason for row in self._ledger.sweep(datetime.now(UTC))}
        for step in plan.steps:
            if step.firing.key in swept:
                self._conclude(Result(step, Outcome.IN_DOUBT, swept.pop(step.firing.key)))
        if swept:
            names = ", ".join(sorted(key.bulletin for key in swept))
            self._on_message(f"beside the selection, an earlier run left in doubt: {names}")

    def _record_expired(self, plan: Plan) -> None:
        missed = plan.newly_expired
        if not missed:
            return
        recorded = self._ledger.expire(self.id, [step.firing for step in missed], datetime.now(UTC))
        for step in missed:
            if step.firing.key in recorded:
                self._conclude(Result(step, Outcome.EXPIRED, step.reason))

    def _threads(self, lane: Lane, steps: int, credentials: Credentials) -> list[threading.Thread]:
        count = min(steps, lane.account.concurrency + CLAIMS_AHEAD)

        def work() -> None:
            client = Client(
                lane.account.base_url,
                credentials,
                version=self._version,
                deadlines=self._deadlines,
                timeouts=self._settings.timeouts,
            )
            try:
                while not self._is_stopping and (step := lane.take()) is not None:
                    self._conclude(self._fire_one(lane, step, client))
            except Exception as error:  # noqa: BLE001 - a fault of ours must not lose what the others know
                self._crash = self._crash or traceback.format_exc()
                self._give_up(f"internal error: {type(error).__name__}")
            finally:
                client.close()

        # Daemons: a second signal must not wait for a request that may take minutes.
        return [threading.Thread(target=work, name=f"{lane.account.name}-{n}", daemon=True) for n in range(count)]

    def _wait_for(self, threads: Sequence[threading.Thread]) -> None:
        told = False
        for thread in threads:
            while thread.is_alive() and not self._abandoned:
                thread.join(0.05)  # short, so that Python runs the signal handlers
                if self._signal is not None and not told:
                    told = True
                    self._stop_lanes(_INTERRUPTED)
                    self._on_message("interrupted: finishing what is in flight; once more to stop at once")
        if self._signal is not None:
            self._stop_lanes(_INTERRUPTED)

    def _conclude(self, result: Result) -> None:
        with self._lock:
            if id(result.step) in self._results:
                return
            self._results[id(result.step)] = result
        self._on_result(result)

    def _fire_one(self, lane: Lane, step: Step, client: Client) -> Result:
        try:
            claim = self._ledger.claim(self.id, step.firing, datetime.now(UTC))
        except UserError as error:
            self._give_up(error.message)
            lane.note(Outcome.SKIPPED, error.message)
            return Result(step, Outcome.SKIPPED, error.message)
        if claim is None:
            reason = "another run has claimed or sent it meanwhile"
            lane.note(Outcome.SKIPPED, reason)
            return Result(step, Outcome.SKIPPED, reason)
        with self._lock:
            self._held[claim.id] = (claim, step)
        result, attempts, stop_account = self._send_claimed(lane, step, claim, client)
        result = self._record(claim, result, attempts)
        lane.note(result.outcome or Outcome.SKIPPED, result.reason, stop_account=stop_account)
        return result

    def _send_claimed(self, lane: Lane, step: Step, claim: Claim, client: Client) -> tuple[Result, list[Attempt], bool]:
        request = client.prepare(step.firing.body)
        give_up_at = time.monotonic() + self._settings.retries.total_s
        attempts: list[Attempt] = []
        before = ""
        while True:
            turn = _Turn(lane, lambda: self._check_out(step, claim))
            try:
                with turn:
                    answer = client.send(request, turn.take)
            except _Withheld as withheld:
                return Result(step, withheld.outcome, withheld.reason + before, tries=len(attempts)), attempts, False
            judgement = judge(answer)
            attempts.append(_attempt(len(attempts) + 1, answer, judgement))
            delay_s = self._settings.retries.delay_s(len(attempts))
            tries_left = len(attempts) < self._settings.retries.max_tries
            if not (judgement.retry and tries_left and time.monotonic() + delay_s < give_up_at):
                return _result(step, answer, judgement, len(attempts)), attempts, judgement.stop_account
            before = f"; before that: {judgement.reason}"
            if judgement.slow_down:
                lane.slow_down(delay_s)
            with self._lock:
                self._on_wire.discard(claim.id)
            self._stopping.wait(delay_s)

    def _check_out(self, step: Step, claim: Claim) -> None:
        """The last look before the first byte leaves: puts the claim on the wire, or raises _Withheld."""
        now = datetime.now(UTC)
        if self._is_stopping:
            raise _Withheld(Outcome.SKIPPED, self._fault or _INTERRUPTED)
        if step.firing.occurrence.is_expired(now):
            raise _Withheld(Outcome.EXPIRED, "its grace ran out before it could be sent")
        if not self._lease.holds(now):
            raise _Withheld(Outcome.SKIPPED, "the run slept past its lease")
        with self._lock:
            if self._abandoned:
                raise _Withheld(Outcome.SKIPPED, _INTERRUPTED)
            self._on_wire.add(claim.id)

    def _record(self, claim: Claim, result: Result, attempts: Sequence[Attempt]) -> Result:
        """Writes the outcome to the ledger; where that fails, a person has to look."""
        outcome = result.outcome or Outcome.SKIPPED
        settlement = Settlement(
            _STATES.get(outcome, State.RELEASED),
            result.reason,
            result.http_status,
            result.error,
            result.bulletins_sent,
            tuple(attempts),
        )
        now = datetime.now(UTC)
        try:
            if outcome is Outcome.EXPIRED:
                self._ledger.expire_claimed(claim, self.id, result.step.firing, settlement, now)
                settled = True
            else:
                settled = self._ledger.settle(claim, settlement, now)
        except UserError as error:
            self._give_up(error.message)
            if outcome not in (Outcome.FIRED, Outcome.IN_DOUBT):
                reason = f"{outcome.value} ({result.reason}), but that could not be recorded: {error.message}"
            else:
                reason = f"{outcome.value}, but that could not be recorded: {error.message}"
            return replace(result, outcome=Outcome.IN_DOUBT, reason=reason)
        with self._lock:
            self._held.pop(claim.id, None)
        if not settled:
            warning = "somebody settled it in the ledger while it was on its way; the ledger keeps their word"
            return replace(result, warnings=(*result.warnings, warning))
        return result

    def _give_back(self) -> None:
        """After a second signal: settles what this run holds, without waiting for the threads that hold it."""
        with self._lock:
            held, on_wire = list(self._held.values()), set(self._on_wire)
        for claim, step in held:
            if claim.id in on_wire:
                self._conclude(
                    self._record(claim, Result(step, Outcome.IN_DOUBT, "interrupted in flight", tries=1), ())
                )
            else:
                self._conclude(self._record(claim, Result(step, Outcome.SKIPPED, _INTERRUPTED), ()))


class _Withheld(Exception):
    """A claimed firing that must not go out now, and why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class _Turn:
    """One request's turn in its lane: taken when the first byte is about to leave, given back at the end."""

    def __init__(self, lane: Lane, check_out: Callable[[], None]) -> None:
        self._lane = lane
        self._check_out = check_out
        self._taken = False

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._lane.release()
            time.sleep(_MAKE_WAY_S)

    def take(self) -> None:
        """Waits for a slot, then looks a last time. Raises _Withheld."""
        self._taken = self._lane.acquire()
        if not self._taken:
            raise _Withheld(Outcome.SKIPPED, self._lane.stopped or _INTERRUPTED)
        self._check_out()


def _result(step: Step, answer: Answer, judgement: Judgement, tries: int) -> Result:
    warnings: tuple[str, ...] = ()
    if judgement.outcome is Outcome.FIRED and not judgement.bulletins_sent:
        said = "0 bulletins were sent: is one published for the event?"
        warnings = (said if judgement.bulletins_sent == 0 else "the answer does not say how many bulletins were sent",)
    return Result(
        step,
        judgement.outcome,
        judgement.reason,
        answer.http_status,
        answer.error,
        judgement.bulletins_sent,
        tries,
        answer.started_at,
        round(answer.latency_ms, 1),
        warnings,
    )


def _attempt(number: int, answer: Answer, judgement: Judgement) -> Attempt:
    return Attempt(
        number,
        answer.started_at,
        round(answer.latency_ms, 1),
        judgement.sent.value,
        answer.http_status,
        answer.body.decode("utf-8", "replace")[:_ANSWER_KEPT] if answer.body else None,
        answer.error,
    )
