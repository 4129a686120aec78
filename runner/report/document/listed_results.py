"""Choose the results that a report lists; all others are only counted.

In: the results of a run. Out: those that the run acted on or has news about, and those that it found due and held
back. Of each kind of firing that is held back, only the first 50 are listed: a set may hold thousands of them, and
every run would list them again. A run that was refused held back all that was due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.plan.decide import Action
from runner.reason import ReasonCode
from runner.report.document.run_summary import HELD_BACK

MOST_HELD_BACK = 50  # listed firings of each kind
_HELD_BACK_ACTIONS = {Action.IN_DOUBT, Action.DUPLICATE, Action.CHANGED, Action.CLAIMED}
_LAST = datetime.max.replace(tzinfo=UTC)


def listed_results(results: Sequence[Result]) -> list[Result]:
    """Return the results that a report lists, in the same order.

    Of firings that wait for a budget, those that may go first are listed.
    """
    kinds: dict[str, list[int]] = {}
    listed = []
    for number, result in enumerate(results):
        if kind := _held_back_as(result):
            kinds.setdefault(kind, []).append(number)
        elif result.outcome is not None or result.warnings:
            listed.append(number)
    for kind, numbers in kinds.items():
        if kind == HELD_BACK:
            numbers.sort(key=lambda number: results[number].step.may_go_at or _LAST)
        listed += numbers[:MOST_HELD_BACK]
    return [results[number] for number in sorted(listed)]


def _held_back_as(result: Result) -> str | None:
    """Return what holds the firing back; None if the run acted on it, has news about it, or it is not due."""
    if result.outcome is Outcome.SKIPPED and result.reason and result.reason.code is ReasonCode.RUN_REFUSED:
        return ReasonCode.RUN_REFUSED.value
    if result.outcome is not None:
        return None
    if result.step.may_go_at is not None:
        return HELD_BACK
    if result.step.again_at is not None:
        return ReasonCode.RETRIED_LATER.value
    return result.step.action.value if result.step.action in _HELD_BACK_ACTIONS else None


def is_idle(results: Iterable[Result]) -> bool:
    """Report whether the run acted on no firing and has no news."""
    return all(result.outcome is None for result in results)
