"""Records the expired firings of a plan in the ledger. Takes steps, returns those that this run recorded.

Each expired firing is recorded, and so reported, by one run. The firings are recorded in groups, so that other writers
wait for the ledger only for a moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from runner import clock
from runner.fire.fault_scope import concerns_ledger
from runner.fire.holding.ledger_access import LedgerAccess
from runner.ledger.writer import LedgerWriter
from runner.plan.decide import Step
from runner.plan.firing import FiringKey

AT_ONCE = 500  # firings in one transaction; all other writers wait for it
_PAUSE_S = 0.01  # between two transactions: a process that waits for a SQLite file checks it only now and then


def record(
    writer: LedgerWriter,
    missed: Sequence[Step],
    access: LedgerAccess,
    is_stopping: Callable[[], bool],
    on_fault: Callable[[Step, Exception], None],
) -> Iterator[Step]:
    """Yield each step that this run recorded and no other run had recorded. Ends early if the run is stopped.

    A group that fails is repeated step by step; `on_fault` is called for each step that fails again. Raises only an
    error that concerns the whole ledger.
    """
    for begin in range(0, len(missed), AT_ONCE):
        if begin:
            time.sleep(_PAUSE_S)
            if is_stopping():
                return
        piece = missed[begin : begin + AT_ONCE]
        try:
            recorded = _record(writer, piece, access, is_stopping)
        except Exception as error:
            if concerns_ledger(error):
                raise
            recorded = set().union(*_each_alone(writer, piece, access, is_stopping, on_fault))
        yield from (step for step in piece if step.firing.key in recorded)


def _each_alone(
    writer: LedgerWriter,
    piece: Sequence[Step],
    access: LedgerAccess,
    is_stopping: Callable[[], bool],
    on_fault: Callable[[Step, Exception], None],
) -> Iterator[set[FiringKey]]:
    for step in piece:
        try:
            yield _record(writer, [step], access, is_stopping)
        except Exception as error:
            if concerns_ledger(error):
                raise
            on_fault(step, error)


def _record(
    writer: LedgerWriter, piece: Sequence[Step], access: LedgerAccess, is_stopping: Callable[[], bool]
) -> set[FiringKey]:
    firings, now = [step.firing for step in piece], clock.now()
    reasons = {step.firing.key: step.kept_reason.text for step in piece if step.kept_reason}
    return access.perform(lambda: writer.expire(firings, now, reasons), unless=is_stopping)
