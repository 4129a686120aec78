"""The threads that send the firings of all lanes. Takes lanes with their credentials; ends when all firings have ended.

A thread starts when there is a firing for it. Each account has at most a few more threads than slots: a thread holds
its claim before it waits for a slot, so that no slot is idle while the ledger writes.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from runner.fire import reasons
from runner.fire.api.client import Client
from runner.fire.api.credentials import Credentials
from runner.fire.api.endpoint import Endpoint
from runner.fire.api.network import Network
from runner.fire.collected_results import CollectedResults
from runner.fire.lanes.early_end import EarlyEnd
from runner.fire.lanes.firing_sender import FiringSender
from runner.fire.lanes.lane import Lane

CLAIMS_AHEAD = 2  # threads of an account in addition to its slots; each holds a claim while it waits for a slot


@dataclass(slots=True)
class _Source:
    """A lane, how many threads it has, and the endpoint of its account as soon as it is prepared."""

    lane: Lane
    credentials: Credentials
    threads: int = 0
    endpoint: Endpoint | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class LaneThreads:
    """The threads of one run. Add each lane, then `start` them, then `wait` for their end."""

    def __init__(
        self,
        sender: FiringSender,
        early_end: EarlyEnd,
        results: CollectedResults,
        network: Network,
        *,
        on_message: Callable[[str], None],
    ) -> None:
        self._sender = sender
        self._early_end = early_end
        self._results = results
        self._network = network
        self._on_message = on_message
        self._lock = threading.Lock()
        self._sources: list[_Source] = []
        self._threads: list[threading.Thread] = []

    def add(self, lane: Lane, credentials: Credentials) -> None:
        """Add a lane whose firings are to be sent."""
        if lane.waiting:
            self._sources.append(_Source(lane, credentials))

    def start(self) -> None:
        """Start one thread for each lane, unless the run has to stop already."""
        for source in () if self._early_end.is_stopping else self._sources:
            self._start_thread(source)

    def wait(self) -> None:
        """Wait until all threads have ended, or the run is abandoned. After a signal, stop the lanes."""
        is_shown = False
        for thread in self._threads:  # a thread that still works may add others at the end
            while thread.is_alive() and not self._early_end.is_abandoned:
                thread.join(0.05)  # short, because Python runs signal handlers only between two waits
                if self._early_end.signal is not None and not is_shown:
                    is_shown = True
                    self._early_end.stop_lanes(reasons.interrupted())
                    self._on_message(
                        "interrupted: waiting for the requests in progress; a second interruption leaves them in doubt"
                    )
        if self._early_end.signal is not None:
            self._early_end.stop_lanes(reasons.interrupted())

    def _start_thread(self, source: _Source) -> None:
        """Start another thread for a lane, unless it has all that it can use."""
        with self._lock:
            if source.threads >= source.lane.account.concurrency + CLAIMS_AHEAD:
                return
            source.threads += 1
            name = f"{source.lane.account.name}-{source.threads}"
            # Daemon threads: after a second signal, the process must end although a request may take minutes.
            thread = threading.Thread(target=self._work, args=(source,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # the system allows no more threads; those that started finish their work
                source.threads = sys.maxsize
                failure = error
            else:
                self._threads.append(thread)
                return
        self._early_end.stop_for_fault(failure)

    def _work(self, source: _Source) -> None:
        try:
            self._send_firings(source)
        except Exception as error:  # noqa: BLE001 - an internal error must not lose the results of other threads
            self._early_end.stop_for_fault(error)

    def _send_firings(self, source: _Source) -> None:
        lane = source.lane
        try:
            client = self._client(source)
        except Exception:  # noqa: BLE001 - not quoted: its text could contain the password of a proxy
            self._early_end.give_up_account(lane, reasons.account_address_unusable(lane.account.base_url))
            return
        try:
            while not self._early_end.is_stopping and (step := lane.take()) is not None:
                if lane.waiting:
                    self._start_thread(source)
                if result := self._sender.send(lane, step, client):
                    self._results.add(result)
                    lane.finish_firing(result.outcome)
        finally:
            client.close()

    def _client(self, source: _Source) -> Client:
        """Return a client of the account. Raises an exception if its address or the environment can't be used."""
        with source.lock:
            if source.endpoint is None:
                source.endpoint = Endpoint(source.lane.account.base_url, source.credentials, self._network)
        client = Client(source.endpoint)
        client.prepare(b"{}")
        return client
