"""The lane of one account: its pending firings, its slots, and the reasons to slow it down or to stop it.

Threads of the run take a firing from the lane, and use one of its slots for each request. Each thread reports the
outcome to the lane. One lock guards all state.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable

from runner.definitions.model import Account
from runner.fire import reasons
from runner.fire.lanes.budget_memory import BudgetMemory
from runner.fire.lanes.release_pause import Departure, ReleasePause
from runner.fire.outcome import Outcome
from runner.plan.budget import HeldByBudget, Limit
from runner.plan.decide import Step
from runner.reason import Reason

DOUBTS_IN_A_ROW = 3
FAULTS_IN_A_ROW = 3  # internal errors: one that every firing meets must not be repeated for thousands of firings
_SLOW_DOWN_S = 10.0
_CHECK_S = 1.0  # the longest wait for a slot before the next check; a slot that becomes free ends the wait at once


class Lane:
    """The firings of one account in order, and its slots.

    With `canary`, the first firing must be fired before the others start; if it is not, the lane stops. `reserve` holds
    firings that the plan holds back because of a budget: they start only if a firing before them is not sent.
    """

    def __init__(
        self, account: Account, steps: Iterable[Step], *, canary: bool = False, reserve: Iterable[Step] = ()
    ) -> None:
        self.account = account
        self.allowance = BudgetMemory(account)
        self._waiting = deque(steps)
        self._held: dict[tuple[Limit, ...], deque[Step]] = {}  # held back by these budgets, in the order of the plan
        for step in reserve:
            self._held.setdefault(self.allowance.limits(step), deque()).append(step)
        self._taken = 0  # firings that were taken and have not ended
        self.freed = 0  # firings that were taken and ended unsent
        lock = threading.RLock()
        # Two conditions: if a free slot woke a thread that waits for a firing, the slot would stay idle.
        self._changed = threading.Condition(lock)  # there may be a firing to take
        self._slot_changed = threading.Condition(lock)  # there may be a free slot
        self._in_flight = 0
        self._limit = account.concurrency
        self._slow_until = 0.0
        self._paused_until = 0.0
        self._doubts = 0
        self._faults = 0
        self._canary_waits = canary and len(self._waiting) > 0
        self._canary_taken = False
        self._slots: list[int] = []
        self.threads_without_firing = 0  # threads that wait for a firing
        self.threads_without_slot = 0  # threads that wait for a slot
        self._pause = ReleasePause(account.concurrency)
        self.answered = 0  # requests that the API did not refuse with 429
        self._giving_up = 0  # slots to give back as soon as they are idle
        self._suspended = False
        self.on_need: Callable[[], object] = lambda: None  # called if slots are missing, or one to give back is idle
        self.stopped: Reason | None = None

    def take(self) -> Step | None:
        """Return the next firing, or None if there is none or the lane has stopped.

        Waits until the canary has ended. If only firings that a budget holds back are left, waits for the firings that
        were taken: one that ends unsent makes room in the budget.
        """
        with self._changed:
            self.threads_without_firing += 1
            self._changed.wait_for(self._can_decide)
            self.threads_without_firing -= 1
            if self.stopped or not self._waiting:
                return None
            self._canary_taken = True
            self._taken += 1
            return self._waiting.popleft()

    def _can_decide(self) -> bool:
        if self.stopped:
            return True
        if self._canary_taken and self._canary_waits:
            return False
        return bool(self._waiting or not self._taken or not any(self._held.values()))

    def put_back(self, step: Step, held: HeldByBudget, freed: int) -> None:
        """Put back a firing that was taken and that a budget holds back. It starts again if the budget gets room.

        `freed` is the lane's `freed` from before the budget was checked. If it has changed since, the budget may have
        room, and the firing is next. If the firing was the canary, the next firing becomes the canary.
        """
        with self._changed:
            self._taken -= 1
            self._canary_taken = False
            if freed == self.freed:
                self.allowance.remember(held)
                self._held.setdefault(self.allowance.limits(step), deque()).appendleft(step)
            else:
                self._waiting.appendleft(step)
            self._changed.notify_all()

    def record_skip(self) -> None:
        """Record that the firing taken last was skipped. If it was the canary, the next firing becomes the canary."""
        with self._changed:
            self._canary_taken = False
            self._changed.notify_all()

    def finish_firing(self, outcome: Outcome | None) -> None:
        """Record that a firing that was taken has ended.

        If it certainly was not sent, budgets may have room: for each set of budgets, the first firing that they hold
        back may try again.
        """
        with self._changed:
            self._taken -= 1
            if outcome not in (Outcome.FIRED, Outcome.IN_DOUBT):
                self.freed += 1
                self.allowance.forget()
                self._waiting += [held.popleft() for held in self._held.values() if held]
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many firings no thread has taken."""
        with self._changed:
            return len(self._waiting)

    def acquire(self) -> Departure | None:
        """Wait for a free slot and occupy it. Return None, without a slot, if the lane has stopped."""
        with self._changed:
            self.threads_without_slot += 1
            while not self.stopped and (delay := self.blocked_for_s()) is not None:
                if self._shortage:
                    self.on_need()
                self._slot_changed.wait(delay)
            self.threads_without_slot -= 1
            if self.stopped:
                return None
            departure = self._pause.depart(time.monotonic(), self._free)
            self._in_flight += 1
            if self.threads_without_slot:
                self._slot_changed.notify()  # another slot may be free: its notice may have woken this thread
            return departure

    def release(self, departure: Departure) -> None:
        """Free the slot of a request that the API did not refuse with 429."""
        with self._changed:
            self._pause.accept(departure, time.monotonic())
            self.answered += 1
            self._free_slot()

    def cancel(self, departure: Departure) -> None:
        """Free the slot of a request that did not leave."""
        with self._changed:
            self._pause.forget(departure)
            self._free_slot()

    def refuse(self, departure: Departure, delay_s: float, *, is_early: bool) -> float:
        """Free the slot of a request that was refused with 429. Return the wait before its next try in seconds.

        If the server counted an earlier request for longer, the lane learns that and goes on; then the request waits
        for its slot only, if it `is_early`. Any other refusal slows the lane down.
        """
        with self._changed:
            is_learned = self._pause.refuse(departure, time.monotonic())
            if not is_learned:
                self.slow_down(delay_s)
            self._free_slot()
            return 0.0 if is_learned and is_early else delay_s

    def _free_slot(self) -> None:
        self._in_flight -= 1
        if self._giving_up:
            self.on_need()
        self._slot_changed.notify()

    @property
    def _free(self) -> int:
        return len(self._slots) - self._in_flight

    @property
    def slots(self) -> tuple[int, ...]:
        """The numbers of the slots that the lane holds."""
        with self._changed:
            return tuple(self._slots)

    @property
    def shortage(self) -> int:
        """How many more slots the lane could use now."""
        with self._changed:
            return self._shortage

    @property
    def surplus(self) -> int:
        """How many slots the lane should give back now: every idle one if it has stopped or has no more firings."""
        with self._changed:
            is_over = self.stopped or not (self._waiting or self.threads_without_slot)
            return len(self._slots) - self._in_flight if is_over else self._giving_up

    @property
    def _shortage(self) -> int:
        if self.stopped or self._suspended or self._giving_up:
            return 0
        return max(0, min(self._in_flight + self.threads_without_slot, self._present_limit()) - len(self._slots))

    def grant(self, numbers: Iterable[int]) -> None:
        """Add slots to those that the lane holds."""
        with self._changed:
            self._slots += numbers
            self._slot_changed.notify_all()

    def give_up_one(self) -> None:
        """Mark one slot, if the lane has one, to be given back as soon as it is idle."""
        with self._changed:
            self._giving_up = min(1, len(self._slots))

    def retain(self, numbers: Collection[int]) -> None:
        """Keep only the slots with these numbers. The others no longer belong to this run."""
        with self._changed:
            self._slots = [number for number in self._slots if number in numbers]
            self._giving_up = min(self._giving_up, len(self._slots))  # a slot that is lost can't be given back

    def withdraw(self, count: int) -> list[int]:
        """Remove up to `count` idle slots from the lane, and return their numbers."""
        with self._changed:
            idle = max(0, min(count, len(self._slots) - self._in_flight))
            taken, self._slots = self._slots[:idle], self._slots[idle:]
            self._giving_up = max(0, self._giving_up - idle)
            return taken

    def suspend(self, suspended: bool) -> None:
        """Start no further request while `suspended` is true."""
        with self._changed:
            self._suspended = suspended
            self._slot_changed.notify_all()

    def blocked_for_s(self) -> float | None:
        """Return how long to wait before the next check in seconds, or None if a slot is free now."""
        now = time.monotonic()
        if now < self._paused_until:
            return self._paused_until - now
        limit = min(self._present_limit(), len(self._slots) - self._giving_up)
        if self._in_flight >= limit or self._suspended:
            return _CHECK_S
        delay_s = self._pause.ready_at(now, self._free) - now
        return delay_s if delay_s > 0 else None

    def _present_limit(self) -> int:
        return self._limit if time.monotonic() < self._slow_until else self.account.concurrency

    def slow_down(self, pause_s: float) -> None:
        """After a 429 of another cause: start no request for `pause_s`, and allow one fewer in flight for 10 s."""
        with self._changed:
            now = time.monotonic()
            self._limit = max(1, self._present_limit() - 1)
            self._slow_until = now + _SLOW_DOWN_S
            self._paused_until = max(self._paused_until, now + pause_s)

    def apply_outcome(
        self, outcome: Outcome, reason: Reason | None, *, stop_account: bool = False, is_internal: bool = False
    ) -> None:
        """Stop the lane if the outcome of a firing requires that, and let the others start after a canary.

        The lane stops if `stop_account` is set, if the canary was not fired, after three firings in a row in doubt, and
        after three internal errors in a row. `is_internal` is true if an internal error ended the firing.
        """
        with self._changed:
            self._faults = self._faults + 1 if is_internal else 0
            if outcome is Outcome.IN_DOUBT:
                self._doubts += 1
            elif outcome in (Outcome.FIRED, Outcome.FAILED):
                self._doubts = 0
            if stop_account:
                self._stop(reasons.account_refused(reason))
            elif self._doubts >= DOUBTS_IN_A_ROW:
                self._stop(reasons.account_in_doubt(self._doubts))
            elif self._faults >= FAULTS_IN_A_ROW:
                self._stop(reasons.account_faulty(self._faults))
            elif self._canary_waits and outcome is not Outcome.FIRED:
                self._stop(reasons.canary_not_fired(reason.text if reason else outcome.value))
            self._canary_waits = False
            self._changed.notify_all()

    def stop(self, reason: Reason) -> None:
        """Start no further request. Requests in flight continue."""
        with self._changed:
            self._stop(reason)

    def _stop(self, reason: Reason) -> None:
        self.stopped = self.stopped or reason
        self._changed.notify_all()
        self._slot_changed.notify_all()
