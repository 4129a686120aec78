"""The threads that send the firings of all lanes. Takes lanes with their credentials; ends when all firings have ended.

Each account has a few more threads than slots: a thread holds its claim before it waits for a slot, so that no slot is
idle while the ledger writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from runner.definitions.model import Account
from runner.fire import reasons
from runner.fire.api.client import Client, Timeouts
from runner.fire.api.credentials import Credentials
from runner.fire.api.exchange import Deadlines
from runner.fire.collected_results import CollectedResults
from runner.fire.lanes.early_end import EarlyEnd
from runner.fire.lanes.firing_sender import FiringSender
from runner.fire.lanes.lane import Lane

CLAIMS_AHEAD = 2  # threads of an account in addition to its slots; each holds a claim while it waits for a slot


class LaneThreads:
    """The threads of one run. Add each lane, then `start` them, then `wait` for their end."""

    def __init__(
        self,
        sender: FiringSender,
        early_end: EarlyEnd,
        results: CollectedResults,
        *,
        version: str,
        timeouts: Timeouts,
        on_message: Callable[[str], None],
    ) -> None:
        self._sender = sender
        self._early_end = early_end
        self._results = results
        self._version = version
        self._timeouts = timeouts
        self._on_message = on_message
        self._deadlines = Deadlines()
        self._threads: list[threading.Thread] = []

    def add(self, lane: Lane, credentials: Credentials) -> None:
        """Add the threads of a lane: none if it has no firing to send."""
        count = min(lane.waiting, lane.account.concurrency + CLAIMS_AHEAD)

        def work() -> None:
            try:
                self._work(lane, credentials)
            except Exception as error:  # noqa: BLE001 - an internal error must not lose the results of other threads
                self._early_end.stop_for_fault(error)

        # Daemon threads: after a second signal, the process must end although a request may take minutes.
        self._threads += [
            threading.Thread(target=work, name=f"{lane.account.name}-{n}", daemon=True) for n in range(count)
        ]

    def start(self) -> None:
        """Start the threads, unless the run has to stop already."""
        try:
            for thread in () if self._early_end.is_stopping else self._threads:
                thread.start()
        except RuntimeError as error:  # the system allows no more threads; the threads that started finish their work
            self._early_end.stop_for_fault(error)

    def wait(self) -> None:
        """Wait until all threads have ended, or the run is abandoned. After a signal, stop the lanes."""
        is_shown = False
        for thread in self._threads:
            while thread.is_alive() and not self._early_end.is_abandoned:
                thread.join(0.05)  # short, because Python runs signal handlers only between two waits
                if self._early_end.signal is not None and not is_shown:
                    is_shown = True
                    self._early_end.stop_lanes(reasons.interrupted())
                    self._on_message("interrupted: waiting for the requests in flight; interrupt again to stop at once")
        if self._early_end.signal is not None:
            self._early_end.stop_lanes(reasons.interrupted())

    def _work(self, lane: Lane, credentials: Credentials) -> None:
        try:
            client = self._client(lane.account, credentials)
        except Exception:  # noqa: BLE001 - not quoted: its text could contain the password of a proxy
            self._early_end.give_up_account(lane, reasons.account_address_unusable(lane.account.base_url))
            return
        try:
            while not self._early_end.is_stopping and (step := lane.take()) is not None:
                if result := self._sender.send(lane, step, client):
                    self._results.add(result)
                    lane.end(result.outcome)
        finally:
            client.close()

    def _client(self, account: Account, credentials: Credentials) -> Client:
        """Return a client of the account. Raises an exception if its address or the environment can't be used."""
        client = Client(
            account.base_url, credentials, version=self._version, deadlines=self._deadlines, timeouts=self._timeouts
        )
        client.prepare(b"{}")
        return client
