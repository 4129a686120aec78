"""Markdown for pull request comments and `$GITHUB_STEP_SUMMARY`: problems, plans and reports that fit in a comment."""

from __future__ import annotations

from runner.report.markdown.plan import plan_markdown
from runner.report.markdown.problems import problems_markdown
from runner.report.markdown.run import report_markdown

__all__ = ["plan_markdown", "problems_markdown", "report_markdown"]
