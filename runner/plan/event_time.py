"""Warnings about `when`, the event time in the payload, if it is far from the time of sending. Pure.

In: a step of the plan, or a `when` and the time of sending. Out: warning texts. For live campaigns, CleverTap refuses
user events older than 2 hours or more than 2 minutes ahead. Nobody knows whether that holds for bulletins, so these
are warnings, and change no action and no exit code.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runner.plan.decide import Action, Step
from runner.plan.time_text import duration_text, utc_text

OLDEST = timedelta(hours=2)
FARTHEST_AHEAD = timedelta(minutes=2)
_MAY_GO_OUT = (Action.FIRE, Action.RETRY, Action.WAIT)


def step_warnings(step: Step, now: datetime) -> tuple[str, ...]:
    """Return the warnings about a step of a plan made at `now`; empty if the step never sends anything."""
    if step.action not in _MAY_GO_OUT:
        return ()
    due_at = step.firing.occurrence.due_at
    is_later = due_at is not None and due_at > now
    return event_time_warnings(step.firing.bulletin.when, due_at if is_later and due_at else now, is_later=is_later)


def event_time_warnings(when: str | int, sent_at: datetime, *, is_later: bool = False) -> tuple[str, ...]:
    """Return the warnings about a `when` (now or UNIX seconds) sent at `sent_at`. `is_later`: sent at its due time."""
    if not isinstance(when, int):
        return ()
    event_at = datetime.fromtimestamp(when, UTC)
    found = f"the field when is {utc_text(event_at)}"
    reference = "the due time" if is_later else "the time of sending"
    if sent_at - event_at > OLDEST:
        distance = f"{duration_text(sent_at - event_at)} before {reference}"
        return (f"{found}, {distance}: CleverTap may refuse events older than 2 hours",)
    if event_at - sent_at > FARTHEST_AHEAD:
        distance = f"{duration_text(event_at - sent_at)} after {reference}"
        return (f"{found}, {distance}: CleverTap may refuse events more than 2 minutes ahead",)
    return ()
