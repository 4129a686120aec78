"""The results that a run has so far, by firing. Takes results, and returns them in the order of the plan."""

from __future__ import annotations

import threading
from collections.abc import Callable

from runner.fire.result import Result, left_alone
from runner.plan.decide import Plan
from runner.plan.firing import FiringKey


class CollectedResults:
    """The results of a run. The first result of a firing counts. Several threads may use it."""

    def __init__(self, on_result: Callable[[Result], None]) -> None:
        self._on_result = on_result
        self._lock = threading.Lock()
        self._results: dict[FiringKey, Result] = {}
        self._held_back: dict[FiringKey, Result] = {}  # the last answer of a budget, for each firing that it holds back

    def add(self, result: Result) -> None:
        """Keep the result, and show it, unless the firing has a result already."""
        with self._lock:
            if self._results.setdefault(result.step.firing.key, result) is not result:
                return
        self._on_result(result)

    def hold_back(self, result: Result) -> None:
        """Keep the result that the firing gets if the budget has no room for it until the run ends."""
        self._held_back[result.step.firing.key] = result

    def add_unsent(self, result: Result) -> None:
        """Add the result of a firing that no thread has sent. A firing that a budget holds back gets that result."""
        self.add(self._held_back.get(result.step.firing.key) or result)

    def of(self, plan: Plan) -> tuple[Result, ...]:
        """Return a result for each step of the plan, and then those of firings that are not in the plan."""
        with self._lock:
            known = dict(self._results)
        planned = {step.firing.key for step in plan.steps}
        results = [known.get(step.firing.key) or left_alone(step) for step in plan.steps]
        return (*results, *(result for key, result in known.items() if key not in planned))
