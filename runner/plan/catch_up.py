"""Catch-up: which due occurrences of recurring bulletins are no longer sent. Pure.

In: the firings around `now` and the history from the ledger. Out: a reason for each occurrence that is passed over.

The rule. An occurrence is missed when no run happened at its due time. While its grace lasts, `catch_up` decides
whether it is still sent. `latest`: only the most recent missed occurrence. `all`: every missed occurrence. `none`:
only if a run starts within 15 minutes of the due time. An occurrence that is passed over is reported once, as expired.

New and edited schedules. A new schedule starts fresh: earlier occurrences are not reported, and at most the latest is
sent. After an edit, the same holds for due times that a run has already passed. Exception: occurrences due in the last
15 minutes are still sent with `all`, and after an edit also with `none`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from runner.definitions.model import CatchUp, Recurrence
from runner.plan import reasons
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import BLOCKING, History, KnownFiring, SentFiring, State
from runner.reason import Reason

IN_TIME = timedelta(minutes=15)  # with catch_up none: how long after the due time a run may start


class PassedOver(NamedTuple):
    """Why an occurrence is no longer sent. `needs_report`: no run has reported it yet, so the next one has to.

    `newer` is the later occurrence that is due to be sent instead; None if there is none, or if it was already sent.
    """

    reason: Reason
    needs_report: bool
    newer: FiringKey | None = None


def passed_over(firings: Iterable[Firing], history: History, now: datetime) -> dict[FiringKey, PassedOver]:
    """Return the firings that catch-up passes over, each with its reason. `firings` are in order of due time.

    A firing whose grace has ended is included only if its expiry needs no report. Where `newer` is set, the plan must
    still check that the newer firing is really sent.
    """
    due: dict[WatchKey, list[Firing]] = {}
    for firing in firings:
        key = firing.watch_key
        if key is not None and firing.bulletin.enabled and firing.occurrence.is_due(now):
            due.setdefault(key, []).append(firing)
    found: dict[FiringKey, PassedOver] = {}
    for key, each in due.items():
        found.update(_passed_over_of_bulletin(key, each, history, now))
    return found


def _passed_over_of_bulletin(
    key: WatchKey, due: Sequence[Firing], history: History, now: datetime
) -> Iterator[tuple[FiringKey, PassedOver]]:
    settled, newest = history.settled.get(key), history.newest.get(key)
    sent = ""  # describes a later occurrence that was sent, or may have been
    newer: FiringKey | None = None  # the latest occurrence that can still be sent
    for firing in reversed(due):
        at = firing.occurrence.due_at
        if not sent and newest is not None and at is not None and at < newest:
            sent = reasons.newer_of_earlier_schedule(newest)
        entry = history.entries.get(firing.key)
        if entry is not None and entry.state in BLOCKING:
            sent = sent or reasons.newer_occurrence(firing.key.occurrence, entry.state)
        elif passed := _already_settled(firing, entry, settled, now):
            yield firing.key, passed
        elif not firing.occurrence.is_expired(now):
            if too_late := _too_late(firing, entry, sent, newer, history, now):
                reason, sent_instead = too_late
                yield firing.key, PassedOver(reason, needs_report=not history.is_new(key), newer=sent_instead)
            elif orphan := orphan_of(firing, history):
                sent = sent or reasons.newer_in_renamed_account(firing.key.occurrence, orphan.key.account)
            else:
                newer = newer or firing.key


def _already_settled(
    firing: Firing, entry: KnownFiring | None, settled: datetime | None, now: datetime
) -> PassedOver | None:
    """Return why the firing needs no report: a run reported its expiry, or its time was over before any run looked.

    A reported expiry counts whatever the grace was at that time.
    """
    due_at = firing.occurrence.due_at
    assert due_at is not None
    if entry is not None and entry.state is State.EXPIRED:
        return PassedOver(reasons.expiry_reported(entry, reasons.expired_unsent(due_at)), False)
    if settled is not None and due_at < settled:
        return PassedOver(reasons.too_late_for_last_run(due_at), False)
    if settled is None and firing.occurrence.is_expired(now):
        return PassedOver(reasons.too_late_for_first_run(due_at), False)
    return None


def orphan_of(firing: Firing, history: History) -> SentFiring | None:
    """Return the same firing as it was sent in an account that is no longer defined, and so may have been renamed.

    None if there is no such firing, or if the bulletin has `allow_duplicate`.
    """
    orphans = history.orphans.get((firing.key.bulletin, firing.key.occurrence), ())
    return None if firing.bulletin.allow_duplicate or not orphans else orphans[0]


def _too_late(
    firing: Firing, entry: KnownFiring | None, sent: str, newer: FiringKey | None, history: History, now: datetime
) -> tuple[Reason, FiringKey | None] | None:
    """Return why the firing is passed over, and the later firing that is due to be sent instead; None if it is sent."""
    schedule, key, due_at = firing.bulletin.schedule, firing.watch_key, firing.occurrence.due_at
    assert isinstance(schedule, Recurrence)
    assert key is not None
    assert due_at is not None
    if schedule.catch_up is CatchUp.LATEST and sent:
        return reasons.newer_was_sent(due_at, sent), None
    if schedule.catch_up is CatchUp.LATEST and newer:
        return reasons.newer_is_sent(due_at, newer.occurrence), newer
    is_first_look = key not in history.settled
    if schedule.catch_up is CatchUp.NONE and is_first_look and newer:
        return reasons.only_latest_at_first(due_at), None
    if now - due_at <= IN_TIME or entry is not None:
        return None
    looked_at = history.looked_at.get(key)
    was_looked_at = looked_at is not None and looked_at >= due_at
    # A run records each occurrence that it finds too late. So if a run has looked since the due time, it was in time.
    if schedule.catch_up is CatchUp.NONE and (history.is_new(key) or not was_looked_at):
        return reasons.no_run_in_time(due_at, IN_TIME), None
    if is_first_look and (sent or newer):
        return reasons.only_latest_at_first(due_at), None
    if key in history.edited and was_looked_at and (sent or newer):  # the schedule of that run had no such due time
        return reasons.only_latest_after_edit(due_at), None
    return None
