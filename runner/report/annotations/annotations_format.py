"""A format that shows annotations, whatever they were built from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from runner.definitions.model import Definitions
from runner.report.annotations.annotation import Annotation
from runner.report.annotations.building import from_plan, from_problems, from_report
from runner.report.format_interface import ReportFormat


class AnnotationsFormat(ReportFormat):
    """A format that needs only the annotations."""

    @abstractmethod
    def annotations_text(self, annotations: Sequence[Annotation]) -> str:
        """Return the annotations as text."""

    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        """Return the annotations of the problems."""
        return self.annotations_text(from_problems(definitions.found, whole=whole))

    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        """Return the annotations of the plan."""
        return self.annotations_text(from_plan(document, whole=whole))

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        """Return the annotations of the run."""
        return self.annotations_text(from_report(document, whole=whole))
