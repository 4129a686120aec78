"""What ends a run before its plan is carried out: a signal, a fault of the ledger, an internal error.

Takes these events from the threads of the run, stops the lanes, and knows the reason that the report shows. An account
to which nothing can be sent ends alone; the other accounts continue.
"""

from __future__ import annotations

import threading

from runner.fire import reasons
from runner.fire.fault_scope import is_internal
from runner.fire.lanes.lane import Lane
from runner.reason import Reason


class EarlyEnd:
    """Whether and why a run ends early. Several threads may use it.

    A signal handler may call `note_signal` and `abandon`, because neither takes a lock.
    """

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.signal: int | None = None
        self.is_abandoned = False  # the run does not wait for the requests in flight
        self.is_broken = False  # an internal error has stopped the whole run
        self._fault: Reason | None = None
        self._unusable: dict[str, Reason] = {}  # account that can't be sent to → reason
        self._stopping = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether no further claim and no further request may start."""
        return self.signal is not None or self._stopping.is_set()

    @property
    def reason(self) -> Reason:
        """Why a firing of a lane that did not stop by itself was not sent."""
        return self._fault or reasons.interrupted()

    @property
    def fault(self) -> str | None:
        """The failure of the ledger, or the internal error, that stopped the whole run."""
        return None if self._fault is None else self._fault.text

    def note_signal(self, signal: int) -> None:
        """Note the first signal. Its number decides the exit code."""
        self.signal = self.signal or signal

    def abandon(self) -> None:
        """Note that the run must not wait for the requests in flight."""
        self.is_abandoned = True

    def stop_lanes(self, reason: Reason) -> None:
        """Start no further request in any account."""
        self._stopping.set()
        for lane in self.lanes:
            lane.stop(reason)

    def stop_for_fault(self, error: Exception) -> None:
        """Send nothing more, because the ledger failed or an internal error occurred."""
        self.is_broken = self.is_broken or is_internal(error)
        self._fault = self._fault or reasons.stopped_by(error)
        self.stop_lanes(self._fault)

    def give_up_account(self, lane: Lane, reason: Reason) -> None:
        """Fail all firings of an account to which nothing can be sent. The other accounts continue."""
        self._unusable.setdefault(lane.account.name, reason)
        lane.stop(reason)

    def is_unusable(self, lane: Lane) -> bool:
        """Whether nothing can be sent to the account of the lane, so that its firings fail."""
        return lane.account.name in self._unusable

    def wait(self, delay_s: float) -> None:
        """Wait for that time, or until the lanes are stopped."""
        self._stopping.wait(delay_s)
