"""The next times of a recurring bulletin after one of its occurrences, as text.

In: a step of a plan. Out: local times of its schedule, or an empty text. A reader sees how a cron goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import islice

from runner.definitions.model import Recurrence
from runner.definitions.suggest import listed
from runner.plan.decide import Action, Step
from runner.report.local_time import zone_of

_SHOWN = 2


def reason_with_next_times(step: Step) -> str:
    """Return the reason of a step; for an occurrence that is waited for, with the times that follow it."""
    schedule = step.firing.bulletin.schedule
    if not isinstance(schedule, Recurrence) or not (times := next_times(step, schedule.timezone)):
        return step.reason.text
    return f"{step.reason.text}; then {times} in {schedule.timezone}"


def next_times(step: Step, timezone: str) -> str:
    """Return the times after a waiting occurrence: `Fri 2026-12-11 18:30 and Fri 2026-12-18 18:30`; else empty."""
    schedule, due_at = step.firing.bulletin.schedule, step.firing.occurrence.due_at
    if step.action is not Action.WAIT or due_at is None or not isinstance(schedule, Recurrence):
        return ""
    return local_times(schedule, due_at, timezone, _SHOWN)


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def local_times(recurrence: Recurrence, after: datetime, timezone: str, count: int) -> str:
    """Return the first times of a schedule after an instant, in a time zone; empty if none follows."""
    return listed(_shown(islice(_following(recurrence, after), count), timezone))


def _following(recurrence: Recurrence, at: datetime) -> Iterable[datetime]:
    from runner.definitions.schedules.recurrence import next_after

    following = next_after(recurrence, at)
    while following is not None:
        yield following
        following = next_after(recurrence, following)


def _shown(times: Iterable[datetime], timezone: str) -> Iterable[str]:
    """Yield each time with its date; on the same date as the time before, without it."""
    date = ""
    for at in times:
        local = at.astimezone(zone_of(timezone))
        day = f"{local:%a %Y-%m-%d} "
        yield f"{'' if day == date else day}{local:%H:%M}"
        date = day
