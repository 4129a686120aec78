"""Status as text and as JSON entries: firings in doubt and how to resolve them, budgets, live runs and history."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from runner.alike_group import fold
from runner.fixed_text import fixed_text
from runner.ledger.values import FiringRow, LiveRun, Resolution
from runner.plan.budget import HOUR, Limit, Used
from runner.plan.decide import Step
from runner.plan.history import State
from runner.plan.time_text import duration_text, utc_text
from runner.report.document.entry_fields import timestamp
from runner.report.local_time import zone_of
from runner.report.safe_text import printable


def doubt_lines(
    rows: Sequence[FiringRow], *, options: Sequence[str] = (), lingering: Iterable[str] = (), whole: bool = False
) -> Iterator[str]:
    """Return what a person needs to find each row in the dashboard's activity log, and commands to resolve it.

    `options` are those that the commands must contain to find the ledger; `lingering` are the runs whose process still
    exists. Not `whole`, only the first rows of those that are alike are described.
    """
    lingering = set(lingering)
    groups = fold(rows, lambda row: (row.run, fixed_text(row.reason or "")), variety=lambda row: row.key.bulletin)
    described = {row.id for group in groups for row in group.shown(whole=whole)}
    for row in rows:
        if row.id not in described:
            continue
        payload = json.loads(row.payload)
        yield f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence})"
        yield f"  event   {printable(payload['business_event'])}"
        yield f"  name    {printable(payload['name'])}"
        yield f"  c-by    {printable(payload['c-by'])}"
        yield f"  window  {utc_text(row.claimed_at)} to {utc_text(window_end(row))}"
        yield f"  why     {printable(row.reason or 'the run that held it ended without recording an outcome')}"
        yield f"  run     {row.run} by {printable(row.who)} on {printable(row.host)} (pid {row.pid})"
        if row.run in lingering:
            yield f"  first   kill -9 {row.pid}   (the process still exists, frozen or slow: it must not go on)"
        yield f"  sent?   {resolve_line(row, sent=True, among=rows, options=options)}"
        yield f"  not?    {resolve_line(row, sent=False, among=rows, options=options)}"
    if more := len(rows) - len(described):
        yield f"{more:,} more like these (--verbose shows all)"
    for run, count in Counter(row.run for row in rows).items():
        if count > 1:
            words = ["bulletins", "resolve", "--run", run, *options]
            yield f"all {count} of run {run} at once:"
            yield f'  sent?   {shlex.join([*words, "--sent", "--note"])} "…"'
            yield f'  not?    {shlex.join([*words, "--not-sent", "--note"])} "…"'


def doubt_summary(rows: Sequence[FiringRow], zones: Mapping[str, str]) -> Iterator[str]:
    """Return a line for each firing in doubt: its names, and when it may have been sent.

    `zones` are the time zones of the accounts that are defined; times are in that zone and in UTC.
    """
    for row in rows:
        payload = json.loads(row.payload)
        named = f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence}), {payload['name']}"
        yield f"  {printable(named)}: {_window_text(row, zones.get(row.key.account))}"


def _window_text(row: FiringRow, zone: str | None) -> str:
    first, last = row.claimed_at, window_end(row)
    in_utc = f"{utc_text(first)} to {utc_text(last)}"
    if zone is None or zone == "UTC":
        return in_utc
    local = first.astimezone(zone_of(zone)), last.astimezone(zone_of(zone))
    days = [f"{at:%a %Y-%m-%d} " for at in local]
    end = f"{'' if days[0] == days[1] else days[1]}{local[1]:%H:%M:%S}"
    return f"{days[0]}{local[0]:%H:%M:%S} to {end} {zone} ({in_utc})"


def window_end(row: FiringRow) -> datetime:
    """Return the latest time at which the request can have been sent: the run's outcome, or the end of its lease."""
    settled_itself = row.settled_at is not None and row.swept_by is None
    return row.settled_at if settled_itself and row.settled_at else row.lease_until


def resolve_line(row: FiringRow, *, sent: bool, among: Sequence[FiringRow] = (), options: Sequence[str] = ()) -> str:
    """Return the command that resolves a firing in doubt, ready to copy; it fits no other row `among` the rows."""
    words = ["bulletins", "resolve", row.key.bulletin, "--account", row.key.account]
    alike = sum(other.key[:2] == row.key[:2] for other in among)
    if row.key.occurrence != "r1" or alike > 1:
        words += ["--occurrence", row.key.occurrence]
    return shlex.join([*words, *options, "--sent" if sent else "--not-sent", "--note"]) + ' "…"'


