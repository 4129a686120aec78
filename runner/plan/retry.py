"""Retries: when a firing that failed before is tried again. Pure.

The rule. Every run tries a failed firing again while its grace period lasts. Where the API refused the same content in
three runs in a row, such as with `Event not found`, it is tried again an hour after the last refusal, and so on every
hour. An edit of the bulletin is tried by the next run. Where the grace period ends before the hour is over, each run
tries the firing, so that a cause that is corrected in the dashboard meanwhile costs no bulletin.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.plan.firing import Firing
from runner.plan.history import KnownFiring

MOST_REFUSALS = 3  # in a row, before retries become rarer
PAUSE = timedelta(hours=1)


def waits_until(firing: Firing, entry: KnownFiring, now: datetime) -> datetime | None:
    """Return when a firing that was refused several times is tried again; None if the next run tries it."""
    if entry.refusals < MOST_REFUSALS or entry.fingerprint != firing.fingerprint:
        return None
    at = (entry.settled_at or entry.claimed_at) + PAUSE
    expires_at = firing.occurrence.expires_at
    if at <= now or (expires_at is not None and at >= expires_at):
        return None
    return at
