"""A run's lease on its claims: renewed in the background, and looked at before each send."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from runner.errors import UserError
from runner.ledger.ledger import Ledger

LEASE = timedelta(seconds=30)


class Lease:
    """Keeps a run's claims its own while the run lives. A context manager: renews until it is left.

    `on_lost` is told, once, why the lease could not be renewed.
    """

    def __init__(self, ledger: Ledger, run: str, until: datetime, on_lost: Callable[[str], None]) -> None:
        self._ledger = ledger
        self._run = run
        self._until = until
        self._on_lost = on_lost
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def holds(self, now: datetime) -> bool:
        """Whether what this run has claimed is still its own: a process that slept too long must not send."""
        return now < self._until

    def _renew(self) -> None:
        while not self._ended.wait(LEASE.total_seconds() / 3):
            until = datetime.now(UTC) + LEASE
            try:
                self._ledger.renew(self._run, lease_until=until)
            except UserError as error:
                self._on_lost(f"the run's lease can't be renewed: {error.message}")
                return
            self._until = until
