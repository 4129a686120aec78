"""Read one file of a set by itself. In: its source. Out: its values, or None if it has a problem. Opens its tables."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from runner.definitions.building import build
from runner.definitions.building.check import check
from runner.definitions.building.set_contents import SetContents
from runner.definitions.cache.entry import FileValues
from runner.definitions.reading.reader import read
from runner.definitions.schema.schemas import document_kind
from runner.definitions.sources import Source
from runner.definitions.tables.csv_table import MAX_CELLS


class FileRead(NamedTuple):
    """What a file says, the bytes that it was read from, and the hashes of its tables by the path that it writes."""

    values: FileValues
    data: bytes
    digests: dict[str, str]


def read_file(source: Source) -> FileRead | None:
    """Return what a file says by itself; None if it or one of its tables has a problem."""
    try:
        data = source.read()
    except OSError:
        return None
    document, problems = read(data, source.name)
    if document is None or problems or check(document):
        return None
    digests: dict[str, str] = {}

    def read_beside(name: str) -> bytes:
        found = source.read_beside(name)
        digests[name] = hashlib.sha256(found).hexdigest()
        return found

    parts = SetContents()
    build.add(parts, document, [], read_beside)
    if parts.findings or parts.tables.problems or parts.is_full:
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
    )
    return FileRead(values, data, digests)
