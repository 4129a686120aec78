"""A run's lease on its claims: renewed in the background, and looked at before each send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from runner import clock
from runner.errors import UserError
from runner.ledger.ledger import Ledger

SLEPT = "the run slept past its lease"
_JOIN_S = 1.0


class Lease:
    """Keeps a run's claims its own while the run lives. A context manager: renews until it is left.

    `on_lost` is told, once, what kept the lease from being renewed.
    """

    def __init__(
        self, ledger: Ledger, run: str, length: timedelta, until: datetime, on_lost: Callable[[Exception], None]
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._length = length
        self._until = until
        self._on_lost = on_lost
        self._lost = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(_JOIN_S)

    def holds(self, now: datetime) -> bool:
        """Whether what this run has claimed is still its own: a process that slept too long must not send."""
        return not self._lost and now < self._until

    def _renew(self) -> None:
        while not self._ended.wait(self._length.total_seconds() / 3):
            until = clock.now() + self._length
            try:
                self._ledger.renew(self._run, lease_until=until)
                # Between its end and its renewal, another run may have taken the claims for abandoned.
                if clock.now() >= self._until:
                    raise UserError(SLEPT, help="What it had not sent yet goes out with the next run.")
            except Exception as error:  # noqa: BLE001 - without its lease the run must end, whatever the cause
                self._lost = True
                self._on_lost(error)
                return
            self._until = until
