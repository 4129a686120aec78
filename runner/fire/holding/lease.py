"""A run's lease on its claims and slots: renewed in the background, and looked at right before each send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from runner import clock
from runner.fire.holding.ledger_access import Reach
from runner.ledger.ledger import Ledger

OVERSLEPT = "the run overslept its lease"
_JOIN_S = 1.0


class Lease:
    """Keeps what a run holds its own while the run lives. A context manager: renews until it is left.

    A lease that ran out, because the process was frozen or the ledger away, can be renewed as long as no other run
    has taken over. `on_late` is told of such a renewal, `on_lost`, once, of what ended the lease for good.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: str,
        length: timedelta,
        reach: Reach,
        *,
        on_late: Callable[[], None],
        on_lost: Callable[[Exception], None],
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._length = length
        self._reach = reach
        self._on_late = on_late
        self._on_lost = on_lost
        self._began: tuple[float, datetime] = (clock.elapsed_s(), clock.now())
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._lost = False
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def begin(self, start: Callable[[], object]) -> None:
        """Begins the lease with what records it, and counts from before that."""
        began = (clock.elapsed_s(), clock.now())
        start()
        self._began = began

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._hurry.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(_JOIN_S)

    def holds(self) -> bool:
        """Whether what this run holds is certainly still its own: a process that slept too long must not send."""
        elapsed_s, began = self._began
        if self._lost or clock.elapsed_s() - elapsed_s >= self._length.total_seconds():
            return False
        # Others on this machine go by the time of day; whoever sets it ahead ends the lease for them.
        return not self._ledger.clock.is_of_machine or clock.now() - began < self._length

    def wait(self, unless: Callable[[], bool]) -> bool:
        """Waits until the lease holds. False where it is lost, or where `unless` says so."""
        while not self.holds():
            if self._lost or self._ended or unless():
                return False
            self._hurry.set()
            with self._changed:
                self._changed.wait(0.1)
        return True

    def _keep(self) -> None:
        while True:
            self._hurry.wait(self._length.total_seconds() / 3)
            self._hurry.clear()
            if self._ended:
                return
            try:
                self._reach.insist(self._renew, unless=lambda: self._ended)
            except Exception as error:  # noqa: BLE001 - without its lease the run must end, whatever the cause
                self._lost = True
                if not self._ended:
                    self._on_lost(error)
                return

    def _renew(self) -> None:
        began = (clock.elapsed_s(), clock.now())  # before the ledger counts, so that ours never ends after its
        held = self.holds()
        self._ledger.renew(self._run, lease=self._length)
        if not held or not self.holds():
            self._on_late()  # before anybody relies on it
        with self._changed:
            self._began = began
            self._changed.notify_all()
