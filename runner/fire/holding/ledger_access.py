"""A run's way to its ledger: what to do while the ledger is away, for every thread of the run alike.

Nothing may be sent meanwhile, what was sent must be recorded once it is back, and nobody waits for ever.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from runner import clock
from runner.ledger.database.database_errors import LedgerAway

_FIRST_DELAY_S = 0.05
_LONGEST_DELAY_S = 1.0
_NEWS_AFTER_S = 1.0  # a connection that the server closed while it was idle is no news

T = TypeVar("T")


class Reach:
    """Whether the ledger can be reached. `patience_s` is how long a run waits for it.

    `on_change` is told when it goes away and when it is back; `on_message` what a person may want to know.
    """

    def __init__(self, patience_s: float, on_change: Callable[[bool], None], on_message: Callable[[str], None]) -> None:
        self._patience_s = patience_s
        self._on_change = on_change
        self._on_message = on_message
        self._lock = threading.Lock()
        self._away_since: float | None = None
        self._told = False
        self._gave_up = False

    @property
    def is_away(self) -> bool:
        """Whether the last that was heard of the ledger is that it can't be reached."""
        return self._away_since is not None

    def give_up(self) -> None:
        """From now on nobody waits. Takes no lock: a signal handler may call it."""
        self._gave_up = True

    def insist(self, operation: Callable[[], T], *, unless: Callable[[], bool] = lambda: False) -> T:
        """Does something with the ledger, again and again while it is away.

        The operation must bear to be repeated where nobody knows whether it was done. Raises LedgerAway after the
        run's patience, or as soon as `unless` says so.
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
        """Whether it is worth waiting."""
        with self._lock:
            now = clock.elapsed_s()
            if self._away_since is None:
                self._away_since = now
                self._on_change(True)
            gone_s = now - self._away_since
            if gone_s > _NEWS_AFTER_S and not self._told:
                self._told = True
                self._on_message("the ledger can't be reached: nothing is sent until it is back")
        return gone_s < self._patience_s and not self._gave_up

    def _note_back(self) -> None:
        if self._away_since is None:
            return
        with self._lock:
            self._away_since = None
            if self._told:
                self._told = False
                self._on_message("the ledger is back")
            self._on_change(False)
