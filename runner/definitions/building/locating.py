"""Locate findings: one whose place is a path into its document comes in, a problem with line and column goes out."""

from __future__ import annotations

from runner.definitions.problem import Finding, Path, Problem
from runner.definitions.reading.document import Document, source_line
from runner.definitions.schema.schemas import document_kind


def located(finding: Finding, document: Document) -> Problem:
    """Return the problem at the place of the finding. A field that a bulletin inherits is in the defaults."""
    path = _in_defaults(finding.path, document) or finding.path
    line, column = document.position(path, at_key=finding.at_key)
    # Lines of a file with accounts, or of an unknown kind, are never shown: they may contain a secret.
    is_harmless = document_kind(document.value) in ("bulletins", "business_events")
    source = source_line(document.text, line) if is_harmless else ""
    return Problem(finding.file, line, column, finding.code, finding.message, finding.help, source, finding.rows)


def _in_defaults(path: Path, document: Document) -> Path | None:
    """Return the path of an inherited field in the defaults; None if the bulletin has the field itself."""
    if path[:1] != ("bulletins",) or _exists(path, document) or not isinstance(document.value, dict):
        return None
    inherited = ("defaults", *path[2:])
    return inherited if len(path) > 2 and _exists(inherited, document) else None


def _exists(path: Path, document: Document) -> bool:
    value = document.value
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
