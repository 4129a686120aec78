"""Sends one firing of a lane: takes a claim, waits for a slot, sends the request, and records the outcome.

It sends again only if the first request certainly raised nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runner import clock
from runner.fire import reasons
from runner.fire.collected_results import CollectedResults
from runner.fire.holding.claims import Claims, Unclaimed
from runner.fire.holding.lease import Lease
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.lanes.backoff import Retries
from runner.fire.lanes.early_end import EarlyEnd
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.send_permit import SendForbidden, SendPermit, SendPostponed
from runner.fire.outcome import Judgement, Outcome, judge
from runner.fire.result import Result, answered, attempt, held_back_by
from runner.ledger.values import Attempt, Claim
from runner.plan.budget import HeldByBudget
from runner.plan.decide import Step
from runner.reason import Reason

if TYPE_CHECKING:
    from runner.fire.api.client import Client

EARLY_TRIES = 2  # after so many refusals of one firing, it waits although its lane goes on


class FiringSender:
    """Sends the firings of one run, for the threads of all its lanes. `has_sent`: a byte of a request may have left."""

    def __init__(
        self,
        claims: Claims,
        lease: Lease,
        access: LedgerAccess,
        early_end: EarlyEnd,
        results: CollectedResults,
        retries: Retries,
    ) -> None:
        self._claims = claims
        self._lease = lease
        self._access = access
        self._early_end = early_end
        self._results = results
        self._retries = retries
        self.has_sent = False

    def send(self, lane: Lane, step: Step, client: Client) -> Result | None:
        """Return how the firing ended, or None if a budget holds it back and may have room before the run ends.

        An unexpected exception fails only this firing. If it comes from before the claim, nothing was sent; a later one
        is handled where the claim is known.
        """
        try:
            return self._claim_and_send(lane, step, client)
        except Exception as error:  # noqa: BLE001 - reported; the other firings continue
            reason = reasons.fault_before_sending(error)
            lane.apply_outcome(Outcome.FAILED, reason, is_internal=True)
            return Result(step, Outcome.FAILED, reason)

    def _claim_and_send(self, lane: Lane, step: Step, client: Client) -> Result | None:
        now, freed = clock.now(), lane.freed
        limits = lane.allowance.limits(step)
        claim = lane.allowance.known(limits, now) or self._claims.claim_firing(step, limits)
        if isinstance(claim, HeldByBudget):
            self._results.hold_back(held_back_by(claim, step))
            lane.put_back(step, claim, freed)
            return None
        if isinstance(claim, Unclaimed):
            if claim.outcome is Outcome.SKIPPED:
                lane.record_skip()
            else:
                lane.apply_outcome(claim.outcome, claim.reason, is_internal=claim.is_internal)
            return Result(step, claim.outcome, claim.reason)
        try:
            result = self._send_claimed(lane, step, claim, client)
        except Exception as error:  # noqa: BLE001 - reported; the other firings continue
            client.close()  # a late answer on this connection must not reach another request
            result = self._claims.after_fault(claim, step, error)
            lane.apply_outcome(result.outcome or Outcome.FAILED, result.reason, is_internal=True)
        settled = self._claims.settle(claim, result)
        if settled.outcome is not result.outcome:  # the outcome could not be recorded: stop the account
            lane.apply_outcome(Outcome.IN_DOUBT, settled.reason, stop_account=True)
        return settled

    def _send_claimed(self, lane: Lane, step: Step, claim: Claim, client: Client) -> Result:
        """Send the firing, and retry while that is allowed. The lane learns the outcome before the slot is free again,
        so that a refusal stops the account before its next request.
        """
        request = client.prepare(step.firing.body)
        give_up_at = time.monotonic() + self._retries.total_s
        attempts: list[Attempt] = []
        last: Reason | None = None
        answered_before = lane.answered
        while True:
            try:
                with SendPermit(lane, lambda: self._check_out(step, claim, attempts)) as permit:
                    answer = client.send(request, permit)
                    judgement = judge(answer, client.redacted)
                    attempts.append(attempt(len(attempts) + 1, answer, judgement, client.redacted))
                    delay_s = self._delay_s(judgement, len(attempts), give_up_at)
                    if delay_s is None:
                        # An API that refused all tries of a firing, and no other request, refuses the next firings too.
                        refuses_all = judgement.slow_down and lane.answered == answered_before
                        stops = judgement.stop_account or refuses_all
                        lane.apply_outcome(judgement.outcome, judgement.reason, stop_account=stops)
                    if judgement.slow_down:
                        delay_s = permit.refuse(delay_s, is_early=len(attempts) <= EARLY_TRIES)
                    if delay_s is None:
                        return answered(step, answer, judgement, attempts)
            except SendForbidden as withheld:
                outcome = withheld.outcome
                reason = withheld.reason if last is None else reasons.after_tries(withheld.reason, last)
                if outcome is Outcome.SKIPPED and self._early_end.is_unusable(lane):
                    outcome = Outcome.FAILED
                lane.apply_outcome(outcome, reason)
                return Result(step, outcome, reason, tries=len(attempts), attempts=tuple(attempts))
            except SendPostponed:
                self._claims.mark_unsent(claim, step)
                self._lease.wait(unless=lambda: self._early_end.is_stopping)
                continue
            last = judgement.reason
            self._claims.mark_unsent(claim, step)
            self._early_end.wait(delay_s)

    def _delay_s(self, judgement: Judgement, tries: int, give_up_at: float) -> float | None:
        """Return the wait before the next try in seconds, or None if no further try is allowed."""
        if not judgement.retry or tries >= self._retries.max_tries:
            return None
        delay_s = self._retries.delay_s(tries)
        return delay_s if time.monotonic() + delay_s < give_up_at else None

    def _check_out(self, step: Step, claim: Claim, attempts: Sequence[Attempt]) -> None:
        """Check once more, right before the first byte leaves, that the request may leave.

        Marks the claim as in flight. Raises SendForbidden if the firing must not be sent by this run, and SendPostponed
        if it may be sent a little later.
        """
        if self._early_end.is_stopping:
            raise SendForbidden(Outcome.SKIPPED, self._early_end.reason)
        if step.firing.occurrence.is_expired(clock.now()):
            raise SendForbidden(Outcome.EXPIRED, reasons.grace_ended())
        if self._access.is_away:
            raise SendPostponed
        if not self._claims.mark_in_flight(claim, step, attempts):
            raise SendForbidden(Outcome.SKIPPED, reasons.interrupted())
        if not self._lease.holds():  # the last check, because the checks before it may take long
            raise SendPostponed
        self.has_sent = True
