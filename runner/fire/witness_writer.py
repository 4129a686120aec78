"""Writes the progress of a run to the witness, a file on this machine. Takes the run and its count of claims.

The rule: the witness holds the newest run that this machine has seen in a ledger, and the claims that the run had
committed. If the ledger is later restored from an older copy, that run or some of its claims are missing, and `fire`
refuses the ledger: it no longer knows what was sent. A crash can lose at most the last second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from types import TracebackType
from typing import Self

from runner.ledger.witness.comparison import SeenRun, Witness, updated
from runner.ledger.witness.witness_files import WitnessFiles

INTERVAL_S = 1.0  # between two writes while the run claims firings


class WitnessWriter:
    """Writes the run at its start, at most once a second while it claims firings, and at its end. A context manager.

    `own` returns the run with its committed claims. `seen` are the runs that the ledger contained before. `forget` are
    the ids of missing runs whose loss a person accepted. `on_fault` is called with the first error only: a witness that
    can't be written does not stop the run.
    """

    def __init__(
        self,
        files: WitnessFiles,
        own: Callable[[], SeenRun],
        *,
        seen: Iterable[SeenRun],
        forget: Collection[str],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._files = files
        self._own = own
        self._seen = tuple(seen)
        self._forget = frozenset(forget)
        self._on_fault = on_fault
        self._written: int | None = None  # the count of claims in the witness
        self._failed = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="witness", daemon=True)

    def __enter__(self) -> Self:
        self._write()
        try:
            self._thread.start()
        except RuntimeError as error:  # the system allows no more threads
            self._fail(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write()

    def _work(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._write()

    def _write(self) -> None:
        own = self._own()
        if own.claims == self._written:
            return
        try:
            self._files.update(lambda witness: self._changed(witness, own))
            self._written = own.claims
        except OSError as error:
            self._fail(error)

    def _changed(self, witness: Witness, own: SeenRun) -> Witness:
        if self._written is None:
            witness = updated(witness, self._seen, forget=self._forget)
        return updated(witness, [own])

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            self._failed = True
            self._on_fault(error)
