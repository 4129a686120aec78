"""Problems of the definitions as plain values of a document, and back. A plan's document holds warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code, Severity
from runner.definitions.row_reference import row_of_document


def problem_entry(problem: Problem) -> dict[str, Any]:
    """Return the entry of a problem; `row` is missing if it is about no row."""
    return {
        "code": problem.code.value,
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "help": problem.help,
        **({} if problem.row is None else {"row": str(problem.row)}),
    }


def definition_warnings(document: Mapping[str, Any]) -> list[Problem]:
    """Return the warnings about the definitions that a plan's document holds."""
    return [_problem(entry) for entry in document.get("definition_warnings", ())]


def _problem(entry: Mapping[str, Any]) -> Problem:
    row = row_of_document(entry.get("row", ""), entry["file"])
    found = Problem(
        entry["file"], entry["line"], entry["column"], Code(entry["code"]), entry["message"], entry["help"], row=row
    )
    assert found.severity is Severity(entry["severity"])
    return found
