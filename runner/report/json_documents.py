"""JSON for programs: the documents of plans and runs as they are, and a document of problems."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from runner.alike_group import AlikeGroup
from runner.definitions.model import Definitions
from runner.definitions.problem import OfRow, Problem
from runner.report.format_interface import ReportFormat


def _problems_document(definitions: Definitions, *, whole: bool) -> dict[str, object]:
    """Return the verdict and every problem."""
    return {
        "schema_version": 1,
        "valid": not definitions.problems,
        "files": len(definitions.files),
        "bulletins": len(definitions.bulletins),
        "problems": list(_problem_entries(definitions.problems, whole=whole)),
    }


def _problem_entries(problems: Iterable[Problem], *, whole: bool) -> Iterable[dict[str, object]]:
    for problem in problems:
        yield {
            "code": problem.code.value,
            "severity": "error",
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
            "help": problem.help,
            **({} if problem.rows is None else _rows(problem.rows, whole=whole)),
        }


def _rows(rows: AlikeGroup[OfRow], *, whole: bool) -> dict[str, object]:
    """Return the first row of a problem, the rows to show with their own texts, and the number of all rows."""
    shown = rows.shown(whole=whole)
    return {
        "row": str(rows.first.row),
        "rows": [{"row": str(each.row), "message": each.message, "help": each.help} for each in shown],
        "row_count": rows.count,
    }


class _Json(ReportFormat):
    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        return json.dumps(_problems_document(definitions, whole=whole), ensure_ascii=False, indent=2)

    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return json.dumps(document, ensure_ascii=False, indent=2)

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return json.dumps(document, ensure_ascii=False)


FORMAT = _Json()