def budget_lines(used: Mapping[Limit, Used]) -> Iterator[str]:
    """Return a line for each account and event: `india: 57 of 60 in the last hour, 312 of 400 in the last day`."""
    for name, group in groupby(used.items(), key=lambda each: budget_name(each[0])):
        yield printable(f"{name}: " + ", ".join(_used(*each) for each in group))


def _used(limit: Limit, used: Used) -> str:
    said = f"{used.taken:,} of {limit.count:,} in the last {'hour' if limit.window == HOUR else 'day'}"
    return said + (f", over it until {utc_text(used.over_until)}" if used.over_until else "")


def budget_name(limit: Limit) -> str:
    """Return the name of a budget: `india`, or `india, Flash Sale`."""
    return limit.account if limit.event is None else f"{limit.account}, {limit.event}"


def budget_entry(limit: Limit, used: Used) -> dict[str, Any]:
    """Return the JSON entry of a budget's limit and its use; `window_s` in seconds."""
    return {
        "account": limit.account,
        "business_event": limit.event,
        "window_s": int(limit.window.total_seconds()),
        "limit": limit.count,
        "used": used.taken,
        "over_until": None if used.over_until is None else timestamp(used.over_until),
    }


def run_cells(run: LiveRun) -> tuple[str, ...]:
    """Return the cells of a run that is under way: command, place, duration, and its claims and slots."""
    return (
        run.command,
        printable(f"by {run.who} on {run.host} (pid {run.pid})"),
        f"for {duration_text(run.now - run.started_at)}",
        f"{run.claims} claimed, {run.slots} slots",
        f"run {run.id}",
    )


def history_cells(row: FiringRow, resolutions: Iterable[Resolution]) -> tuple[str, ...]:
    """Return the cells of a row of history: state, time, account and occurrence, details."""
    said = [row.reason or ""]
    if row.state is State.FIRED and row.bulletins_sent is not None:
        said.append(f"bulletins sent: {row.bulletins_sent}")
    if row.http_status:
        said.append(f"HTTP {row.http_status}")
    said.append(f"run {row.run} by {row.who} on {row.host}")
    said += [
        f"resolved {utc_text(each.at)} by {each.who} as {'sent' if each.sent else 'not sent'}: {each.note}"
        for each in resolutions
    ]
    where = f"{row.key.account} {row.key.occurrence}"
    return row.state.value, utc_text(row.claimed_at), printable(where), printable("; ".join(filter(None, said)))


def row_entry(row: FiringRow) -> dict[str, Any]:
    """Return the JSON entry of a row."""
    return {
        "id": row.key.bulletin,
        "account": row.key.account,
        "occurrence": row.key.occurrence,
        "state": row.state.value,
        "run": row.run,
        "who": row.who,
        "host": row.host,
        "pid": row.pid,
        "claimed_at": timestamp(row.claimed_at),
        "settled_at": None if row.settled_at is None else timestamp(row.settled_at),
        "off_the_wire_at": timestamp(window_end(row)),
        "reason": row.reason,
        "http_status": row.http_status,
        "error": row.error,
        "bulletins_sent": row.bulletins_sent,
        "payload": json.loads(row.payload),
    }


def step_entry(step: Step) -> dict[str, str]:
    """Return the JSON entry of what a run would do with a firing now."""
    return {
        "account": step.firing.key.account,
        "occurrence": step.firing.key.occurrence,
        "action": step.action.value,
        "reason": printable(step.reason.text),
    }


def run_entry(run: LiveRun) -> dict[str, Any]:
    """Return the JSON entry of a run that is under way; `age_s` in seconds."""
    return {
        "id": run.id,
        "command": run.command,
        "who": run.who,
        "host": run.host,
        "pid": run.pid,
        "started_at": timestamp(run.started_at),
        "age_s": round((run.now - run.started_at).total_seconds(), 1),
        "lease_until": timestamp(run.lease_until),
        "claimed": run.claims,
        "slots": run.slots,
    }
