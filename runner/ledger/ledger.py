"""The ledger: the durable record of every firing, with runs and leases, claims, outcomes, slots and resolutions.

In: values of the plan and of a run. Out: values read from the database. No caller sees SQL.

At most once. A run may send a firing only after its claim is committed. A unique index allows one row per firing that
is claimed, fired or in doubt. If a run dies, its claims become in doubt, and only a person can resolve these.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import URL

from runner.errors import ErrorCode, UserError
from runner.ledger.database import connect, creation, tables
from runner.ledger.database.ledger_clock import Source
from runner.ledger.ledger_reader import LedgerReader
from runner.ledger.records import (
    claims,
    firings,
    queries,
    runs,
    seen_runs,
    sent_before,
    slots,
    unreported,
    watches,
)
from runner.ledger.records import outcomes as outcome_records
from runner.ledger.transfer import json_lines
from runner.ledger.transfer.merge import Merged, merge
from runner.ledger.ulid import new_ulid
from runner.ledger.values import (
    Claim,
    ClaimRequest,
    FiringRow,
    Identity,
    Origin,
    OutcomeRecord,
    RecordedReport,
    SlotRequest,
)
from runner.ledger.witness.comparison import Loss, SeenRun
from runner.plan.budget import HeldByBudget
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import Watch


class Ledger(LedgerReader):
    """An open ledger that can also be written."""

    def __init__(self, url: URL, *, clock: Source | None = None) -> None:
        # SQLite allows one writer. A thread that waits for this lock gets it at once; SQLite itself would poll.
        self._serial: AbstractContextManager[Any] = threading.Lock() if url.drivername == "sqlite" else nullcontext()
        self._own_runs: dict[str, SeenRun] = {}  # runs started by this object, with their committed claims
        self._counting = threading.Lock()
        super().__init__(url, clock=clock)

    @contextmanager
    def writing(self, *, single: bool = False) -> Iterator[Connection]:
        """Provide a transaction that writes. Commands use the other methods instead."""
        with self._serial, connect.transaction(self._engine, self._url, single=single) as connection:
            yield connection

    def import_rows(self, header: json_lines.Header, records: Iterable[json_lines.ExportRow]) -> Merged:
        """Import the rows of another ledger: all of them, or nothing if UserError is raised."""
        with self.writing() as connection:
            alive = runs.live(connection, self.clock.now())
            merged = merge(connection, header, records)
            for run in alive:
                if run.id not in merged.runs:
                    raise UserError(
                        ErrorCode.RUN_IN_PROGRESS,
                        f"run {run.id} of {run.who} on {run.host} (pid {run.pid}) is in progress on {self.place}",
                        help="Import when no run is in progress: an import could change what the run has planned.",
                    )
            return merged

    # Runs

    def start_run(self, origin: Origin, identity: Identity, *, lease: timedelta, run: str | None = None) -> str:
        """Record a new run and return its id. Its claims hold until the lease runs out."""
        run = run or new_ulid()
        with self.writing() as connection:
            until = self.clock.now(lease)
            number, at = runs.start(connection, run, origin, identity, now=self.clock.now(), lease_until=until)
        self._own_runs[run] = SeenRun(run, number, 0, at, identity.host)
        return run

    def own_run(self, run: str) -> SeenRun:
        """Return a run that this object started, with the number of its committed claims so far."""
        with self._counting:
            return self._own_runs[run]

    def _count_claims(self, run: str, claims: int) -> None:
        with self._counting:
            if own := self._own_runs.get(run):
                self._own_runs[run] = replace(own, claims=own.claims + claims)

    def accept(self, lost: Iterable[Loss], identity: Identity, note: str) -> None:
        """Record that a person accepts that the ledger lacks these runs or some of their claims."""
        with self.writing() as connection:
            seen_runs.accept(connection, lost, identity, note, self.clock.now())

    def checkpoint(self) -> None:
        """Move the write-ahead log of a SQLite ledger into its file, as far as other connections allow it.

        A copy of the file alone then lacks as little as possible.
        """
        if self._url.drivername == "sqlite":
            with self._serial:
                connect.checkpoint(self._engine, self._url)

    def renew(self, run: str, *, lease: timedelta) -> None:
        """Extend the lease of a run from now on. Raises UserError if the run lost its claims meanwhile."""
        with self.writing(single=True) as connection:
            if not runs.renew(connection, run, self.clock.now(lease)):
                raise UserError(
                    ErrorCode.LEASE_LOST,
                    f"run {run} did not renew its lease in time, and the firings that it had claimed are in doubt",
                    help="bulletins status shows these firings. A new run sends all others.",
                )

    def record_outcome(
        self, run: str, *, exit_code: int, interrupted: bool, lease: timedelta, report: RecordedReport | None = None
    ) -> None:
        """Record the exit code and the report of a run.

        The run stays live for its lease, until `finish_run` after its report is published.
        """
        with self.writing() as connection:
            until = self.clock.now(lease)
            runs.record_outcome(connection, run, exit_code=exit_code, interrupted=interrupted, lease_until=until)
            if report is not None:
                runs.record_report(connection, run, report)

    def record_refused_run(
        self, run: str, origin: Origin, identity: Identity, report: RecordedReport, *, exit_code: int, interrupted: bool
    ) -> None:
        """Record a run that was refused before it began, with its report."""
        with self.writing() as connection:
            now = self.clock.now()
            runs.start(connection, run, origin, identity, now=now, lease_until=now)
            runs.finish(connection, run, now=tables.runs.c.started_at, exit_code=exit_code, interrupted=interrupted)
            runs.record_report(connection, run, report)

    def finish_run(self, run: str, *, exit_code: int, interrupted: bool) -> None:
        """Record that a run is over, and how it ended. Other runs report what it has not reported."""
        with self.writing(single=True) as connection:
            runs.finish(connection, run, now=self.clock.now(), exit_code=exit_code, interrupted=interrupted)

    def end_leases(self, has_ended: Callable[[str], bool]) -> None:
        """End the leases of runs whose process no longer exists, so that nobody waits for these leases to run out."""
        with self.reading() as connection:
            ended = runs.whose_process(connection, has_ended, self.clock.now())
        if ended:
            with self.writing(single=True) as connection:
                runs.end_leases(connection, ended, self.clock.now())

    # Firings

    def claim_all(self, run: str, requests: Sequence[ClaimRequest]) -> list[Claim | HeldByBudget | None]:
        """Claim firings for a run, durably and all together; return the claims, or HeldByBudget without room.

        None for a firing that is already claimed, fired, in doubt or reported as expired. A firing also counts under
        the occurrence name that it had before a schedule edit. Runs that claim within limits of one account do so one
        after the other, so they never exceed a limit together. After a lost connection, repeat the same requests: they
        then get the same claims. Each request must have a `claims.scope` of its own.
        """
        with self.writing() as connection:
            answers = claims.claim(connection, run, requests)
        self._count_claims(run, sum(isinstance(answer, Claim) for answer in answers))
        return answers

    def settle_all(self, run: str, outcomes: Sequence[OutcomeRecord]) -> list[bool]:
        """Record how claimed firings ended, all together. False for each that a person resolved meanwhile.

        A person's decision is kept. The run may also record the outcome of a claim that is in doubt only because the
        lease ran out. The attempts are recorded in any case. If a firing expired before it was sent, its claim is given
        back and the expiry recorded. Repeating the call changes nothing. Each claim must be different.
        """
        with self.writing() as connection:
            return outcome_records.settle(connection, run, outcomes)

    def expire(
        self, run: str, missed: Sequence[Firing], now: datetime, reasons: Mapping[FiringKey, str] = MappingProxyType({})
    ) -> set[FiringKey]:
        """Record firings as expired; return the keys of those that no other run had recorded yet.

        `reasons` gives the reason for firings that expire for another cause than the end of their grace. All other
        writers wait for this transaction, so pass many firings in several calls.
        """
        with self.writing() as connection:
            return firings.expire(connection, run, missed, now, reasons)

    def watch(self, found: Mapping[WatchKey, Watch]) -> None:
        """Record up to when recurring bulletins are settled. Never moves that time back."""
        with self.writing() as connection:
            watches.move_on(connection, found)

    def record_as_sent(self, run: str, sent: Sequence[Firing], now: datetime, reason: str) -> int:
        """Record firings as sent by other means; return how many were recorded. Blocked ones are left out."""
        with self.writing() as connection:
            recorded = sent_before.record(connection, run, sent, now, reason)
        self._count_claims(run, recorded)
        return recorded

    def put_claims_in_doubt(self, run: str) -> list[FiringRow]:
        """Put the claims of runs that are over in doubt; return the rows that `run` has put in doubt."""
        with self.writing() as connection:
            return queries.rows_by_id(connection, firings.put_claims_in_doubt(connection, run, self.clock.now()))

    # Reports

    def take_over(self, run: str, belongs: Callable[[FiringKey, str], bool]) -> list[FiringRow]:
        """Make `run` the reporter of rows that ended runs left unreported; return all rows that `run` has to report.

        The rows are expired firings and firings in doubt. `belongs` selects them by the firing and its file; the others
        stay for another run. Exactly one run takes over a row. Repeating the call changes nothing.
        """
        with self.reading() as connection:
            found = unreported.of_ended_runs(connection, run, self.clock.now())
        for piece in queries.chunks(row.id for row in found if belongs(row.key, row.file)):
            with self.writing() as connection:
                unreported.take_over(connection, run, piece, self.clock.now())
        return self.unreported(run)

    def mark_reported(self, run: str, ids: Sequence[str]) -> None:
        """Record that the report of `run` with these rows was published, so that no run reports them again."""
        for piece in queries.chunks(ids):
            with self.writing(single=True) as connection:
                unreported.mark_reported(connection, run, piece, self.clock.now())

    def resolve(self, row: FiringRow, *, sent: bool, note: str, identity: Identity, again: bool = False) -> bool:
        """Record a person's decision about a row in doubt. False if the row is no longer in doubt.

        With `again`, a person can also change an earlier decision, unless the firing was claimed since.
        """
        with self.writing() as connection:
            now = self.clock.now()
            return firings.resolve(connection, row, sent=sent, note=note, identity=identity, again=again, now=now)

    # Slots

    def take_slots(self, run: str, wanted: Sequence[SlotRequest]) -> dict[str, list[int]]:
        """Lease slots to a run; return the numbers by account. Repeating a call may return other slots of the run."""
        with self.reading() as connection:
            free = slots.free(connection, run, wanted, self.clock.now())
        taken: dict[str, list[int]] = {}
        for piece in queries.chunks(free):
            with self.writing(single=True) as connection:
                for account, number in slots.take(connection, run, piece, self.clock.now()):
                    taken.setdefault(account, []).append(number)
        return taken

    def give_back_slots(self, run: str, numbers: Mapping[str, Collection[int]]) -> None:
        """Free slots that a run holds, by account."""
        with self.writing() as connection:
            slots.give_back(connection, run, numbers)


def import_into(url: URL, lines: Iterable[str], *, now: datetime, who: str) -> Merged:
    """Import an exported ledger into the ledger at `url`, which is created if it does not exist.

    Either everything is imported or, if UserError is raised, nothing. Importing twice changes nothing. A firing that is
    recorded here as sent, or perhaps sent, stays so, whatever the export contains.
    """
    header, records = json_lines.parse(lines)
    if creation.is_made(url):
        with Ledger(url) as ledger:
            return ledger.import_rows(header, records)
    merged: list[Merged] = []
    creation.create(url, now=now, who=who, fill=lambda made: merged.append(merge(made, header, records)))
    return merged[0]
