"""Read one file of a set by itself. In: its source. Out: its values, or None if it has an error. Opens its tables."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from runner.definitions.building import build
from runner.definitions.building.check import check
from runner.definitions.building.locating import located
from runner.definitions.building.set_contents import SetContents
from runner.definitions.cache.entry import FileValues
from runner.definitions.problem import by_row
from runner.definitions.reading.reader import read
from runner.definitions.schema.credential_fields import without_quotes
from runner.definitions.schema.schemas import document_kind
from runner.definitions.sources import Source
from runner.definitions.tables.csv_table import MAX_CELLS


class FileRead(NamedTuple):
    """What a file says, the bytes that it was read from, and the hashes of its tables by the path that it writes."""

    values: FileValues
    data: bytes
    digests: dict[str, str]


def read_file(source: Source) -> FileRead | None:
    """Return what a file says by itself, warnings included; None if it or one of its tables has an error."""
    try:
        data = source.read()
    except OSError:
        return None
    document, problems = read(data, source.name)
    if document is None or any(problem.is_error for problem in problems) or check(document):
        return None
    digests: dict[str, str] = {}

    def read_table_bytes(name: str) -> bytes:
        found = source.read_table_bytes(name)
        digests[name] = hashlib.sha256(found).hexdigest()
        return found

    parts = SetContents()
    build.add(parts, document, [], read_table_bytes)
    if parts.is_full or any(finding.is_error for finding in parts.findings):
        return None
    in_file = [*without_quotes(problems, data), *(located(each, document) for each in by_row(parts.findings))]
    warnings = [*in_file, *parts.tables.problems]
    if any(each.is_error for each in warnings):
        return None
    cells = MAX_CELLS - parts.tables.cells_left
    values = FileValues(
        source.name,
        document_kind(document.value) or "",
        tuple(parts.accounts),
        tuple(parts.events),
        tuple(parts.bulletins),
        parts.tables.names,
        (parts.made, parts.work, parts.values, parts.characters, cells),
        tuple(dict.fromkeys(warnings)),
    )
    return FileRead(values, data, digests)
