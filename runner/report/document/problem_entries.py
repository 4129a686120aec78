"""Problems of the definitions as plain values of a document, and back. A plan's document holds warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.alike_group import AlikeGroup
from runner.definitions.problem import OfRow, Problem
from runner.definitions.problem_codes import Code, Severity
from runner.definitions.row_reference import row_of_document


def problem_entry(problem: Problem, *, whole: bool = False) -> dict[str, Any]:
    """Return the entry of a problem; `row`, `rows` and `row_count` are missing if it is about no row.

    `row` is the first row. `rows` are the first ones, or if `whole` all that are known, each with its own texts.
    """
    return {
        "code": problem.code.value,
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "help": problem.help,
        **({} if problem.rows is None else _rows_entry(problem.rows, whole=whole)),
    }


def _rows_entry(rows: AlikeGroup[OfRow], *, whole: bool) -> dict[str, Any]:
    shown = rows.shown(whole=whole)
    return {
        "row": str(rows.first.row),
        "rows": [{"row": str(each.row), "message": each.message, "help": each.help} for each in shown],
        "row_count": rows.count,
    }


def definition_warnings(document: Mapping[str, Any]) -> list[Problem]:
    """Return the warnings about the definitions that a plan's document holds."""
    return [_problem(entry) for entry in document.get("definition_warnings", ())]


def _problem(entry: Mapping[str, Any]) -> Problem:
    found = Problem(
        entry["file"],
        entry["line"],
        entry["column"],
        Code(entry["code"]),
        entry["message"],
        entry["help"],
        rows=_rows(entry),
    )
    assert found.severity is Severity(entry["severity"])
    return found


def _rows(entry: Mapping[str, Any]) -> AlikeGroup[OfRow] | None:
    shown = []
    for each in entry.get("rows", ()):
        row = row_of_document(each["row"], entry["file"])
        assert row is not None
        shown.append(OfRow(row, each["message"], each["help"]))
    return AlikeGroup(tuple(shown), tuple(shown), entry["row_count"]) if shown else None
