"""Read reports of older versions. In: a document of any version. Out: a document of the present version.

Version 1 listed every firing, so its counts follow from its entries. It is the version of release 0.1.0.
"""

from __future__ import annotations

from typing import Any

from runner.report.document.run_summary import RunSummary


def as_present_version(document: Any) -> Any:
    """Return the document in the present version; unchanged if it is none of an older version."""
    if not isinstance(document, dict) or document.get("schema_version") != 1:
        return document
    try:
        return {**document, "schema_version": 2, "summary": _summary(document)}
    except (AttributeError, KeyError, TypeError):
        return document  # not a report: the schema says what is wrong


def _summary(document: dict[str, Any]) -> dict[str, Any]:
    summary = RunSummary()
    for entry in document["results"]:
        summary.add_entry(entry)
    return summary.values()
