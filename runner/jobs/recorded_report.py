"""Find the report of a run that has ended. In: a report file, or a ledger and the run's id. Out: the document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger


def report_in_file(path: Path) -> dict[str, Any]:
    """Return the document in a report file. Raises UserError if it can't be read, or is no report."""
    from runner.report.document.run import read_report

    try:
        return read_report(path.read_bytes())
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ, f"{path} can't be read: {error.strerror}", help="Give a report file, or a run's id."
        ) from None
    except ValueError as error:
        raise UserError(
            ErrorCode.NOT_A_REPORT,
            f"{path} is not a report: {error}",
            help="Give a report file, such as one in .bulletins/reports, or a run's id.",
            exit_code=Exit.USAGE,
        ) from None


def report_in_ledger(ledger: Ledger, run: str | None) -> dict[str, Any]:
    """Return the document of a run, by default of the newest that did something. Raises UserError if it has none."""
    wanted = ledger.newest_run("fire") if run is None else run.upper()
    if wanted is None:
        raise UserError(
            ErrorCode.NO_RUN,
            "no run is recorded in the ledger yet",
            help="bulletins fire starts a run. If runs happened, name their ledger with --ledger.",
            exit_code=Exit.USAGE,
        )
    return _recorded(ledger, wanted)


def _recorded(ledger: Ledger, run: str) -> dict[str, Any]:
    from runner.report.document.from_ledger import in_doubt_of_other_runs, recorded_document

    found = ledger.run(run)
    if found is None or found.command != "fire":
        message = f"the ledger {ledger.place} contains no run {run}"
        if found is not None:
            message = f"run {run} in the ledger {ledger.place} is a run of {found.command}, not of fire"
        raise UserError(
            ErrorCode.UNKNOWN_RUN,
            message,
            help="bulletins status shows the runs that fired something recently.",
            exit_code=Exit.USAGE,
        )
    if any(live.id == run for live in ledger.live_runs()):
        raise UserError(
            ErrorCode.RUN_IN_PROGRESS,
            f"run {run} is still in progress, and has no report yet",
            help="Run the command again when the run has ended; bulletins status shows whether it has.",
        )
    rows = ledger.rows(run=run, limit=None)
    for key in in_doubt_of_other_runs(found, rows):
        rows += [row for row in ledger.rows(bulletin=key.bulletin, limit=None) if row.key == key]
    resolutions = ledger.resolutions([row.id for row in rows])
    return recorded_document(found, rows, ledger.attempts(run), resolutions, ledger=ledger.id)
