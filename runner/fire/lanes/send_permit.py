"""One request's turn in its account's lane: a slot taken when everything is ready, and given back at the end."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.fire.lanes.lane import Lane
from runner.fire.outcome import Outcome

# Whoever waits for the slot gets the interpreter before the outcome is worked on: the account must not idle.
_MAKE_WAY_S = 0.001


class Withheld(Exception):
    """A claimed firing that must not go out now, and why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class Postponed(Exception):
    """A claimed firing that must not go out at this moment, but may a little later."""


class Turn:
    """The turn of one request, as `wire.Turn` asks for it. A context manager: gives back what it holds.

    `check_out` is the run's last look before the first byte leaves; it raises Withheld or Postponed.
    """

    def __init__(self, lane: Lane, check_out: Callable[[], None]) -> None:
        self._lane = lane
        self._taken = False
        self.check = check_out

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back()

    def take(self) -> None:
        """Waits for a slot. Raises Withheld where the lane has stopped."""
        self._taken = self._lane.acquire()
        if not self._taken:
            raise Withheld(Outcome.SKIPPED, self._lane.stopped or "the account was stopped")

    def give_back(self) -> None:
        """Gives the slot back, once."""
        if self._taken:
            self._taken = False
            self._lane.release()
            time.sleep(_MAKE_WAY_S)
