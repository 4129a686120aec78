"""Access of all threads of a run to its ledger: repeats each operation while the ledger can't be reached.

Meanwhile nothing is sent. Outcomes are recorded as soon as the ledger can be reached again. After the patience of the
run, its threads stop waiting, and the operation raises LedgerAway.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from runner import clock
from runner.ledger.ledger_errors import LedgerAway

_FIRST_DELAY_S = 0.05
_LONGEST_DELAY_S = 1.0
_REPORT_AFTER_S = 1.0  # shorter interruptions, such as an idle connection that the server closed, are not reported

T = TypeVar("T")


class LedgerAccess:
    """Whether the ledger can be reached. A run waits for it for `patience_s` seconds.

    `on_change` is called with True when the ledger can no longer be reached, and with False when it can be again.
    `on_message` is called with a message for the user.
    """

    def __init__(self, patience_s: float, on_change: Callable[[bool], None], on_message: Callable[[str], None]) -> None:
        self._patience_s = patience_s
        self._on_change = on_change
        self._on_message = on_message
        self._lock = threading.Lock()
        self._away_since: float | None = None
        self._is_reported = False
        self._gave_up = False

    @property
    def is_away(self) -> bool:
        """Whether the last operation failed because the ledger can't be reached."""
        return self._away_since is not None

    def give_up(self) -> None:
        """Stop waiting, now and later. A signal handler may call this method, because it takes no lock."""
        self._gave_up = True

    def perform(self, operation: Callable[[], T], *, unless: Callable[[], bool] = lambda: False) -> T:
        """Perform the operation and return its value. Repeat it while the ledger can't be reached.

        The operation must be idempotent: it is repeated even if the ledger may have performed it. Raises LedgerAway
        after the patience of the run, or as soon as `unless` returns true.
        """
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                value = operation()
            except LedgerAway:
                if not self._note_away() or unless():
                    raise
                time.sleep(random.uniform(delay_s / 2, delay_s))
                delay_s = min(delay_s * 2, _LONGEST_DELAY_S)
            else:
                self._note_back()
                return value

    def _note_away(self) -> bool:
        """Note that the ledger can't be reached, and return whether to wait for it."""
        with self._lock:
            now = clock.elapsed_s()
            if self._away_since is None:
                self._away_since = now
                self._on_change(True)
            away_s = now - self._away_since
            if away_s > _REPORT_AFTER_S and not self._is_reported:
                self._is_reported = True
                self._on_message("the ledger can't be reached: nothing is sent until it can be reached again")
        return away_s < self._patience_s and not self._gave_up

    def _note_back(self) -> None:
        if self._away_since is None:
            return
        with self._lock:
            self._away_since = None
            if self._is_reported:
                self._is_reported = False
                self._on_message("the ledger can be reached again")
            self._on_change(False)
