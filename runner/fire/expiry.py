"""What a run tells as expired: recorded piece by piece, so that nobody waits long for the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from runner import clock
from runner.fire.reach import Reach
from runner.ledger.ledger import Ledger
from runner.plan.decide import Step
from runner.plan.firing import FiringKey

AT_ONCE = 500  # in one transaction, for which all others wait
_BREATH_S = 0.01  # between two of them: whoever waits for a SQLite file only looks now and then


def record(
    ledger: Ledger, run: str, missed: Sequence[Step], reach: Reach, is_stopping: Callable[[], bool]
) -> Iterator[Step]:
    """The steps that no other run had recorded, as they are recorded; the rest is left where the run is stopped."""
    for begin in range(0, len(missed), AT_ONCE):
        if begin:
            time.sleep(_BREATH_S)
            if is_stopping():
                return
        piece = missed[begin : begin + AT_ONCE]
        recorded = _record(ledger, run, piece, reach, is_stopping)
        yield from (step for step in piece if step.firing.key in recorded)


def _record(
    ledger: Ledger, run: str, piece: Sequence[Step], reach: Reach, is_stopping: Callable[[], bool]
) -> set[FiringKey]:
    firings, now = [step.firing for step in piece], clock.now()
    reasons = {step.firing.key: step.kept_reason for step in piece if step.kept_reason}
    return reach.insist(lambda: ledger.expire(run, firings, now, reasons), unless=is_stopping)
