"""Which occurrences of recurring bulletins do not go any more, although nothing stands in their way. Pure.

What `catch_up` says counts only among those that are due, inside their grace, and neither sent nor told as expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from runner.definitions.model import CatchUp, Recurrence
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import BLOCKING, Entry, History, Sent, State
from runner.plan.time_text import moment

IN_TIME = timedelta(minutes=15)  # with catch_up none, how late the first run may come
_HOW = {
    State.FIRED: "was sent",
    State.IN_DOUBT: "may have been sent",
    State.CLAIMED: "is being sent",
}


class Passed(NamedTuple):
    """Why an occurrence does not go any more, and whether a run has to tell it.

    `newer` is the one that is to go in its place, where that is not sent yet.
    """

    reason: str
    is_news: bool
    newer: FiringKey | None = None


def passed_over(firings: Iterable[Firing], history: History, now: datetime) -> dict[FiringKey, Passed]:
    """What does not go any more of these firings, which are in the order of their times.

    Those that expire by their grace alone are not among them, unless that is no news. Whether a newer one does go in
    the place of an older one, the plan has to see.
    """
    due: dict[WatchKey, list[Firing]] = {}
    for firing in firings:
        key = firing.watch_key
        if key is not None and firing.bulletin.enabled and firing.occurrence.is_due(now):
            due.setdefault(key, []).append(firing)
    found: dict[FiringKey, Passed] = {}
    for key, each in due.items():
        found.update(_of_one(key, each, history, now))
    return found


def _of_one(
    key: WatchKey, due: Sequence[Firing], history: History, now: datetime
) -> Iterator[tuple[FiringKey, Passed]]:
    settled, newest = history.settled.get(key), history.newest.get(key)
    sent = ""  # a later occurrence that was sent, or may have been, and what is known of it
    newer: FiringKey | None = None  # or else the latest
    for firing in reversed(due):
        at = firing.occurrence.due_at
        if not sent and newest is not None and at is not None and at < newest:
            sent = f"that of {moment(newest)} was sent, or may have been"  # by an earlier schedule
        entry = history.entries.get(firing.key)
        if entry is not None and entry.state in BLOCKING:
            sent = sent or f"{firing.key.occurrence} {_HOW[entry.state]}"
        elif passed := _told(firing, entry, settled, now):
            yield firing.key, passed
        elif not firing.occurrence.is_expired(now):
            if too_late := _too_late(firing, entry, sent, newer, history, now):
                yield firing.key, too_late._replace(is_news=not history.is_new(key))
            elif orphan := orphan_of(firing, history):
                sent = (
                    sent or f"{firing.key.occurrence} went out in {orphan.key.account}, which is not defined any more"
                )
            else:
                newer = newer or firing.key


def _told(firing: Firing, entry: Entry | None, settled: datetime | None, now: datetime) -> Passed | None:
    """Whether a run has told it before, whatever its grace was then; or it was over before anybody looked."""
    due_at = firing.occurrence.due_at
    assert due_at is not None
    was_due = f"was due {moment(due_at)}"
    if entry is not None and entry.state is State.EXPIRED:
        return Passed(f"{entry.reason or f'{was_due}, and expired unsent'}; {entry.report_note}", False)
    if settled is not None and due_at < settled:
        return Passed(f"{was_due}; its time was over when a run last looked", False)
    if settled is None and firing.occurrence.is_expired(now):
        return Passed(f"{was_due}; its grace ran out before any run looked", False)
    return None


def orphan_of(firing: Firing, history: History) -> Sent | None:
    """As what it went out in an account that is not defined any more, and may have been renamed, where that counts."""
    orphans = history.orphans.get((firing.key.bulletin, firing.key.occurrence), ())
    return None if firing.bulletin.allow_duplicate or not orphans else orphans[0]


def _too_late(
    firing: Firing, entry: Entry | None, sent: str, newer: FiringKey | None, history: History, now: datetime
) -> Passed | None:
    schedule, key, due_at = firing.bulletin.schedule, firing.watch_key, firing.occurrence.due_at
    assert isinstance(schedule, Recurrence)
    assert key is not None
    assert due_at is not None
    if schedule.catch_up is CatchUp.LATEST and sent:
        return Passed(_latest(due_at, sent), True)
    if schedule.catch_up is CatchUp.LATEST and newer:
        return Passed(in_its_place(firing, newer.occurrence), True, newer)
    is_first_look = key not in history.settled
    if schedule.catch_up is CatchUp.NONE and is_first_look and newer:
        return Passed(_only_latest(due_at), False)
    if now - due_at <= IN_TIME or entry is not None:
        return None
    looked = history.looked.get(key)
    was_looked_at = looked is not None and looked >= due_at
    # What a run found too late was recorded as such, so what a run has seen since it was due was in time.
    if schedule.catch_up is CatchUp.NONE and (history.is_new(key) or not was_looked_at):
        minutes = IN_TIME // timedelta(minutes=1)
        return Passed(
            f"was due {moment(due_at)}; catch_up is none, and it did not go within {minutes}m of its time", True
        )
    if is_first_look and (sent or newer):
        return Passed(_only_latest(due_at), False)
    if key in history.edited and was_looked_at and (sent or newer):  # it was no time then
        return Passed(f"was due {moment(due_at)}; of times before an edit of the schedule, only the latest goes", False)
    return None


def _only_latest(due_at: datetime) -> str:
    return f"was due {moment(due_at)}; before a run first looked, only the latest goes"


def in_its_place(firing: Firing, newer: str, *, waits: bool = False) -> str:
    """Why an occurrence does not go any more where a newer one does, or waits to."""
    due_at = firing.occurrence.due_at
    assert due_at is not None
    return _latest(due_at, f"{newer} {'waits to be' if waits else 'is'} sent in its place")


def _latest(due_at: datetime, instead: str) -> str:
    return f"was due {moment(due_at)}; catch_up is latest, and {instead}"
