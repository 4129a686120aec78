"""Resolve firings in doubt: find those that a person means, and record the decision, sent or not sent.

In: a ledger and a ResolveRequest. Out: the rows to resolve, and which of them were resolved. A firing resolved as not
sent may be sent again by the next run. So that it is not sent twice, the process that claimed it must have ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger
    from runner.ledger.values import FiringRow

_SHOWN = 20  # runs that a message names


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """Which firings a person decides on, and the decision.

    Without `ids`, all firings of `run`. `is_again`: an earlier decision is corrected.
    """

    ids: tuple[str, ...]
    run: str | None
    account: str | None
    occurrence: str | None
    is_sent: bool
    note: str
    is_again: bool = False


def rows_to_resolve(ledger: Ledger, request: ResolveRequest) -> list[FiringRow]:
    """Return the rows to resolve: one for each id, or all of the run.

    Raises UserError if no row or several rows fit an id, or if a firing might still be sent that is to be recorded as
    not sent.
    """
    known = _resolved_before(ledger, request) if request.is_again else ledger.in_doubt()
    known = [row for row in known if request.account in (None, row.key.account)]
    known = [row for row in known if request.occurrence in (None, row.key.occurrence)]
    rows = list(_chosen(known, request))
    if not request.is_sent:
        _check_processes(rows)
    return rows


def resolve_rows(
    ledger: Ledger, rows: Sequence[FiringRow], request: ResolveRequest
) -> Iterator[tuple[FiringRow, bool]]:
    """Record the decision for each row; yield the row and whether it was recorded. False if the row has changed."""
    from runner.jobs.ledger.opened_ledger import identity

    for row in rows:
        yield (
            row,
            ledger.resolve(row, sent=request.is_sent, note=request.note, identity=identity(), again=request.is_again),
        )


def _resolved_before(ledger: Ledger, request: ResolveRequest) -> list[FiringRow]:
    """Return the newest row of each firing of these bulletins, or of the run, if a person has resolved this row."""
    if request.ids:
        rows = [row for bulletin in request.ids for row in ledger.rows(bulletin=bulletin)]
    else:
        rows = ledger.rows(run=request.run)
    newest: dict[object, FiringRow] = {}
    for row in rows:
        newest.setdefault(row.key, row)
    resolved = {each.firing for each in ledger.resolutions([row.id for row in newest.values()])}
    return [row for row in newest.values() if row.id in resolved]


def _chosen(known: Sequence[FiringRow], request: ResolveRequest) -> Iterator[FiringRow]:
    is_so = "was decided by a person" if request.is_again else "is in doubt"
    are_so = "were decided by a person" if request.is_again else "are in doubt"
    of_run = [row for row in known if request.run in (None, row.run)]
    if not request.ids:
        if not of_run:
            raise UserError(
                ErrorCode.NOTHING_TO_RESOLVE,
                f"no firing of run {request.run} {is_so}",
                help="bulletins status lists what is in doubt.",
            )
        yield from of_run
    for bulletin in dict.fromkeys(request.ids):
        found = [row for row in of_run if row.key.bulletin == bulletin]
        if not found:
            elsewhere = sorted({row.run for row in known if row.key.bulletin == bulletin})
            raise UserError(
                ErrorCode.NOTHING_TO_RESOLVE,
                f"no firing of {bulletin!r}{f' in run {request.run}' if elsewhere else ''} {is_so}",
                help=f"{bulletin} {is_so} in {_runs(elsewhere)}: give another --run, or none."
                if elsewhere
                else "bulletins status lists what is in doubt, and runs in progress, which still hold their firings.",
            )
        if len(found) > 1:
            places = "; ".join(f"--account {row.key.account} --occurrence {row.key.occurrence}" for row in found)
            raise UserError(
                ErrorCode.SEVERAL_FIRINGS,
                f"{len(found)} firings of {bulletin} {are_so}",
                help=f"Add the options of one of them: {places}",
                exit_code=Exit.USAGE,
            )
        yield from found


def _check_processes(rows: Sequence[FiringRow]) -> None:
    """Raise UserError if the process that claimed a firing still exists: it may be frozen just before it sends."""
    from runner.jobs.ledger.opened_ledger import lingering

    for row in lingering(rows):
        raise UserError(
            ErrorCode.PROCESS_STILL_EXISTS,
            f"the process that held {row.key.bulletin} still exists (pid {row.pid}) and might still send it",
            help=f"End it (kill -9 {row.pid}), look at the activity log again, then repeat this command.",
        )


def _runs(runs: Sequence[str]) -> str:
    more = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    return f"{'run' if len(runs) == 1 else 'runs'} {', '.join(runs[:_SHOWN])}{more}"
