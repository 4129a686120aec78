"""A document by its schema: nothing where the fast verdict is good, else findings that say what is wrong."""

from __future__ import annotations

from runner.definitions.document import Document
from runner.definitions.problem import Finding
from runner.definitions.schema import document_kind, is_valid, schema, validator_for


def check(document: Document) -> list[Finding]:
    """What the schemas find wrong with a whole file; empty where it is valid."""
    kind = document_kind(document.value)
    if kind is not None and is_valid(validator_for(kind), document.value):
        return []
    from runner.definitions import schema_findings  # brings jsonschema along, which most runs don't need

    if kind is None:
        return [schema_findings.top_level(document)]
    return schema_findings.explain(schema(kind), document)
