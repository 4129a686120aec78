"""What a run holds in the ledger: claims taken, kept in view while they are sent, and settled.

For each claim that is not settled it knows what would have to be recorded if the run ended now, so that no end of
a run leaves a firing without a word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from runner import clock
from runner.fire.fault_scope import concerns_ledger, fault_text
from runner.fire.holding.ledger_access import Reach
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.ledger.database.database_errors import Unstorable
from runner.ledger.ledger import Ledger
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, Settlement
from runner.plan.budget import Held, Limit
from runner.plan.decide import Step
from runner.plan.history import State

_STATES = {Outcome.FIRED: State.FIRED, Outcome.FAILED: State.FAILED, Outcome.IN_DOUBT: State.IN_DOUBT}
_PATIENCE_S = 2.0  # for claims that are being committed when everything stops at once


class Unclaimed(NamedTuple):
    """A firing without a claim: how it ends, and why. `is_internal` where a fault of this program is the cause."""

    outcome: Outcome
    reason: str
    is_internal: bool = False


class _Held(NamedTuple):
    claim: Claim
    result: Result  # what is true of it now


class Claims:
    """The claims of one run. May be used from several threads.

    Waits for a ledger that is away as long as `reach` has patience; for new claims only until the run `is_stopping`.
    No exception comes out of here. `on_fault` is called for those that concern the ledger as a whole; one that concerns
    a single firing ends that firing alone.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: str,
        reach: Reach,
        *,
        is_stopping: Callable[[], bool],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._reach = reach
        self._is_stopping = is_stopping
        self._on_fault = on_fault
        self._changed = threading.Condition()
        self._held: dict[str, _Held] = {}  # by the claim's id
        self._unconfirmed: list[Claim] = []  # asked for; nobody knows whether the ledger has them
        self._being_taken = 0
        self._given_back = False

    def take(self, step: Step, limits: tuple[Limit, ...] = ()) -> Claim | Held | Unclaimed:
        """A claim on the firing, charged to budgets; or what holds it back, or another reason for having none."""
        with self._changed:
            self._being_taken += 1
        claim: Claim | Held | None = None
        asked, now = Claim(new_ulid(), step.firing.key), clock.now()
        expires = step.firing.occurrence.expires_at is not None
        ended = "claimed or sent it, or told it as expired," if expires else "claimed or sent it"
        unclaimed = Unclaimed(Outcome.SKIPPED, f"another run has {ended} meanwhile")
        try:
            claim = self._reach.insist(
                lambda: self._ledger.claim_within(self._run, step.firing, now, limits, claim_id=asked.id),
                unless=self._is_stopping,
            )
        except Unstorable as error:  # the ledger has refused it, so there is no claim
            unclaimed = Unclaimed(Outcome.FAILED, error.message)
        except Exception as error:  # noqa: BLE001 - reported; then this firing ends, or the run
            self._unconfirmed.append(asked)
            if concerns_ledger(error):
                self._on_fault(error)
                unclaimed = Unclaimed(Outcome.SKIPPED, fault_text(error))
            else:
                unclaimed = Unclaimed(Outcome.FAILED, fault_text(error), is_internal=True)
        with self._changed:
            self._being_taken -= 1
            if isinstance(claim, Claim):
                self._held[claim.id] = _Held(claim, _unsent(step))
            self._changed.notify_all()
        return claim or unclaimed

    def send_off(self, claim: Claim, step: Step, attempts: Sequence[Attempt]) -> bool:
        """Notes that the firing is on the wire from now on, after `attempts` that certainly did not send it.

        False where it has been given back, and must not go.
        """
        reason = "the run was cut short while it was in flight"
        tries, before = len(attempts) + 1, tuple(attempts)
        result = Result(step, Outcome.IN_DOUBT, reason, tries=tries, started_at=clock.now(), attempts=before)
        with self._changed:
            if not self._given_back:
                self._held[claim.id] = _Held(claim, result)
            return not self._given_back

    def bring_home(self, claim: Claim, step: Step) -> None:
        """Notes that the firing is off the wire again, certainly not sent."""
        self._keep(_Held(claim, _unsent(step)))

    def _keep(self, held: _Held) -> None:
        with self._changed:
            if not self._given_back:
                self._held[held.claim.id] = held

    def after_fault(self, claim: Claim, step: Step, error: Exception) -> Result:
        """How a firing ends whose sending met an unexpected exception: in doubt where a byte of it may have left."""
        with self._changed:
            held = self._held.get(claim.id)
        if held is not None and held.result.outcome is Outcome.IN_DOUBT:
            return replace(held.result, reason=f"{fault_text(error)}, while it was in flight")
        return Result(step, Outcome.FAILED, f"{fault_text(error)}, before it was sent")

    def settle(self, claim: Claim, result: Result) -> Result:
        """Writes the outcome to the ledger and returns it; in doubt where that fails, for a person has to look."""
        self._keep(_Held(claim, result))
        try:
            settled, omitted = self._write(claim, result)
        except Exception as error:  # noqa: BLE001 - what is known of the firing must still reach the report
            if concerns_ledger(error):
                self._on_fault(error)
            said = f"{result.outcome} ({result.reason})" if result.reason else f"{result.outcome}"
            reason = f"{said}, but that could not be recorded: {fault_text(error)}"
            return replace(result, outcome=Outcome.IN_DOUBT, reason=reason)
        with self._changed:
            self._held.pop(claim.id, None)
        warnings: tuple[str, ...] = (f"not all of the answer could be recorded: {omitted}",) if omitted else ()
        if not settled:
            warnings += ("somebody settled it in the ledger while it was on its way; the ledger keeps their word",)
        return replace(result, warnings=(*result.warnings, *warnings)) if warnings else result

    def _write(self, claim: Claim, result: Result) -> tuple[bool, str]:
        """Whether it was still this run's to settle, and why less than all was recorded, if so.

        The state counts more than the words: where the ledger refuses them, they are written in ASCII, or left out.
        """
        outcome, now = result.outcome or Outcome.SKIPPED, clock.now()
        settlement = Settlement(
            _STATES.get(outcome, State.RELEASED),
            result.reason,
            result.http_status,
            result.error,
            result.bulletins_sent,
            result.attempts,
        )
        try:
            return self._record(claim, result, settlement, now), ""
        except Exception as error:
            if concerns_ledger(error):
                raise
            omitted = fault_text(error)
        try:
            return self._record(claim, result, _in_ascii(settlement), now), omitted
        except Exception as error:
            if concerns_ledger(error):
                raise
        return self._reach.insist(lambda: self._ledger.settle(claim, Settlement(settlement.state), now)), omitted

    def _record(self, claim: Claim, result: Result, settlement: Settlement, now: datetime) -> bool:
        if result.outcome is Outcome.EXPIRED:
            firing = result.step.firing
            return self._reach.insist(lambda: self._ledger.expire_claimed(claim, self._run, firing, settlement, now))
        return self._reach.insist(lambda: self._ledger.settle(claim, settlement, now))

    def forgo_unconfirmed(self) -> None:
        """Frees the claims of which nobody knows whether the ledger has them: nothing was sent with them."""
        settlement = Settlement(State.RELEASED, "the ledger could not be reached when it was claimed")
        try:
            for claim in self._unconfirmed:
                self._reach.insist(partial(self._ledger.settle, claim, settlement, clock.now()))
        except Exception as error:  # noqa: BLE001 - told; where they exist, the end of the run puts them in doubt
            self._on_fault(error)

    def give_back(self) -> Iterator[Result]:
        """Settles all that is held, without waiting for the threads that hold it; none of it can be sent off then."""
        with self._changed:
            self._given_back = True
            self._changed.wait_for(lambda: not self._being_taken, _PATIENCE_S)
            held = tuple(self._held.values())
        for each in held:
            yield self.settle(each.claim, each.result)


def _in_ascii(settlement: Settlement) -> Settlement:
    """The same in words that every database takes, and without numbers that it may not take."""
    attempts = (replace(each, answer=_ascii(each.answer), error=_ascii(each.error)) for each in settlement.attempts)
    return replace(
        settlement,
        reason=_ascii(settlement.reason),
        error=_ascii(settlement.error),
        bulletins_sent=None,
        attempts=tuple(attempts),
    )


def _ascii(text: str | None) -> str | None:
    return None if text is None else text.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")


def _unsent(step: Step) -> Result:
    return Result(step, Outcome.SKIPPED, "the run was cut short before it was sent")
