"""JSON for programs: the documents of plans and runs as they are, and a document of problems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.definitions.model import Definitions
from runner.report.document.problem_entries import problem_entry
from runner.report.format_interface import ReportFormat


def _problems_document(definitions: Definitions, *, whole: bool) -> dict[str, object]:
    """Return the verdict and every problem, warnings included. `valid` is the verdict: warnings leave it true."""
    return {
        "schema_version": 1,
        "valid": not definitions.problems,
        "files": len(definitions.files),
        "bulletins": len(definitions.bulletins),
        "problems": [problem_entry(problem, whole=whole) for problem in definitions.found],
    }


class _Json(ReportFormat):
    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        return json.dumps(_problems_document(definitions, whole=whole), ensure_ascii=False, indent=2)

    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return json.dumps(document, ensure_ascii=False, indent=2)

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return json.dumps(document, ensure_ascii=False)


FORMAT = _Json()
