"""What a run tells as expired: recorded piece by piece, so that nobody waits long for the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from runner import clock
from runner.fire.fault_scope import concerns_ledger
from runner.fire.holding.ledger_access import Reach
from runner.ledger.ledger import Ledger
from runner.plan.decide import Step
from runner.plan.firing import FiringKey

AT_ONCE = 500  # in one transaction, for which all others wait
_BREATH_S = 0.01  # between two of them: whoever waits for a SQLite file only looks now and then


def record(
    ledger: Ledger,
    run: str,
    missed: Sequence[Step],
    reach: Reach,
    is_stopping: Callable[[], bool],
    on_fault: Callable[[Step, Exception], None],
) -> Iterator[Step]:
    """The steps that no other run had recorded, as they are recorded; the rest is left where the run is stopped.

    A piece that fails is repeated step by step, and `on_fault` is called for those that fail again. Raises only what
    concerns the ledger as a whole.
    """
    for begin in range(0, len(missed), AT_ONCE):
        if begin:
            time.sleep(_BREATH_S)
            if is_stopping():
                return
        piece = missed[begin : begin + AT_ONCE]
        try:
            recorded = _record(ledger, run, piece, reach, is_stopping)
        except Exception as error:
            if concerns_ledger(error):
                raise
            recorded = set().union(*_each_alone(ledger, run, piece, reach, is_stopping, on_fault))
        yield from (step for step in piece if step.firing.key in recorded)


def _each_alone(
    ledger: Ledger,
    run: str,
    piece: Sequence[Step],
    reach: Reach,
    is_stopping: Callable[[], bool],
    on_fault: Callable[[Step, Exception], None],
) -> Iterator[set[FiringKey]]:
    for step in piece:
        try:
            yield _record(ledger, run, [step], reach, is_stopping)
        except Exception as error:
            if concerns_ledger(error):
                raise
            on_fault(step, error)


def _record(
    ledger: Ledger, run: str, piece: Sequence[Step], reach: Reach, is_stopping: Callable[[], bool]
) -> set[FiringKey]:
    firings, now = [step.firing for step in piece], clock.now()
    reasons = {step.firing.key: step.kept_reason for step in piece if step.kept_reason}
    return reach.insist(lambda: ledger.expire(run, firings, now, reasons), unless=is_stopping)
