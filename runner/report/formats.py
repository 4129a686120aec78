"""Choose a format by its name.

In: a plan's or report's document, or the definitions' problems. Out: the text in this format. Only `text` is made by
the commands themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runner import __version__

if TYPE_CHECKING:
    from datetime import datetime

    from runner.definitions.model import Definitions
    from runner.report.annotations.findings import Annotation

# In addition to `text`, which each command prints itself.
FINDING_FORMATS = ("markdown", "github", "sarif", "junit")
PROBLEM_FORMATS = ("text", "json", *FINDING_FORMATS)
PLAN_FORMATS = (*PROBLEM_FORMATS, "html")
RUN_FORMATS = PLAN_FORMATS


def problems_in(format_: str, definitions: Definitions, *, now: datetime) -> str:
    """Return the problems of a set in one of `PROBLEM_FORMATS` other than text, with a line break at the end."""
    from runner.report.annotations.findings import from_problems

    match format_:
        case "json":
            from runner.report.text.problems import problems_json

            text = problems_json(definitions)
        case "markdown":
            from runner.report.markdown import problems_markdown

            text = problems_markdown(definitions)
        case "junit":
            from runner.report.junit import problems_junit

            text = problems_junit(definitions, now, __version__)
        case _:
            text = _annotations(format_, from_problems(definitions.problems))
    return _ended(text)


def plan_in(format_: str, document: Mapping[str, Any]) -> str:
    """Return a plan's document in one of `PLAN_FORMATS` other than text, with a line break at the end."""
    match format_:
        case "json":
            text = json.dumps(document, ensure_ascii=False, indent=2)
        case "markdown":
            from runner.report.markdown import plan_markdown

            text = plan_markdown(document)
        case "junit":
            from runner.report.junit import plan_junit

            text = plan_junit(document)
        case "html":
            from runner.report.html.plan.page import plan_page

            text = plan_page(dict(document))
        case _:
            from runner.report.annotations.findings import from_plan

            text = _annotations(format_, from_plan(document))
    return _ended(text)


def run_in(format_: str, document: Mapping[str, Any]) -> str:
    """Return a report's document in one of `RUN_FORMATS` other than text, with a line break at the end."""
    match format_:
        case "json":
            text = json.dumps(document, ensure_ascii=False)
        case "markdown":
            from runner.report.markdown import report_markdown

            text = report_markdown(document)
        case "junit":
            from runner.report.junit import report_junit

            text = report_junit(document)
        case "html":
            from runner.report.html.run.page import report_page

            text = report_page(dict(document))
        case _:
            from runner.report.annotations.findings import from_report

            text = _annotations(format_, from_report(document))
    return _ended(text)


def _annotations(format_: str, findings: list[Annotation]) -> str:
    if format_ == "sarif":
        from runner.report.annotations.sarif import sarif

        return sarif(findings, __version__)
    assert format_ == "github"
    from runner.report.annotations.github import github_commands

    return github_commands(findings)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
