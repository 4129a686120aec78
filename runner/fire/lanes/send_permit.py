"""The permission to send one request: a slot of the account's lane, and a last check before the first byte.

The HTTP exchange asks for the slot when the connection is ready, so that no slot is held while connecting.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.fire import reasons
from runner.fire.lanes.lane import Lane
from runner.fire.outcome import Outcome
from runner.reason import Reason

# After a slot is free, this thread sleeps: the thread that waits for the slot runs first, and the slot isn't idle.
_MAKE_WAY_S = 0.001


class Withheld(Exception):
    """A claimed firing must not be sent by this run. `outcome` and `reason` state how it ends."""

    def __init__(self, outcome: Outcome, reason: Reason) -> None:
        super().__init__(reason.text)
        self.outcome = outcome
        self.reason = reason


class Postponed(Exception):
    """A claimed firing must not be sent now. The run tries again as soon as its lease and its ledger allow it."""


class SendPermit:
    """The slot of one request, as `runner.fire.api.exchange.Turn` requires it. A context manager that frees the slot.

    `check_out` is called right before the first byte leaves; it raises Withheld or Postponed to prevent the send.
    """

    def __init__(self, lane: Lane, check_out: Callable[[], None]) -> None:
        self._lane = lane
        self._taken = False
        self.check = check_out

    def __enter__(self) -> SendPermit:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def take(self) -> None:
        """Wait for a slot. Raises Withheld if the lane has stopped."""
        self._taken = self._lane.acquire()
        if not self._taken:
            raise Withheld(Outcome.SKIPPED, self._lane.stopped or reasons.interrupted())

    def give_back(self) -> None:
        """Free the slot. A second call does nothing."""
        if self._taken:
            self._taken = False
            self._lane.release()
            time.sleep(_MAKE_WAY_S)
