"""JUnit XML for CI servers, from problems, a plan's document or a report's document.

There is one suite, with a case for each file of definitions or for each firing. The XML fits the schemas of Jenkins and
Ant, the strictest in use. Therefore only the suite has totals, and a case's text holds the name of its file.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from runner import __version__
from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.definitions.suggest import counted
from runner.plan.time_text import utc_text
from runner.report.document.budget_estimate import budget_allows_at, expires_first
from runner.report.document.entry_text import label, place, reason_and_resolution
from runner.report.document.problem_entries import definition_warnings
from runner.report.format_interface import ReportFormat
from runner.report.safe_text import printable
from runner.report.terms import JUnitEnd
from runner.report.text.problems import problem_lines
from runner.report.vocabulary import ACTIONS, OUTCOMES

_NOT_CHARACTERS = re.compile("[\ufffe\uffff]")  # not allowed in XML 1.0


@dataclass(frozen=True, slots=True)
class _Case:
    group: str
    name: str
    end: JUnitEnd = JUnitEnd.PASSED
    kind: str = ""
    message: str = ""
    lines: Sequence[str] = ()
    time_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Suite:
    name: str
    at: datetime
    host: str
    cases: Sequence[_Case]
    facts: Mapping[str, str | None]
    output: Sequence[str] = ()


def problems_junit(definitions: Definitions, now: datetime, version: str, *, whole: bool = False) -> str:
    """Return a case for each file; a file with problems fails with all of them. Warnings are the suite's output.

    `whole`: with every row of a problem.
    """
    by_file: dict[str, list[Problem]] = {file: [] for file in definitions.files}
    for problem in definitions.problems:
        by_file.setdefault(problem.file, []).append(problem)
    cases = [_file_case(file, problems, whole=whole) for file, problems in by_file.items()]
    warnings = _lines(definitions.warnings, whole=whole)
    return _xml(_Suite("bulletins validate", now, "", cases, {"version": version}, warnings))


def plan_junit(document: Mapping[str, Any]) -> str:
    """Return a case for each firing: passed if it would be sent, failed if it is blocked or too late.

    Warnings about the definitions are the suite's output.
    """
    facts = {"version": document["version"], "ledger": document["ledger"], **_commit(document["git"])}
    cases = [_plan_case(firing) for firing in document["firings"]]
    warnings = _lines(definition_warnings(document))
    return _xml(_Suite("bulletins plan", datetime.fromisoformat(document["now"]), "", cases, facts, warnings))


def report_junit(document: Mapping[str, Any]) -> str:
    """Return a case for each firing: an error if it is in doubt, skipped if nothing had to be sent."""
    run, results = document["run"], document["results"]
    facts = {"run": run["id"], "version": run["version"], "ledger": run["ledger"], **_commit(run["git"])}
    facts |= {f"left_alone_{kind}": str(count) for kind, count in document["summary"]["left_alone"].items() if count}
    warnings = [
        f"{label(result)} in {result['account']}: warning: {warning}"
        for result in results
        for warning in result["warnings"]
    ]
    started_at = datetime.fromisoformat(run["started_at"])
    name = f"bulletins {run['command']}{' --dry-run' if run['dry_run'] else ''}"
    return _xml(_Suite(name, started_at, run["host"], [_report_case(each) for each in results], facts, warnings))


def _file_case(file: str, problems: Sequence[Problem], *, whole: bool) -> _Case:
    if not problems:
        return _Case("definitions", file)
    alone = len(problems) == 1
    kind = ", ".join(dict.fromkeys(problem.code.value for problem in problems))
    message = problems[0].message if alone else counted(len(problems), "problem")
    return _Case("definitions", file, JUnitEnd.FAILURE, kind, message, _lines(problems, whole=whole))


def _lines(problems: Iterable[Problem], *, whole: bool = False) -> list[str]:
    return list(problem_lines(problems, whole=whole))


def _plan_case(firing: Mapping[str, Any]) -> _Case:
    action = firing["action"]
    end = ACTIONS[action].junit
    changes = [
        f"{change['field']}: {change['old'] or 'nothing'} → {change['new'] or 'nothing'}"
        for change in firing["changes"]
    ]
    warnings = [f"warning: {each}" for each in firing.get("warnings", ())]
    return _Case(
        firing["account"], label(firing), end, action, firing["reason"], [*_description(firing), *changes, *warnings]
    )


def _report_case(result: Mapping[str, Any]) -> _Case:
    outcome = result["outcome"]
    end = OUTCOMES[outcome].junit if outcome else JUnitEnd.SKIPPED
    kind = outcome or result["action"]
    message = reason_and_resolution(result) or result["error"] or kind
    lines = [*_description(result), *map(_attempt, result["attempts"])]
    return _Case(result["account"], label(result), end, kind, message, lines, round(result["latency_ms"] or 0))


def _description(entry: Mapping[str, Any]) -> list[str]:
    due = f"due: {entry['due_at']}" if entry["due_at"] else "due: at once"
    may_go = budget_allows_at(entry)
    held = (
        []
        if may_go is None
        else ["expires before the budget has room" if expires_first(entry) else f"may go: {utc_text(may_go)}"]
    )
    return [
        place(entry),
        f"business event: {entry['business_event']}",
        f"name: {entry['name']}",
        due,
        *held,
    ]


def _attempt(attempt: Mapping[str, Any]) -> str:
    status = "no answer" if attempt["http_status"] is None else f"HTTP {attempt['http_status']}"
    said = attempt["answer"] or attempt["error"] or ""
    when = f"request {attempt['number']}, {attempt['started_at']}, {attempt['latency_ms']:.0f} ms"
    return f"{when}: {status}{f': {said}' if said else ''}"


def _commit(git: Mapping[str, Any] | None) -> dict[str, str | None]:
    return {} if git is None else {"commit": git["commit"] + (" (dirty)" if git["dirty"] else "")}


def _xml(suite: _Suite) -> str:
    root = ET.Element("testsuites")
    ends = [case.end for case in suite.cases]
    element = ET.SubElement(
        root,
        "testsuite",
        id="0",
        package="bulletins",
        name=suite.name,
        timestamp=suite.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=_text(suite.host).strip() or "localhost",
        tests=str(len(ends)),
        failures=str(ends.count(JUnitEnd.FAILURE)),
        errors=str(ends.count(JUnitEnd.ERROR)),
        skipped=str(ends.count(JUnitEnd.SKIPPED)),
        time=_seconds(sum(case.time_ms for case in suite.cases)),
    )
    properties = ET.SubElement(element, "properties")
    for name, value in suite.facts.items():
        if value is not None:
            ET.SubElement(properties, "property", name=name, value=_text(value))
    for case in suite.cases:
        _add(element, case)
    ET.SubElement(element, "system-out").text = "\n".join(map(_text, suite.output))
    ET.SubElement(element, "system-err")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode()


def _add(suite: ET.Element, case: _Case) -> None:
    names = {"classname": _text(case.group), "name": _text(case.name), "time": _seconds(case.time_ms)}
    element = ET.SubElement(suite, "testcase", names)
    if case.end is not JUnitEnd.PASSED:
        said = ET.SubElement(element, case.end.value, type=case.kind, message=_text(case.message))
        said.text = "\n".join(map(_text, case.lines))


def _seconds(length_ms: int) -> str:
    return f"{length_ms // 1000}.{length_ms % 1000:03}"


def _text(text: str) -> str:
    return _NOT_CHARACTERS.sub(lambda found: f"\\u{ord(found.group()):04x}", printable(text))


class _JUnit(ReportFormat):
    def problems_text(self, definitions: Definitions, now: datetime, *, whole: bool = False) -> str:
        return problems_junit(definitions, now, __version__, whole=whole)

    def plan_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return plan_junit(document)

    def run_text(self, document: Mapping[str, Any], *, whole: bool = False) -> str:
        return report_junit(document)


FORMAT = _JUnit()
