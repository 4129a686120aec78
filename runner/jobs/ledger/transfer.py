"""Export a ledger to a file, and import an export into another ledger. In: places. Out: counts of what was moved."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runner import clock, local
from runner.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger
    from runner.ledger.transfer.merge import Merged


def export_to_file(ledger: Ledger, path: Path) -> int:
    """Write the whole ledger to a file, completely or not at all; return the number of rows. Raises UserError."""
    from runner.files import written_whole

    try:
        with written_whole(path) as out:
            count = export_to_stream(ledger, out)
    except OSError as error:
        message = f"the export can't be written to {path}: {error.strerror}"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help="Make room or give write access there. No partial file was left."
        ) from None
    return count


def export_to_stream(ledger: Ledger, out: TextIO) -> int:
    """Write the whole ledger to an open file as JSON lines; return the number of rows."""
    count = 0
    for count, line in enumerate(ledger.export(), 1):  # noqa: B007 - the last count is the result
        out.write(line)
    return count - 2  # the first and the last line hold no row


def import_export(url: str | None, lines: Iterable[str]) -> tuple[Merged, str]:
    """Import an export into the ledger at `url`, or at its usual place; it is created if it is missing.

    Returns what was imported, and the place to show. Raises UserError if the export is incomplete or does not fit: then
    nothing was imported.
    """
    from runner.jobs.ledger.opened_ledger import identity
    from runner.ledger.database.database_errors import shown
    from runner.ledger.database.ledger_url import parse_url
    from runner.ledger.ledger import import_into

    parsed = parse_url(url or str(local.LEDGER))
    return import_into(parsed, lines, now=clock.now(), who=identity().who), shown(parsed)
