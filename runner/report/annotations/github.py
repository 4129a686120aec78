"""Findings as workflow commands of GitHub Actions: annotations at file and line, then one line with the counts.

Texts are escaped like in GitHub's own toolkit, so that they can't start another command. A finding about a table's row
is shown at the row: if a change edits only the table, GitHub shows no other lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runner.definitions.problem_codes import Severity
from runner.report.annotation_rules import RULES
from runner.report.annotations.annotation import Annotation, by_severity, tally
from runner.report.annotations.annotations_format import AnnotationsFormat
from runner.report.safe_text import printable

MOST_SHOWN = 10  # annotations of a level that GitHub shows for a step; the log holds all
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_commands(findings: Iterable[Annotation]) -> str:
    """Return the lines for a step's log: a command for each finding, errors first, and the counts."""
    ordered = by_severity(findings)
    found = [finding.severity for finding in ordered]
    hidden = any(found.count(severity) > MOST_SHOWN for severity in Severity)
    more = f"; GitHub shows {MOST_SHOWN} of each level at the code, and this log shows all" if hidden else ""
    return "\n".join([*map(_command, ordered), f"bulletins: {tally(ordered)}{more}"])


def _command(finding: Annotation) -> str:
    place = finding.row_place or finding
    properties = {
        "file": place.file,
        "line": str(place.line),
        "col": "" if place.column is None else str(place.column),
        "title": f"{finding.rule}: {RULES[finding.rule].summary}",
    }
    joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{_COMMANDS[finding.severity]} {joined}::{_data(_text(finding))}"


def _text(finding: Annotation) -> str:
    if finding.row_place is None:
        return finding.text
    column = "" if finding.column is None else f":{finding.column}"
    return f"{finding.text} (template: {finding.file}:{finding.line}{column})"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


class _GitHub(AnnotationsFormat):
    def annotations_text(self, annotations: Sequence[Annotation]) -> str:
        return github_commands(annotations)


FORMAT = _GitHub()
