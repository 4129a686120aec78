"""One account's lane: the firings that wait for it, the slots that it holds, and what slows or stops it.

Threads take firings from it and use one of its slots for each request. All state is under one lock.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable

from runner.definitions.model import Account
from runner.fire.lanes.budget_memory import Allowance
from runner.fire.outcome import Outcome
from runner.plan.budget import Held, Limit
from runner.plan.decide import Step

DOUBTS_IN_A_ROW = 3
FAULTS_IN_A_ROW = 3  # of this program: what fails for every firing must not be tried for thousands
_SLOW_DOWN_S = 10.0
_LOOK_S = 1.0  # between two looks for a slot; whatever makes room wakes who waits at once


class Lane:
    """The firings of one account, in order, and the right to send them."""

    def __init__(
        self, account: Account, steps: Iterable[Step], *, canary: bool = False, reserve: Iterable[Step] = ()
    ) -> None:
        self.account = account
        self.allowance = Allowance(account)
        self._waiting = deque(steps)
        self._held: dict[tuple[Limit, ...], deque[Step]] = {}  # by budgets, in order: they go if these have room again
        for step in reserve:
            self._held.setdefault(self.allowance.limits(step), deque()).append(step)
        self._out = 0  # taken, and not known how they end
        self.freed = 0  # how many of them ended unsent
        lock = threading.RLock()
        # Who waits for a firing and who waits for a slot are told apart: a word to the wrong one lets the account idle.
        self._changed = threading.Condition(lock)  # what there is to take
        self._room = threading.Condition(lock)  # what there is to send with
        self._in_flight = 0
        self._limit = account.concurrency
        self._slow_until = 0.0
        self._paused_until = 0.0
        self._doubts = 0
        self._faults = 0
        self._canary_waits = canary and len(self._waiting) > 0
        self._canary_taken = False
        self._slots: list[int] = []
        self._seeking = 0  # threads that wait for a slot
        self._giving_up = 0  # slots that are given up as soon as they are idle
        self._suspended = False
        self.on_need: Callable[[], object] = lambda: None  # told when slots are short, or idle and to be given up
        self.stopped: str | None = None

    def take(self) -> Step | None:
        """The next firing; None where there is none, or the lane has stopped.

        Waits while a canary is out, and where budgets hold others back, for what is out may make room for them.
        """
        with self._changed:
            self._changed.wait_for(self._can_tell)
            if self.stopped or not self._waiting:
                return None
            self._canary_taken = True
            self._out += 1
            return self._waiting.popleft()

    def _can_tell(self) -> bool:
        if self.stopped:
            return True
        if self._canary_taken and self._canary_waits:
            return False
        return bool(self._waiting or not self._out or not any(self._held.values()))

    def hold(self, step: Step, held: Held, freed: int) -> None:
        """A budget holds back the firing that was taken: it goes if what is out makes room for it.

        `freed` is what was read before the budget was asked: if there is room since, it tries again. It says nothing of
        the account: if it was the canary, the next is.
        """
        with self._changed:
            self._out -= 1
            self._canary_taken = False
            if freed == self.freed:
                self.allowance.note(held)
                self._held.setdefault(self.allowance.limits(step), deque()).appendleft(step)
            else:
                self._waiting.appendleft(step)
            self._changed.notify_all()

    def pass_over(self) -> None:
        """The firing taken last does not go now, and says nothing of the account: if it was the canary, the next is."""
        with self._changed:
            self._canary_taken = False
            self._changed.notify_all()

    def end(self, outcome: Outcome | None) -> None:
        """What was taken is settled. If it certainly was not sent, the first of each kind that is held may try."""
        with self._changed:
            self._out -= 1
            if outcome not in (Outcome.FIRED, Outcome.IN_DOUBT):
                self.freed += 1
                self.allowance.forget()
                self._waiting += [held.popleft() for held in self._held.values() if held]
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many firings nobody has taken."""
        with self._changed:
            return len(self._waiting)

    def acquire(self) -> bool:
        """Waits for the right to have one more request in flight. False, and no right, where the lane has stopped."""
        with self._changed:
            self._seeking += 1
            while not self.stopped and (delay := self._blocked_for()) is not None:
                if self._shortage:
                    self.on_need()
                self._room.wait(delay)
            self._seeking -= 1
            if not self.stopped:
                self._in_flight += 1
            return not self.stopped

    def release(self) -> None:
        """Gives that right back."""
        with self._changed:
            self._in_flight -= 1
            if self._giving_up:
                self.on_need()
            self._room.notify()

    @property
    def slots(self) -> tuple[int, ...]:
        """The numbers of the slots that it holds."""
        with self._changed:
            return tuple(self._slots)

    @property
    def shortage(self) -> int:
        """How many more slots it could use now."""
        with self._changed:
            return self._shortage

    @property
    def surplus(self) -> int:
        """How many slots it should give back now: those given up, and at the end all that are idle."""
        with self._changed:
            is_over = self.stopped or not (self._waiting or self._seeking)
            return len(self._slots) - self._in_flight if is_over else self._giving_up

    @property
    def _shortage(self) -> int:
        if self.stopped or self._suspended or self._giving_up:
            return 0
        return max(0, min(self._in_flight + self._seeking, self._present_limit()) - len(self._slots))

    def grant(self, numbers: Iterable[int]) -> None:
        """Adds slots to those that it holds."""
        with self._changed:
            self._slots += numbers
            self._room.notify_all()

    def give_up_one(self) -> None:
        """One slot will be given back, as soon as no request is in it. Nothing happens where it has none any more."""
        with self._changed:
            self._giving_up = min(1, len(self._slots))

    def retain(self, numbers: Collection[int]) -> None:
        """Keeps only these of its slots: the others are not its own any more."""
        with self._changed:
            self._slots = [number for number in self._slots if number in numbers]
            self._giving_up = min(self._giving_up, len(self._slots))  # or it would wait for ever to give back the rest

    def withdraw(self, count: int) -> list[int]:
        """Takes up to `count` slots away, as far as no request is in them; returns their numbers."""
        with self._changed:
            idle = max(0, min(count, len(self._slots) - self._in_flight))
            taken, self._slots = self._slots[:idle], self._slots[idle:]
            self._giving_up = max(0, self._giving_up - idle)
            return taken

    def suspend(self, suspended: bool) -> None:
        """Nothing new is sent until this is taken back."""
        with self._changed:
            self._suspended = suspended
            self._room.notify_all()

    def _blocked_for(self) -> float | None:
        """How long to wait before looking again; None where a slot is free now."""
        now = time.monotonic()
        if now < self._paused_until:
            return self._paused_until - now
        limit = min(self._present_limit(), len(self._slots) - self._giving_up)
        return None if self._in_flight < limit and not self._suspended else _LOOK_S

    def _present_limit(self) -> int:
        return self._limit if time.monotonic() < self._slow_until else self.account.concurrency

    def slow_down(self, pause_s: float) -> None:
        """After 429: nothing new for `pause_s`, and one request fewer in flight for a while."""
        with self._changed:
            now = time.monotonic()
            self._limit = max(1, self._present_limit() - 1)
            self._slow_until = now + _SLOW_DOWN_S
            self._paused_until = max(self._paused_until, now + pause_s)

    def note(
        self, outcome: Outcome, reason: str | None, *, stop_account: bool = False, is_internal: bool = False
    ) -> None:
        """Learns how a firing ended: releases what waits for a canary, and opens the circuit where it must.

        `is_internal` says that a fault of this program ended it.
        """
        with self._changed:
            self._faults = self._faults + 1 if is_internal else 0
            if outcome is Outcome.IN_DOUBT:
                self._doubts += 1
            elif outcome in (Outcome.FIRED, Outcome.FAILED):
                self._doubts = 0
            if stop_account:
                self._stop(f"the account was stopped: {reason}")
            elif self._doubts >= DOUBTS_IN_A_ROW:
                self._stop(f"the account was stopped: {self._doubts} firings in a row ended in doubt")
            elif self._faults >= FAULTS_IN_A_ROW:
                self._stop(f"the account was stopped: {self._faults} firings in a row met an internal error")
            elif self._canary_waits and outcome is not Outcome.FIRED:
                self._stop(f"the canary was not fired: {reason or outcome.value}")
            self._canary_waits = False
            self._changed.notify_all()

    def stop(self, reason: str) -> None:
        """Nothing more is sent; requests in flight go on."""
        with self._changed:
            self._stop(reason)

    def _stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason
        self._changed.notify_all()
        self._room.notify_all()
