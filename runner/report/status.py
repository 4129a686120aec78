"""Rows of the ledger → lines for people: what is in doubt and how to settle it, and what happened to a bulletin."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from runner.ledger.values import Resolution, Row
from runner.plan.decide import moment
from runner.plan.history import State
from runner.report.document import timestamp
from runner.report.plain import plain


def doubt_lines(row: Row) -> Iterator[str]:
    """What a person needs to find a firing in the dashboard's activity log, and the lines that settle it."""
    payload = json.loads(row.payload)
    yield f"{row.key.bulletin} in {row.key.account} ({row.key.occurrence})"
    yield f"  event   {plain(payload['business_event'])}"
    yield f"  name    {plain(payload['name'])}"
    yield f"  c-by    {plain(payload['c-by'])}"
    yield f"  window  {moment(row.claimed_at)} to {moment(window_end(row))}"
    yield f"  why     {plain(row.reason or 'the run that held it ended without recording an outcome')}"
    yield f"  run     {row.run} by {plain(row.who)} on {plain(row.host)} (pid {row.pid})"
    yield f"  sent?   {resolve_line(row, sent=True)}"
    yield f"  not?    {resolve_line(row, sent=False)}"


def window_end(row: Row) -> datetime:
    """When the firing was off the wire at the latest."""
    return row.settled_at or row.lease_until


def resolve_line(row: Row, *, sent: bool) -> str:
    """The command that settles a firing in doubt, ready to copy."""
    words = ["bulletins", "resolve", row.key.bulletin, "--account", row.key.account]
    if row.key.occurrence != "r1":
        words += ["--occurrence", row.key.occurrence]
    return shlex.join([*words, "--sent" if sent else "--not-sent", "--note"]) + ' "…"'


def history_cells(row: Row, resolutions: Iterable[Resolution]) -> tuple[str, ...]:
    """One row of a bulletin's history: when, state, account and occurrence, what was said."""
    said = [row.reason or ""]
    if row.state is State.FIRED and row.bulletins_sent is not None:
        said.append(f"bulletins sent: {row.bulletins_sent}")
    if row.http_status:
        said.append(f"HTTP {row.http_status}")
    said.append(f"run {row.run} by {row.who} on {row.host}")
    said += [
        f"settled {moment(each.at)} by {each.who} as {'sent' if each.sent else 'not sent'}: {each.note}"
        for each in resolutions
    ]
    where = f"{row.key.account} {row.key.occurrence}"
    return row.state.value, moment(row.claimed_at), plain(where), plain("; ".join(filter(None, said)))


def row_entry(row: Row) -> dict[str, Any]:
    """A row as JSON output holds it."""
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
        "reason": row.reason,
        "http_status": row.http_status,
        "error": row.error,
        "bulletins_sent": row.bulletins_sent,
        "payload": json.loads(row.payload),
    }
