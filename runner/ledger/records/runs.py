"""Runs and their leases: start, renew, give up, finish. Functions over a transaction; `now` is the ledger's time.

Leases. A run is live while it renews its lease. It is over once it finished, was given up, or its lease ran out. The
claims of a run that is over are in doubt. A run that was given up can never renew its lease, so it sends nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, outerjoin, select, update

from runner.errors import Exit
from runner.ledger.database import locks
from runner.ledger.database.dialects import ByDialect
from runner.ledger.database.tables import acceptances, firings, ledger, report_entries, runs, slots
from runner.ledger.values import Identity, LiveRun, Origin, RecordedReport, RunRow
from runner.plan.firing import digest
from runner.plan.history import State

Now = ColumnElement[datetime]
BASELINE = "baseline"  # command of runs that record firings sent by other means
_UNFINISHED = runs.c.finished_at.is_(None)
# About the run of the firing in the enclosing statement.
HOLDER_IS_FINISHED = exists().where(runs.c.id == firings.c.run, runs.c.finished_at.is_not(None))
# A run that was refused before it began: it ended at the moment at which it was recorded.
IS_REFUSED = and_(
    runs.c.finished_at == runs.c.started_at,
    runs.c.exit_code >= int(Exit.REFUSED),
    ~exists().where(firings.c.run == runs.c.id),
)
_KEEP_ENTRIES = ByDialect(
    lambda dialect: dialect.insert(report_entries).on_conflict_do_nothing(index_elements=[report_entries.c.id])
)
_START = ByDialect(lambda dialect: dialect.insert(runs).on_conflict_do_nothing(index_elements=[runs.c.id]))


def is_over(now: Now) -> ColumnElement[bool]:
    """Return the condition that a run is over, for statements that join `runs`."""
    return or_(runs.c.finished_at.is_not(None), runs.c.lease_until < now)


def is_live(now: Now) -> ColumnElement[bool]:
    """Return the condition that a run is live, the opposite of `is_over`."""
    return and_(_UNFINISHED, runs.c.lease_until >= now)


def start(
    connection: Connection, run: str, origin: Origin, identity: Identity, *, now: Now, lease_until: Now
) -> tuple[int, datetime]:
    """Record a new run; return its number and start time. Repeating the call changes nothing."""
    locks.for_run_numbers(connection)
    values = {
        "id": run,
        "command": origin.command,
        "started_at": now,
        "lease_until": lease_until,
        "interrupted": False,
        "who": identity.who,
        "host": identity.host,
        "pid": identity.pid,
        "process": identity.process,
        "version": origin.version,
        "git_commit": origin.git_commit,
        "git_dirty": origin.git_dirty,
        "number": next_number(connection),
    }
    connection.execute(_START[connection.dialect.name].values(values))
    row = connection.execute(select(runs.c.number, runs.c.started_at).where(runs.c.id == run)).one()
    return row.number, row.started_at


def next_number(connection: Connection) -> int:
    """Return the number of the next run. The caller must hold the lock on run numbers.

    The number is higher than that of every run here, and of every run of this ledger whose loss was accepted. So an
    accepted loss never covers a later run.
    """
    of_this = acceptances.c.ledger == select(ledger.c.id).scalar_subquery()
    numbers = (select(func.max(runs.c.number)), select(func.max(acceptances.c.number)).where(of_this))
    return max(connection.execute(each).scalar() or 0 for each in numbers) + 1


def renew(connection: Connection, run: str, lease_until: Now) -> bool:
    """Extend a run's lease, even if it has run out. False if the run finished or was given up meanwhile."""
    statement = update(runs).where(runs.c.id == run, _UNFINISHED).values(lease_until=lease_until)
    return connection.execute(statement).rowcount == 1


def record_outcome(connection: Connection, run: str, *, exit_code: int, interrupted: bool, lease_until: Now) -> None:
    """Record the exit code of a run that has yet to publish its report. A run that was given up stays over."""
    values = {"exit_code": exit_code, "interrupted": interrupted, "lease_until": lease_until}
    connection.execute(update(runs).where(runs.c.id == run, _UNFINISHED).values(values))


