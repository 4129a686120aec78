"""What a format of reports is: a class that turns values into text, for each kind of report that it can show.

A format inherits from the kinds that it serves, and its module holds one instance as `FORMAT`. `formats.py` has a line
for each. The text may end without a line break. `whole` shows every instance of what is alike, not only the first.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.definitions.model import Definitions


class ProblemsFormat(ABC):
    """Shows the problems of the definitions, for `validate` and where another command finds them."""

    @abstractmethod
    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        """Return the problems as text; also says so if there are none."""


class PlanFormat(ABC):
    """Shows a plan, for `plan`."""

    @abstractmethod
    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        """Return a plan's document, as in `schemas/plan.schema.json`, as text."""


class RunFormat(ABC):
    """Shows what a run did, for `fire` and `report`."""

    @abstractmethod
    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        """Return a report's document, as in `schemas/report.schema.json`, as text."""


class ReportFormat(ProblemsFormat, PlanFormat, RunFormat):
    """Shows problems, plans and runs."""
