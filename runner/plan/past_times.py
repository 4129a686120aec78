"""Warn of a bulletin that is added with a time in the past. Pure.

In: a bulletin and the time. Out: a message with advice, or None.
"""

from __future__ import annotations

from datetime import datetime

from runner.definitions.model import Bulletin, Recurrence, Schedule
from runner.plan.time_text import duration_text, utc_text

_HELP = "Write a later time, unless this is meant."


def past_time(bulletin: Bulletin, now: datetime) -> tuple[str, str] | None:
    """Return the warning about a new bulletin whose only time, or whose last time, has passed; None for any other."""
    if not bulletin.enabled:
        return None
    match bulletin.schedule:
        case Schedule(at, grace) if at < now:
            message = f"it was due {utc_text(at)}, {duration_text(now - at)} ago"
            if at + grace < now:
                return f"{message}: its grace period has ended, and it is never sent", _HELP
            return f"{message}: it is sent as soon as fire runs", _HELP
        case Recurrence() as recurrence if recurrence.ends is not None and recurrence.ends < now:
            ended = f"its schedule ended {utc_text(recurrence.ends)}, {duration_text(now - recurrence.ends)} ago"
            return f"{ended}: it is never due again", "Write a later ends, or remove the bulletin."
    return None
