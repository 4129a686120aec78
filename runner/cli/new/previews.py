"""Show what a typed cron expression means: its times in words, and its next dates. Pure."""

from __future__ import annotations

from datetime import datetime

_NEXT_SHOWN = 3


def next_dates(cron: str, timezone: str, now: datetime) -> str:
    """Return the meaning of a cron expression and its next dates in the time zone; empty if it can't be used."""
    from runner.definitions.model import Recurrence
    from runner.definitions.schedules.cron import fault, meaning
    from runner.report.next_times import local_times

    expression = " ".join(cron.split())
    if not expression or fault(expression) is not None:
        return ""
    times = local_times(Recurrence(expression, timezone), now, timezone, _NEXT_SHOWN)
    return f"{meaning(expression) or 'its times'}: next {times} in {timezone}" if times else ""
