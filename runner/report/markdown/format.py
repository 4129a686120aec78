"""The format `markdown`: its pages of problems, plans and runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.definitions.model import Definitions
from runner.report.format_interface import ReportFormat
from runner.report.markdown.plan import plan_markdown
from runner.report.markdown.problems import problems_markdown
from runner.report.markdown.run import report_markdown


class _Markdown(ReportFormat):
    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        return problems_markdown(definitions, whole=whole)

    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return plan_markdown(document)

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return report_markdown(document, whole=whole)


FORMAT = _Markdown()
