"""The format `html`: the release calendar of a plan, and the page of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.report.format_interface import PlanFormat, RunFormat
from runner.report.html.plan.page import plan_page
from runner.report.html.run.page import report_page


class _Html(PlanFormat, RunFormat):
    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return plan_page(dict(document))

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return report_page(dict(document))


FORMAT = _Html()
