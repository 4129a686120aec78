"""The permission to send one request: a slot of the account's lane, and a last check before the first byte.

The HTTP exchange asks for the slot when the connection is ready, so that no slot is held while connecting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.fire import reasons
from runner.fire.lanes.lane import Lane
from runner.fire.lanes.release_pause import Departure
from runner.fire.outcome import Outcome
from runner.reason import Reason

# After a slot is free, this thread sleeps: the thread that waits for the slot runs first, and the slot isn't idle.
_MAKE_WAY_S = 0.001


class SendForbidden(Exception):
    """A claimed firing must not be sent by this run. `outcome` and `reason` state how it ends."""

    def __init__(self, outcome: Outcome, reason: Reason) -> None:
        super().__init__(reason.text)
        self.outcome = outcome
        self.reason = reason


class SendPostponed(Exception):
    """A claimed firing must not be sent now. The run tries again as soon as its lease and its ledger allow it."""


class SendPermit:
    """The slot of one request, as `runner.fire.api.exchange.SendGate` requires it. A context manager that frees it.

    `check_out` is called right before the first byte leaves; it raises SendForbidden or SendPostponed to
    prevent the send.
    """

    def __init__(self, lane: Lane, check_out: Callable[[], None]) -> None:
        self._lane = lane
        self._check_out = check_out
        self._departure: Departure | None = None
        self._has_left = False

    def __enter__(self) -> SendPermit:
        return self

    def __exit__(self, *_: object) -> None:
        if self._has_left:
            self.give_back()
        elif departure := self._taken():
            self._lane.cancel(departure)

    def take(self) -> None:
        """Wait for a slot. Raises SendForbidden if the lane has stopped."""
        self._departure = self._lane.acquire()
        if self._departure is None:
            raise SendForbidden(Outcome.SKIPPED, self._lane.stopped or reasons.interrupted())

    def check(self) -> None:
        """Check once more that the request may leave. Raises SendForbidden or SendPostponed if it must not."""
        self._check_out()
        self._has_left = True

    def give_back(self) -> None:
        """Free the slot. A second call does nothing."""
        if departure := self._taken():
            self._lane.release(departure)
            time.sleep(_MAKE_WAY_S)

    def refuse(self, delay_s: float | None, *, is_early: bool) -> float | None:
        """Free the slot after a 429. Return the wait before the next try, as `Lane.refuse` does, or None if there is
        none.
        """
        if departure := self._taken():
            wait_s = self._lane.refuse(departure, delay_s or 0.0, is_early=is_early)
            return None if delay_s is None else wait_s
        return delay_s

    def _taken(self) -> Departure | None:
        departure, self._departure = self._departure, None
        return departure