def record_report(connection: Connection, run: str, report: RecordedReport) -> None:
    """Record the counts of a run's report and the firings that it lists. Repeating the call changes nothing."""
    entries_id = None if report.entries is None else digest(report.entries.encode("utf-8", "replace"))
    if entries_id is not None:
        values = {"id": entries_id, "entries": report.entries}
        connection.execute(_KEEP_ENTRIES[connection.dialect.name].values(values))
    connection.execute(update(runs).where(runs.c.id == run).values(summary=report.summary, entries=entries_id))


def finish(connection: Connection, run: str, *, now: Now, exit_code: int, interrupted: bool) -> None:
    """Record that a run is over, and how it ended."""
    values = {"finished_at": now, "lease_until": now, "exit_code": exit_code, "interrupted": interrupted}
    connection.execute(update(runs).where(runs.c.id == run).values(values))


def give_up(connection: Connection, held: ColumnElement[bool], now: Now) -> None:
    """Give up the runs whose lease ran out and that hold firings matching `held`.

    Otherwise, a run that was only suspended could renew its lease and send a firing that a person resolved meanwhile.
    """
    holders = runs.c.id.in_(select(firings.c.run).where(held))
    connection.execute(update(runs).where(holders, _UNFINISHED, runs.c.lease_until < now).values(finished_at=now))


def whose_process(connection: Connection, has_ended: Callable[[str], bool], now: Now) -> list[str]:
    """Return the ids of live runs whose process no longer exists, as `has_ended` decides."""
    alive = select(runs.c.id, runs.c.process).where(is_live(now), runs.c.process != "")
    return [row.id for row in connection.execute(alive) if has_ended(row.process)]


def end_leases(connection: Connection, ids: Sequence[str], now: Now) -> None:
    """End the leases of these runs now."""
    connection.execute(update(runs).where(runs.c.id.in_(ids), _UNFINISHED).values(lease_until=now))


def find(connection: Connection, run: str) -> RunRow | None:
    """Return the run of that id, or None."""
    columns = [runs.c[each.name] for each in fields(RunRow) if each.name != "report"]
    listed = outerjoin(runs, report_entries, report_entries.c.id == runs.c.entries)
    statement = select(*columns, runs.c.summary, report_entries.c.entries).select_from(listed)
    row = connection.execute(statement.where(runs.c.id == run)).first()
    if row is None:
        return None
    found = dict(row._mapping)
    summary, entries = found.pop("summary"), found.pop("entries")
    return RunRow(**found, report=None if summary is None else RecordedReport(summary, entries))


def newest_with_firings(connection: Connection, command: str) -> str | None:
    """Return the id of the newest run of the command that recorded a firing, or None.

    Most runs of a cron job find nothing to do, and are skipped.
    """
    did_something = exists().where(firings.c.run == runs.c.id)
    statement = select(runs.c.id).where(runs.c.command == command, did_something).order_by(runs.c.id.desc()).limit(1)
    return connection.execute(statement).scalar_one_or_none()


def live(connection: Connection, now: Now) -> list[LiveRun]:
    """Return the live runs, oldest first, with the number of claims and slots of each."""
    claims = (
        select(func.count()).where(firings.c.run == runs.c.id, firings.c.state == State.CLAIMED.value).scalar_subquery()
    )
    held = select(func.count()).where(slots.c.run == runs.c.id).scalar_subquery()
    columns = [runs.c[name] for name in ("id", "command", "started_at", "lease_until", "who", "host", "pid")]
    statement = select(*columns, now.label("now"), claims.label("claims"), held.label("slots"))
    found = [LiveRun(**row._mapping) for row in connection.execute(statement.where(is_live(now)))]
    return sorted(found, key=lambda run: run.id)  # not in SQL: the database would read all runs
