"""Check documents and filled-in entries against the schemas.

The fast validator decides whether something is valid; the slow one explains what is not. Findings go out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from runner.definitions.building import incomplete_entry
from runner.definitions.building.incomplete_entry import MergedEntry
from runner.definitions.problem import MAX_PROBLEMS, Finding
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document
from runner.definitions.schema.schemas import document_kind, is_valid, validator_for
from runner.definitions.tables.expansion import FilledEntry
from runner.definitions.tables.unfilled_texts import wants_rows

_AT_ONCE = 256  # entries that are validated in one call


def check(document: Document) -> list[Finding]:
    """Return the findings of the schema about a whole file; [] if it is valid."""
    kind = document_kind(document.value)
    if kind is not None and is_valid(validator_for(kind), document.value):
        return []
    from runner.definitions.schema import schema_findings

    if kind is None:
        return [schema_findings.top_level(document)]
    return [_of_its_template(finding, document) for finding in schema_findings.explain(kind, document)]


def _of_its_template(finding: Finding, document: Document) -> Finding:
    """Replace a finding about a format by one about the missing rows, if the text is an unfilled template."""
    if finding.code is not Code.BAD_FORMAT or finding.at_key or finding.path[:1] != ("bulletins",):
        return finding
    if "for_each" in finding.path[2:3]:
        return finding  # a template inside for_each itself is not about missing rows
    value = document.value
    for step in finding.path:
        value = value[step]
    return wants_rows(value, finding.path, document.file) or finding


def checked(made: Iterable[FilledEntry | Finding], entry: MergedEntry) -> Iterator[FilledEntry | Finding]:
    """Yield the valid bulletins made from an entry, and findings about the invalid ones."""
    wrong = 0
    entries = iter(made)
    while some := list(islice(entries, _AT_ONCE)):
        valid = _valid(some)
        for each in some:
            if isinstance(each, Finding) or id(each) in valid:
                yield each
                continue
            wrong += 1
            if wrong <= MAX_PROBLEMS:
                yield from _explained(each, entry)
    if wrong > MAX_PROBLEMS:
        message = f"{wrong - MAX_PROBLEMS:,} more rows have problems that are not shown"
        yield Finding(Code.TOO_MANY_PROBLEMS, entry.file, entry.path, message, "Fix the other problems first.")


def _valid(some: Iterable[FilledEntry | Finding]) -> set[int]:
    """Return the `id()` of each valid one."""
    validator = validator_for("bulletins")
    made = [each for each in some if isinstance(each, FilledEntry)]
    if not is_valid(validator, {"bulletins": [each.fields for each in made]}):
        made = [each for each in made if is_valid(validator, {"bulletins": [each.fields]})]
    return {id(each) for each in made}


def _explained(made: FilledEntry, entry: MergedEntry) -> Iterator[Finding]:
    from runner.definitions.schema import schema_findings

    document = Document(entry.file, {"bulletins": [made.fields]}, array("Q"), "", {})
    found = [
        replace(finding, path=(*entry.path, *finding.path[2:]), row=made.row)
        for finding in schema_findings.explain("bulletins", document)
    ]
    yield from found
    yield from incomplete_entry.times(entry, found, made.row, made.fields)
