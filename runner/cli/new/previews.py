"""Show what a typed time or cron expression means: its day of the week, its next dates. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_NEXT_SHOWN = 3


def next_dates(cron: str, timezone: str, now: datetime) -> str:
    """Return the next dates of a cron expression by the clocks of the time zone; empty if it can't be used."""
    from runner.definitions.model import CatchUp, Recurrence
    from runner.definitions.schedules.cron import fault
    from runner.definitions.schedules.recurrence import next_after
    from runner.definitions.schedules.times import zone

    expression = " ".join(cron.split())
    if not expression or fault(expression) is not None:
        return ""
    recurrence = Recurrence(expression, timezone, timedelta(hours=1), None, None, CatchUp.LATEST)
    found: list[str] = []
    at: datetime | None = now
    while at is not None and len(found) < _NEXT_SHOWN:
        at = next_after(recurrence, at)
        if at is not None:
            found.append(day_and_time(at.astimezone(zone(timezone))))
    return f"next: {', '.join(found)} ({timezone})" if found else ""


def day_and_time(local: datetime) -> str:
    """Return a time with its day of the week: `Fri 4 Dec 2026 18:30`."""
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"
