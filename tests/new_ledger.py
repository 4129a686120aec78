"""New ledgers in files, copied from one that the program made: making one takes longer than many tests do."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from runner import local
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import instant_text
from runner.ledger.ulid import new_ulid


def make_ledger_file(path: Path, *, now: datetime, who: str) -> None:
    """An empty ledger at `path`, with an id of its own."""
    local.make_folder(path.parent)
    path.write_bytes(_empty_ledger())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        row = (new_ulid(), instant_text(now), who)
        connection.execute("UPDATE ledger SET id = ?, created_at = ?, created_by = ?", row)


@functools.cache
def _empty_ledger() -> bytes:
    with tempfile.TemporaryDirectory(prefix="bulletins-ledger-") as folder:
        path = Path(folder) / "ledger.sqlite3"
        create(parse_url(str(path)), now=datetime.now(UTC), who="tests")
        return path.read_bytes()
