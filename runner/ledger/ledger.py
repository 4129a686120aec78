"""The durable record of every firing: runs and their leases, claims, outcomes, slots, resolutions.

The promise stands here: a claim is a committed row, unique among rows that are claimed, fired or in doubt, and
only a person's word frees a firing in doubt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType, TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from runner.errors import UserError
from runner.ledger.database import connect, database_errors, locks
from runner.ledger.database.ledger_clock import LedgerClock, Source
from runner.ledger.database.tables import ledger as ledger_table
from runner.ledger.records import (
    budget_use,
    firings,
    other_occurrence_names,
    queries,
    runs,
    seen_runs,
    slots,
    unreported,
    watches,
)
from runner.ledger.transfer import json_lines
from runner.ledger.transfer.check import Finding, check
from runner.ledger.transfer.merge import Merged, merge
from runner.ledger.ulid import new_ulid
from runner.ledger.values import (
    Attempt,
    Claim,
    Description,
    Identity,
    LiveRun,
    Origin,
    Resolution,
    Row,
    RunRow,
    Settlement,
)
from runner.ledger.witness.comparison import Loss, Recorded, SeenRun
from runner.plan.budget import Held, Limit
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import History, Spent, State, Watch


class Ledger:
    """An open ledger; a context manager. May be used from several threads.

    Every method raises UserError where the database can't do its part; LedgerAway where it may be able to a moment
    later. Whether leases have run out is decided by the ledger's own time; `clock` stands in for it. The times of
    firings, `now`, are those of the machine that did something.
    """

    def __init__(self, url: URL, *, clock: Source | None = None) -> None:
        self._engine = connect.open_engine(url)
        self._url = url
        self.clock = LedgerClock(self._engine.dialect, clock)
        # SQLite has one writer. Threads that wait for a lock get it at once; SQLite's own waiting polls.
        self._serial: AbstractContextManager[Any] = threading.Lock() if url.drivername == "sqlite" else nullcontext()
        self._own_runs: dict[str, SeenRun] = {}  # those started here, with the claims that were committed here
        self._counting = threading.Lock()
        try:
            with self._reading() as connection:
                self.id: str = connection.execute(select(ledger_table.c.id)).scalar_one()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where the ledger is, as messages show it."""
        return database_errors.shown(self._url)

    def canonical_place(self) -> str:
        """Where the ledger is, the same however its URL is written, without credentials."""
        with self._reading() as connection:
            return seen_runs.place_of(connection, self._url)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with connect.transaction(self._engine, self._url, reading=True) as connection:
            yield connection

    @contextmanager
    def _writing(self, *, single: bool = False) -> Iterator[Connection]:
        with self._serial, connect.transaction(self._engine, self._url, single=single) as connection:
            yield connection

    # What is known

    def history(
        self,
        wanted: Sequence[Firing],
        now: datetime,
        *,
        accounts: Collection[str] | None = None,
        budgeted: Collection[str] = (),
    ) -> History:
        """What the planner asks about these firings at `now`.

        `accounts` are the names that are defined: what went out in others comes along, for one may have been renamed.
        Of those `budgeted`, what went out lately comes along.
        """
        with self._reading() as connection:
            known = queries.history(connection, wanted, now, self.clock.now(), accounts, budgeted)
            return other_occurrence_names.completed(connection, wanted, known, now, self.clock.now(), accounts)

    def watched(self, keys: Collection[WatchKey]) -> dict[WatchKey, Watch]:
        """What runs have settled of each of these recurring bulletins, as far as one has looked at it."""
        with self._reading() as connection:
            return watches.read(connection, keys)

    def spent(self, accounts: Collection[str], now: datetime) -> dict[str, tuple[Spent, ...]]:
        """What went out of these accounts lately, as their budgets count it."""
        with self._reading() as connection:
            return budget_use.spent(connection, accounts, now)

    def newest_sent(self, keys: Collection[WatchKey], since: datetime) -> dict[WatchKey, datetime]:
        """When the newest occurrence later than `since` was due that was sent, or may have been, of each of these."""
        with self._reading() as connection:
            return watches.newest_sent(connection, keys, since)

    def rows(
        self,
        *,
        bulletin: str | None = None,
        run: str | None = None,
        state: State | None = None,
        limit: int | None = 1000,
    ) -> list[Row]:
        """Rows for people, newest first."""
        with self._reading() as connection:
            return queries.rows(connection, bulletin=bulletin, run=run, state=state, limit=limit)

    def in_doubt(self) -> list[Row]:
        """The rows that a person has to settle: in doubt, or claimed by a run that is over; oldest first."""
        with self._reading() as connection:
            return queries.in_doubt(connection, self.clock.now())

    def resolutions(self, firing_ids: Iterable[str]) -> list[Resolution]:
        """How the firings of these rows were settled by people."""
        with self._reading() as connection:
            return queries.resolutions_of(connection, firing_ids)

    def live_runs(self) -> list[LiveRun]:
        """The runs that are under way, oldest first."""
        with self._reading() as connection:
            return runs.live(connection, self.clock.now())

    def run(self, run: str) -> RunRow | None:
        """The run of that id, if the ledger has it."""
        with self._reading() as connection:
            return runs.find(connection, run)

    def newest_run(self, command: str) -> str | None:
        """The id of the newest run of the command that did something with a firing."""
        with self._reading() as connection:
            return runs.newest_with_firings(connection, command)

    def recorded(self, ids: Iterable[str]) -> Recorded:
        """Those of the runs that the ledger holds, its newest run, those under way, and which losses were accepted."""
        with self._reading() as connection:
            return seen_runs.recorded(connection, ids, self.clock.now())

    def attempts(self, run: str) -> dict[str, list[Attempt]]:
        """The requests of a run, by the ids of the rows they were made for."""
        with self._reading() as connection:
            return queries.attempts_of(connection, run)

    def describe(self) -> Description:
        """The ledger in numbers."""
        with self._reading() as connection:
            return queries.describe(connection, self._url)

    def export(self) -> Iterator[str]:
        """The whole ledger at one moment, as JSON lines, read as they are taken."""
        with connect.snapshot(self._engine, self._url) as connection:
            yield from json_lines.dump(connection)

    def check(self) -> list[Finding]:
        """What is wrong with the ledger, and what is worth knowing. Repairs nothing."""
        with connect.snapshot(self._engine, self._url) as connection:
            return list(check(connection, self.clock.now(), self.clock.now(timedelta(days=1))))

    def take_in(self, header: json_lines.Header, records: Iterable[json_lines.Record]) -> Merged:
        """Adds what another ledger holds; all of it or, where UserError is raised, nothing."""
        with self._writing() as connection:
            alive = runs.live(connection, self.clock.now())
            merged = merge(connection, header, records)
            for run in alive:
                if run.id not in merged.runs:
                    raise UserError(
                        f"run {run.id} of {run.who} on {run.host} (pid {run.pid}) is under way on {self.place}",
                        help="Import when no run is: what it has planned must not change under it.",
                    )
            return merged

    # Runs

    def start_run(self, origin: Origin, identity: Identity, *, lease: timedelta, run: str | None = None) -> str:
        """Records a new run and returns its id. Its claims hold until the lease runs out."""
        run = run or new_ulid()
        with self._writing() as connection:
            until = self.clock.now(lease)
            number, at = runs.start(connection, run, origin, identity, now=self.clock.now(), lease_until=until)
        self._own_runs[run] = SeenRun(run, number, 0, at, identity.host)
        return run

    def own_run(self, run: str) -> SeenRun:
        """A run that was started here, with the number of its claims that were committed here so far."""
        with self._counting:
            return self._own_runs[run]

    def _count(self, run: str, claims: int) -> None:
        with self._counting:
            if own := self._own_runs.get(run):
                self._own_runs[run] = replace(own, claims=own.claims + claims)

    def accept(self, lost: Iterable[Loss], identity: Identity, note: str) -> None:
        """Records that a person goes on without what the ledger lacks of these runs."""
        with self._writing() as connection:
            seen_runs.accept(connection, lost, identity, note, self.clock.now())

    def checkpoint(self) -> None:
        """Moves what is in the write-ahead log of a SQLite file into the file itself, as far as nobody is in the way.

        So a copy of the file alone, or a log that is lost, costs as little as possible.
        """
        if self._url.drivername == "sqlite":
            with self._serial:
                connect.checkpoint(self._engine, self._url)

    def renew(self, run: str, *, lease: timedelta) -> None:
        """Extends a run's lease from now on. Raises UserError where the run was given up: its claims may be freed."""
        with self._writing(single=True) as connection:
            if not runs.renew(connection, run, self.clock.now(lease)):
                raise UserError(
                    f"run {run} overslept its lease, and its claims were put in doubt",
                    help="bulletins status shows them; run again for the rest.",
                )

    def record_outcome(self, run: str, *, exit_code: int, interrupted: bool, lease: timedelta) -> None:
        """Records how a run ended. It stays alive for its lease: what it found is not reported before `finish_run`."""
        with self._writing(single=True) as connection:
            until = self.clock.now(lease)
            runs.record_outcome(connection, run, exit_code=exit_code, interrupted=interrupted, lease_until=until)

    def finish_run(self, run: str, *, exit_code: int, interrupted: bool) -> None:
        """Records that a run is over, and how it ended. What it has not reported, other runs take over."""
        with self._writing(single=True) as connection:
            runs.finish(connection, run, now=self.clock.now(), exit_code=exit_code, interrupted=interrupted)

    def end_leases(self, is_gone: Callable[[str], bool]) -> None:
        """Ends the leases of runs whose process is gone: what they hold need not wait for the lease to run out."""
        with self._reading() as connection:
            gone = runs.whose_process(connection, is_gone, self.clock.now())
        if gone:
            with self._writing(single=True) as connection:
                runs.end_leases(connection, gone, self.clock.now())

    # Firings

    def claim(self, run: str, firing: Firing, now: datetime, *, claim_id: str | None = None) -> Claim | None:
        """Holds a firing for a run, durably; None where it is claimed, fired or in doubt already, or told as expired.

        None also where that is so of its bulletin by another name, from before an edit of its schedule. With the
        `claim_id` of a try whose end is not known, it may be tried again.
        """
        with self._writing() as connection:
            claim = firings.claim(connection, run, firing, now, claim_id or new_ulid())
        self._count(run, 1 if claim else 0)
        return claim

    def claim_within(
        self, run: str, firing: Firing, now: datetime, limits: tuple[Limit, ...], *, claim_id: str | None = None
    ) -> Claim | Held | None:
        """The same, charged to budgets: what holds the firing back, where their `limits` leave no room for it.

        All who claim within limits of one account do so one after the other, so that they never exceed them together.
        """
        if not limits:
            return self.claim(run, firing, now, claim_id=claim_id)
        with self._writing() as connection:
            claim = firings.claim_within(connection, run, firing, now, claim_id or new_ulid(), limits)
        self._count(run, 1 if isinstance(claim, Claim) else 0)
        return claim

    def settle(self, claim: Claim, settlement: Settlement, now: datetime) -> bool:
        """Records how a claimed firing ended. False where somebody has settled it meanwhile: their word stands.

        A claim that only went in doubt because its lease ran out is still this run's to settle: it knows better. The
        attempts are kept in any case. May be repeated with the same `now`.
        """
        with self._writing() as connection:
            return firings.settle(connection, claim, settlement, now)

    def expire(
        self, run: str, missed: Sequence[Firing], now: datetime, reasons: Mapping[FiringKey, str] = MappingProxyType({})
    ) -> set[FiringKey]:
        """Records firings whose window closed unsent; returns those that no other run had recorded yet.

        `reasons` says of those whose window is still open why they do not go any more. It is one transaction, in which
        all others wait: of many firings, give it one piece after the other.
        """
        with self._writing() as connection:
            return firings.expire(connection, run, missed, now, reasons)

    def expire_claimed(self, claim: Claim, run: str, firing: Firing, settlement: Settlement, now: datetime) -> bool:
        """Gives back a claim whose window closed before it was sent, and records the expiry.

        False where somebody has settled it meanwhile: their word stands.
        """
        with self._writing() as connection:
            locks.for_expiry(connection, [firing.key.account])  # before the row, for which others may wait with theirs
            settled = firings.settle(connection, claim, settlement, now)
            if settled:
                firings.expire(connection, run, [firing], now)
            return settled

    def watch(self, found: Mapping[WatchKey, Watch]) -> None:
        """Records up to when recurring bulletins are settled: every occurrence before is told. Never goes back."""
        with self._writing() as connection:
            watches.move_on(connection, found)

    def adopt(self, run: str, sent: Sequence[Firing], now: datetime, reason: str) -> int:
        """Records firings as sent by other means; returns how many nothing was in the way of."""
        with self._writing() as connection:
            adopted = sum(firings.adopt(connection, run, firing, now, reason) for firing in sent)
        self._count(run, adopted)
        return adopted

    def sweep(self, run: str) -> list[Row]:
        """Puts in doubt what runs hold that are over, and returns the rows that `run` has put in doubt."""
        with self._writing() as connection:
            return queries.rows_by_id(connection, firings.sweep(connection, run, self.clock.now()))

    # Reports

    def take_over(self, run: str, belongs: Callable[[FiringKey, str], bool]) -> list[Row]:
        """Makes `run` report what runs that are over left unreported; returns all rows that `run` has to report.

        These are expired firings and firings in doubt. `belongs` decides by the firing and the file that defined it;
        the other rows wait for another run. Of two runs, one takes a row over. May be repeated.
        """
        with self._reading() as connection:
            found = unreported.of_ended_runs(connection, run, self.clock.now())
        for piece in queries.chunks(row.id for row in found if belongs(row.key, row.file)):
            with self._writing() as connection:
                unreported.take_over(connection, run, piece, self.clock.now())
        return self.unreported(run)

    def unreported(self, run: str) -> list[Row]:
        """The expired firings and firings in doubt that `run` has yet to report, oldest first."""
        with self._reading() as connection:
            return queries.rows_by_id(connection, [row.id for row in unreported.of_run(connection, run)])

    def mark_reported(self, run: str, ids: Sequence[str]) -> None:
        """Records that the report of `run` with these rows has been published: no other run reports them again."""
        for piece in queries.chunks(ids):
            with self._writing(single=True) as connection:
                unreported.mark_reported(connection, run, piece, self.clock.now())

    def resolve(self, row: Row, *, sent: bool, note: str, identity: Identity, again: bool = False) -> bool:
        """Settles a row in doubt by a person's word. False where it is not in doubt any more.

        With `again`, also one that a person has settled before, unless the firing was claimed since.
        """
        with self._writing() as connection:
            now = self.clock.now()
            return firings.resolve(connection, row, sent=sent, note=note, identity=identity, again=again, now=now)

    # Slots

    def take_slots(self, run: str, account: str, *, limit: int, wanted: int, held: Collection[int] = ()) -> list[int]:
        """Leases up to `wanted` of an account's `limit` slots to a run, beside those `held`; returns their numbers."""
        with self._reading() as connection:
            free = slots.free(connection, run, account, limit, self.clock.now())
        taken: list[int] = []
        for number in free:
            if len(taken) < wanted and number not in held:
                with self._writing(single=True) as connection:
                    if slots.take(connection, run, account, number, self.clock.now()):
                        taken.append(number)
        return taken

    def give_back_slots(self, run: str, account: str, numbers: Sequence[int]) -> None:
        """Frees slots that a run holds."""
        with self._writing(single=True) as connection:
            slots.give_back(connection, run, account, numbers)

    def slots_of(self, run: str, account: str) -> list[int]:
        """The numbers of an account's slots that a run still holds."""
        with self._reading() as connection:
            return slots.held_by(connection, run, account)

    def slot_demand(self, account: str) -> dict[str, int]:
        """How many of an account's slots each live run holds, of those that have one or want one."""
        with self._reading() as connection:
            return slots.demand(connection, account, self.clock.now())


def import_into(url: URL, lines: Iterable[str], *, now: datetime, who: str) -> Merged:
    """Takes the export of a ledger into the one at `url`, which is made where there is none.

    All of it or, where UserError is raised, nothing; doing it again changes nothing. What is there as sent, or perhaps
    sent, stays so, whatever the export says.
    """
    header, records = json_lines.parse(lines)
    if connect.is_made(url):
        with Ledger(url) as ledger:
            return ledger.take_in(header, records)
    merged: list[Merged] = []
    connect.create(url, now=now, who=who, fill=lambda made: merged.append(merge(made, header, records)))
    return merged[0]
