"""The lease of a run on its claims and slots: renewed in the background, and checked right before each send.

The rule: claims and slots of a run are its own only until its lease ends. A running process keeps renewing the lease.
After its end, another run may put the claims in doubt and take the slots, so the run sends nothing with them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from runner import clock
from runner.fire.holding.ledger_access import LedgerAccess
from runner.ledger.writer import LedgerWriter

_JOIN_S = 1.0


class Lease:
    """The lease of one run, of the duration `length`. A context manager that renews the lease until it exits.

    A lease can end because the process was frozen or the ledger could not be reached. It can still be renewed as long
    as no other run has taken over. `on_late` is called for such a renewal. `on_lost` is called once, with the error
    after which the lease can't be renewed.
    """

    def __init__(
        self,
        writer: LedgerWriter,
        length: timedelta,
        access: LedgerAccess,
        *,
        on_late: Callable[[], None],
        on_lost: Callable[[Exception], None],
    ) -> None:
        self._writer = writer
        self._length = length
        self._access = access
        self._on_late = on_late
        self._on_lost = on_lost
        self._began: tuple[float, datetime] = (clock.elapsed_s(), clock.now())
        self._changed = threading.Condition()
        self._hurry = threading.Event()
        self._lost = False
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def begin(self, start: Callable[[], object]) -> None:
        """Call `start`, which records the lease in the ledger. The lease counts from before that call."""
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
        """Whether the claims and slots of this run are certainly still its own. If not, nothing must be sent."""
        elapsed_s, began = self._began
        if self._lost or clock.elapsed_s() - elapsed_s >= self._length.total_seconds():
            return False
        # Other runs on this machine compare with its clock. If somebody sets the clock ahead, the lease ends for them.
        return not self._writer.ledger.clock.is_of_machine or clock.now() - began < self._length

    def wait(self, unless: Callable[[], bool]) -> bool:
        """Wait until the lease holds. Return False if it is lost, or if `unless` returns true before that."""
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
                self._access.perform(self.renew, unless=lambda: self._ended)
            except Exception as error:  # noqa: BLE001 - without a lease the run must end, whatever the cause
                self._lost = True
                if not self._ended:
                    self._on_lost(error)
                return

    def renew(self) -> None:
        """Renew the lease once. Raises an error if the ledger can't do that."""
        began = (clock.elapsed_s(), clock.now())  # read before the ledger does, so that the lease never ends later here
        held = self.holds()
        self._writer.renew(self._length)
        if not held or not self.holds():
            self._on_late()  # called before `holds` returns true again
        with self._changed:
            self._began = began
            self._changed.notify_all()
