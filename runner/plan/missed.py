"""What a plan looks back at: occurrences of recurring bulletins whose window closed while no run came. Pure.

Nothing of a recurring bulletin is told before a run first looked at it; from then on everything is, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from runner.definitions.model import Bulletin, Recurrence, canonical
from runner.plan.decide import Action, Plan, Step
from runner.plan.firing import Firing, WatchKey, digest, firings_of
from runner.plan.history import History, State, Watch
from runner.plan.occurrence import missed

_OPEN = (Action.IN_DOUBT, Action.CLAIMED)  # how it ends is not known yet
_TICK = timedelta(microseconds=1)


def watched(firings: Iterable[Firing]) -> dict[WatchKey, Recurrence]:
    """The recurring bulletins and accounts of these firings with their schedules, in order."""
    return {
        key: firing.bulletin.schedule
        for firing in firings
        if (key := firing.watch_key) and isinstance(firing.bulletin.schedule, Recurrence)
    }


def due_now(firings: Iterable[Firing], now: datetime) -> dict[WatchKey, Recurrence]:
    """Those of them that have something due inside its grace."""
    return watched(each for each in firings if each.occurrence.is_due(now) and not each.occurrence.is_expired(now))


def looked_back(
    bulletins: Iterable[Bulletin], selected: Sequence[Firing], settled: Mapping[WatchKey, datetime], now: datetime
) -> Iterator[Firing]:
    """The firings of the selected bulletins whose window closed after all before was settled, and before `now`."""
    if not settled:
        return
    by_id: dict[str, Bulletin] = {}
    for bulletin in bulletins:
        if isinstance(bulletin.schedule, Recurrence):
            by_id.setdefault(bulletin.id, bulletin)
    there = {firing.key for firing in selected}
    for key in watched(selected):
        found = by_id.get(key.bulletin)
        if found is None or key not in settled:
            continue
        since = missed(found, settled[key], now)
        if since:
            in_account = replace(found, accounts=(key.account,))
            yield from (firing for firing in firings_of(in_account, since) if firing.key not in there)


def settling(plan: Plan, looked_back: Iterable[Firing], history: History) -> Plan:
    """The plan without what it looked back at in vain, and with what a run that follows it settles.

    What is in doubt, or held by another run, stays in view until that is known. Of a schedule that is new, what does
    not go any more is settled without a word.
    """
    back = {firing.key for firing in looked_back}
    steps = tuple(step for step in plan.steps if step.firing.key not in back or step.is_news or step.action in _OPEN)
    settled: dict[WatchKey, datetime] = {}
    for step in plan.steps:
        if key := step.firing.watch_key:
            settled[key] = min(settled.get(key, plan.now), _settled_until(step, plan.now))
    for key, until in _passed_over(plan, history):
        settled[key] = max(settled[key], until)
    return replace(plan, steps=tuple(_lasting(step, settled, history, plan.now) for step in steps), settled=settled)


def _lasting(step: Step, settled: Mapping[WatchKey, datetime], history: History, now: datetime) -> Step:
    """What is new and does not go any more is told where it can't be settled without a word.

    An older one that may go yet keeps it from being settled, and the next run would not know that it is not to go.
    """
    key, entry = step.firing.watch_key, history.entries.get(step.firing.key)
    if key is None or step.action is not Action.EXPIRED or not history.is_new(key):
        return step
    is_settled = step.firing.occurrence.is_expired(now) or _times(step)[1] < settled[key]
    is_told = entry is not None and entry.state is State.EXPIRED
    return step if is_settled or is_told else replace(step, is_news=True, kept_reason=step.reason)


def _passed_over(plan: Plan, history: History) -> Iterator[tuple[WatchKey, datetime]]:
    """Up to when nothing of what is new goes any more, although its window is open."""
    due: dict[WatchKey, list[Step]] = {}
    for step in plan.steps:
        key, occurrence = step.firing.watch_key, step.firing.occurrence
        if key and history.is_new(key) and occurrence.is_due(plan.now) and not occurrence.is_expired(plan.now):
            due.setdefault(key, []).append(step)
    for key, steps in due.items():
        passed = [_times(step)[1] for step in steps if step.action is Action.EXPIRED]
        others = [_times(step)[1] for step in steps if step.action is not Action.EXPIRED]
        if passed:
            yield key, min(others, default=max(passed) + _TICK)


def held_back(settled: Mapping[WatchKey, datetime], open_: Iterable[Firing]) -> dict[WatchKey, datetime]:
    """What is settled, where it is not known yet how these firings end."""
    found = dict(settled)
    for firing in open_:
        key, due_at = firing.watch_key, firing.occurrence.due_at
        if key in found and due_at is not None:
            found[key] = min(found[key], due_at)
    return found


def seen(watches: Mapping[WatchKey, Watch], recurring: Mapping[WatchKey, Recurrence], now: datetime) -> History:
    """What runs have seen of these schedules. Of one that was edited since, times longer ago were never missed."""
    settled, looked, edited = {}, {}, set()
    for key, watch in watches.items():
        settled[key], looked[key] = watch.settled_until, watch.looked_at
        if watch.times != times_of(recurring[key]):
            edited.add(key)
            settled[key] = max(watch.settled_until, now - recurring[key].grace)
    return History(settled=settled, looked=looked, edited=edited)


def watches_of(plan: Plan, settled: Mapping[WatchKey, datetime]) -> dict[WatchKey, Watch]:
    """What the ledger is to keep of what a run has settled."""
    recurring = watched(step.firing for step in plan.steps)
    return {key: Watch(until, plan.now, times_of(recurring[key])) for key, until in settled.items()}


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def times_of(recurrence: Recurrence) -> str:
    """What tells equal times: the grace may be another one."""
    edges = [None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (recurrence.starts, recurrence.ends)]
    return digest(canonical({"cron": recurrence.cron, "timezone": recurrence.timezone, "edges": edges}))


def _settled_until(step: Step, now: datetime) -> datetime:
    schedule, due_at = _times(step)
    closed = now - schedule.grace
    return min(closed, due_at) if step.action in _OPEN else closed


def _times(step: Step) -> tuple[Recurrence, datetime]:
    schedule, due_at = step.firing.bulletin.schedule, step.firing.occurrence.due_at
    assert isinstance(schedule, Recurrence)
    assert due_at is not None
    return schedule, due_at
