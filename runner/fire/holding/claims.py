"""The claims of a run: takes a firing, gets a claim from the ledger, and records the outcome of the firing.

The rule: a firing is sent only with a claim that the ledger has committed, and no other run can claim it meanwhile.
A claim ends when its outcome is recorded. If the process is killed before that, the firing becomes in doubt, and no
run sends it again. This module knows, for each open claim, the result to record if the run had to end now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import NamedTuple

from runner import clock
from runner.fire import reasons
from runner.fire.fault_scope import concerns_ledger, fault_text
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.ledger.ledger_errors import Unstorable
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Attempt, Claim, ClaimRequest, OutcomeRecord, Settlement
from runner.ledger.writer import LedgerWriter
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.decide import Step
from runner.plan.history import State
from runner.reason import Reason

_STATES = {Outcome.FIRED: State.FIRED, Outcome.FAILED: State.FAILED, Outcome.IN_DOUBT: State.IN_DOUBT}
_PATIENCE_S = 2.0  # how long an abandoned run waits for claims that are being committed


class Unclaimed(NamedTuple):
    """A firing that got no claim: its outcome and the reason. `is_internal` is true after an internal error."""

    outcome: Outcome
    reason: Reason
    is_internal: bool = False


class _Held(NamedTuple):
    claim: Claim
    result: Result  # what to record if the run ended now


class Claims:
    """The claims of one run. Several threads may use them. No method raises.

    If the ledger can't be reached, each operation is repeated for the patience of `access`; a new claim only until
    `is_stopping` returns true. `on_fault` is called with an error that concerns the whole ledger. Any other error ends
    only its own firing.
    """

    def __init__(
        self,
        writer: LedgerWriter,
        access: LedgerAccess,
        *,
        is_stopping: Callable[[], bool],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._writer = writer
        self._access = access
        self._is_stopping = is_stopping
        self._on_fault = on_fault
        self._changed = threading.Condition()
        self._held: dict[str, _Held] = {}  # by the claim's id
        self._unconfirmed: list[Claim] = []  # requested, but perhaps not committed
        self._requested = 0
        self._given_back = False

    def claim_firing(self, step: Step, limits: tuple[Limit, ...] = ()) -> Claim | HeldByBudget | Unclaimed:
        """Claim the firing and charge it to the budgets `limits`.

        Returns the claim, the budget that holds the firing back, or the reason why there is no claim.
        """
        with self._changed:
            self._requested += 1
        claim: Claim | HeldByBudget | None = None
        request = ClaimRequest(new_ulid(), step.firing, clock.now(), limits)
        expires = step.firing.occurrence.expires_at is not None
        unclaimed = Unclaimed(Outcome.SKIPPED, reasons.claimed_by_another_run(expires=expires))
        try:
            claim = self._access.perform(lambda: self._writer.claim(request), unless=self._is_stopping)
        except Unstorable as error:  # the ledger can't store this firing, so there is no claim
            unclaimed = Unclaimed(Outcome.FAILED, reasons.ledger_cannot_store(error.message))
        except Exception as error:  # noqa: BLE001 - reported; then this firing ends, or the run
            self._unconfirmed.append(Claim(request.id, step.firing.key))
            if concerns_ledger(error):
                self._on_fault(error)
                unclaimed = Unclaimed(Outcome.SKIPPED, reasons.stopped_by(error))
            else:
                unclaimed = Unclaimed(Outcome.FAILED, reasons.stopped_by(error), is_internal=True)
        with self._changed:
            self._requested -= 1
            if isinstance(claim, Claim):
                self._held[claim.id] = _Held(claim, _unsent(step))
            self._changed.notify_all()
        return claim or unclaimed

    def mark_in_flight(self, claim: Claim, step: Step, attempts: Sequence[Attempt]) -> bool:
        """Record that the request of the firing leaves now, after `attempts` that certainly raised nothing.

        Returns False if the claim was given back: then the request must not leave.
        """
        reason = reasons.run_ended_in_flight()
        tries, before = len(attempts) + 1, tuple(attempts)
        result = Result(step, Outcome.IN_DOUBT, reason, tries=tries, started_at=clock.now(), attempts=before)
        with self._changed:
            if not self._given_back:
                self._held[claim.id] = _Held(claim, result)
            return not self._given_back

    def mark_unsent(self, claim: Claim, step: Step) -> None:
        """Record that the firing certainly was not sent, and that no request of it is in flight."""
        self._keep(_Held(claim, _unsent(step)))

    def _keep(self, held: _Held) -> None:
        with self._changed:
            if not self._given_back:
                self._held[held.claim.id] = held

    def after_fault(self, claim: Claim, step: Step, error: Exception) -> Result:
        """Return how a firing ends after an unexpected exception: in doubt if a byte of its request may have left."""
        with self._changed:
            held = self._held.get(claim.id)
        if held is not None and held.result.outcome is Outcome.IN_DOUBT:
            return replace(held.result, reason=reasons.fault_in_flight(error))
        return Result(step, Outcome.FAILED, reasons.fault_before_sending(error))

    def settle(self, claim: Claim, result: Result) -> Result:
        """Record the outcome in the ledger and return the result. If it can't be recorded, the firing is in doubt."""
        self._keep(_Held(claim, result))
        try:
            settled, omitted = self._write(claim, result)
        except Exception as error:  # noqa: BLE001 - the report must still contain the outcome
            if concerns_ledger(error):
                self._on_fault(error)
            reason = reasons.outcome_not_recorded(f"{result.outcome}", result.reason, error)
            return replace(result, outcome=Outcome.IN_DOUBT, reason=reason)
        with self._changed:
            self._held.pop(claim.id, None)
        warnings: tuple[str, ...] = (f"the ledger could not record the whole answer: {omitted}",) if omitted else ()
        if not settled:
            warnings += (
                "somebody settled it in the ledger while its request was in flight; the ledger keeps that outcome",
            )
        return replace(result, warnings=(*result.warnings, *warnings)) if warnings else result

    def _write(self, claim: Claim, result: Result) -> tuple[bool, str]:
        """Return whether the claim was still open, and why the answer was not recorded whole, if it was not.

        The state must be recorded even if the ledger refuses the texts: they are then written in ASCII, or left out.
        """
        outcome, now = result.outcome or Outcome.SKIPPED, clock.now()
        settlement = Settlement(
            _STATES.get(outcome, State.RELEASED),
            None if result.reason is None else result.reason.text,
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
        bare = OutcomeRecord(claim, Settlement(settlement.state), now)
        return self._access.perform(lambda: self._writer.settle(bare)), omitted

    def _record(self, claim: Claim, result: Result, settlement: Settlement, now: datetime) -> bool:
        expired = result.step.firing if result.outcome is Outcome.EXPIRED else None
        outcome = OutcomeRecord(claim, settlement, now, expired)
        return self._access.perform(lambda: self._writer.settle(outcome))

    def release_unconfirmed(self) -> None:
        """Release each claim that was requested and perhaps not committed. Nothing was sent with such a claim."""
        settlement = Settlement(State.RELEASED, "the ledger could not be reached when it was claimed")
        try:
            for claim in self._unconfirmed:
                outcome = OutcomeRecord(claim, settlement, clock.now())
                self._access.perform(partial(self._writer.settle, outcome))
        except Exception as error:  # noqa: BLE001 - reported; a claim that exists becomes in doubt when the run ends
            self._on_fault(error)

    def give_back(self) -> Iterator[Result]:
        """Record the present result of each open claim, without waiting for its thread.

        Then `mark_in_flight` returns False for these claims.
        """
        with self._changed:
            self._given_back = True
            self._changed.wait_for(lambda: not self._requested, _PATIENCE_S)
            held = tuple(self._held.values())
        for each in held:
            yield self.settle(each.claim, each.result)


def _in_ascii(settlement: Settlement) -> Settlement:
    """Return the settlement with all texts in ASCII, which every database stores, and without the count of the API."""
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
    return Result(step, Outcome.SKIPPED, reasons.run_ended_before_sending())
