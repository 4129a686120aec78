"""What one call of `fire` may send: a set, narrowed by selection options or by a reviewed plan.

In: the request. Out: a SetToFire, which makes the plan at any time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock, git
from runner.errors import ErrorCode, UserError, usage_error
from runner.jobs import loaded_set
from runner.jobs.firing.request import FireRequest
from runner.jobs.selected_set import SelectedSet, select_set

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.definitions.problem import Problem
    from runner.jobs.loaded_set import LoadedSet
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.review.reviewed import ReviewedPlan


@dataclass(frozen=True, slots=True)
class SetToFire:
    """The selected bulletins of the set at `path`, or the firings of a reviewed plan."""

    path: Path
    selected: SelectedSet
    reviewed: ReviewedPlan | None = None

    @property
    def loaded(self) -> LoadedSet:
        """The set as it was loaded."""
        return self.selected.loaded

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of the set."""
        return self.loaded.problems

    @property
    def definitions(self) -> Definitions:
        """The whole set."""
        return self.selected.definitions

    def plan(self, ledger: Ledger | None, now: datetime) -> Plan:
        """Plan the selected firings at `now`. Raises UserError if the ledger can't be read."""
        from runner.jobs.planning import plan_firings
        from runner.plan.review.reviewed import firings_for, only_reviewed

        if self.reviewed is None:
            return self.selected.plan(ledger, now)
        wanted = list(firings_for(self.reviewed, self.definitions, now))
        return only_reviewed(self.reviewed, plan_firings(ledger, self.definitions, wanted, now))

    def covers(self, file: str) -> bool:
        """Whether all bulletins of this definition file are selected."""
        is_whole = self.selected.is_whole and self.reviewed is None
        return is_whole and not os.path.relpath(file, self.path).startswith(os.pardir)

    def check_reviewed(self, plan: Plan, ledger_id: str | None) -> None:
        """Raise UserError if `plan` differs from the reviewed plan. Without one, do nothing."""
        if self.reviewed is not None:
            from runner.jobs.plan_files import check_reviewed

            check_reviewed(self.reviewed, plan, self.definitions, ledger_id)


def load_set(request: FireRequest) -> SetToFire:
    """Load the set that the request means, with its problems if it has any; then nothing is selected in it.

    Raises UserError if nothing is selected, or if the plan file can't be used.
    """
    path, reviewed = request.path, _reviewed(request)
    if reviewed is not None:
        path = Path(reviewed.path)
        if not os.path.exists(path):
            raise UserError(
                ErrorCode.PLAN_PATH_MISSING,
                f"{request.path} is a plan of {path}, which does not exist here",
                help="Run the command in the folder in which the plan was made.",
            )
    if request.require_committed:
        git.require_committed([path])
    # From the cache, settled firings are only counted.
    use_cache = request.use_cache and not request.report_all
    loaded, now = loaded_set.load_set(path, use_cache=use_cache), request.now or clock.now()
    if request.strict:
        loaded = loaded.strict()
    if loaded.problems or reviewed is not None:
        return SetToFire(path, SelectedSet(loaded, now), reviewed)
    return SetToFire(path, select_set(loaded, path, request.selection, now))


def _reviewed(request: FireRequest) -> ReviewedPlan | None:
    from runner.jobs.plan_files import is_plan_file, read_plan

    if not is_plan_file(request.path):
        return None
    if not request.selection.is_whole_set or request.now:
        raise usage_error(
            "fire",
            f"the plan file {request.path} already fixes what is sent:"
            " leave out --now and selection options such as --id",
        )
    return read_plan(request.path)
