"""Missed occurrences of recurring bulletins: which of them a run still has to report, each exactly once. Pure.

In: a plan, the firings and the watches of the ledger. A watch records up to when all occurrences of a bulletin in an
account are settled: sent, reported, or not worth a report. Out: missed firings to plan, and the new watches.

The rule. Occurrences before the first run that looks at a bulletin are not reported. From then on, every occurrence
that is not sent is reported once, as expired. After an edit, times whose grace is over count as never missed.
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

_UNDECIDED = (Action.IN_DOUBT, Action.CLAIMED)  # nobody knows yet how these end
_TICK = timedelta(microseconds=1)


def recurring_schedules(firings: Iterable[Firing]) -> dict[WatchKey, Recurrence]:
    """Return the watch keys of the recurring bulletins among these firings, with their schedules, in order."""
    return {
        key: firing.bulletin.schedule
        for firing in firings
        if (key := firing.watch_key) and isinstance(firing.bulletin.schedule, Recurrence)
    }


def schedules_due(firings: Iterable[Firing], now: datetime) -> dict[WatchKey, Recurrence]:
    """Return the watch keys and schedules of recurring bulletins with an occurrence that is due and not expired."""
    return recurring_schedules(
        each for each in firings if each.occurrence.is_due(now) and not each.occurrence.is_expired(now)
    )


def missed_firings(
    bulletins: Iterable[Bulletin], selected: Sequence[Firing], settled: Mapping[WatchKey, datetime], now: datetime
) -> Iterator[Firing]:
    """Yield the firings of the selected bulletins that expired before `now` and are not settled yet.

    `settled` says up to when each bulletin is settled. Firings in `selected` are not repeated.
    """
    if not settled:
        return
    by_id: dict[str, Bulletin] = {}
    for bulletin in bulletins:
        if isinstance(bulletin.schedule, Recurrence):
            by_id.setdefault(bulletin.id, bulletin)
    known = {firing.key for firing in selected}
    for key in recurring_schedules(selected):
        found = by_id.get(key.bulletin)
        if found is None or key not in settled:
            continue
        since = missed(found, settled[key], now)
        if since:
            in_account = replace(found, accounts=(key.account,))
            yield from (firing for firing in firings_of(in_account, since) if firing.key not in known)


def with_missed(plan: Plan, history: History) -> Plan:
    """Return a plan that contains the missed firings of the history, with `settled_until` and without needless steps.

    `settled_until` says up to when each recurring bulletin is settled once a run has followed the plan. Steps of missed
    firings that need no report are removed. Firings in doubt or claimed by another run stay, and are not settled until
    their end is known. Occurrences that a new schedule passes over are settled unreported.
    """
    past = {firing.key for firing in history.missed}
    steps = tuple(
        step for step in plan.steps if step.firing.key not in past or step.needs_report or step.action in _UNDECIDED
    )
    settled: dict[WatchKey, datetime] = {}
    for step in plan.steps:
        if key := step.firing.watch_key:
            settled[key] = min(settled.get(key, plan.now), _settled_until(step, plan.now))
    for key, until in _passed_over_until(plan, history):
        settled[key] = max(settled[key], until)
    return replace(
        plan,
        steps=tuple(_with_needed_report(step, settled, history, plan.now) for step in steps),
        settled_until=settled,
    )


def _with_needed_report(step: Step, settled: Mapping[WatchKey, datetime], history: History, now: datetime) -> Step:
    """Mark a step for the report if its schedule is new and it is passed over, but can't be settled unreported.

    It can't be settled while an older occurrence may still be sent. Without a record, the next run would send it.
    """
    key, entry = step.firing.watch_key, history.entries.get(step.firing.key)
    if key is None or step.action is not Action.EXPIRED or not history.is_new(key):
        return step
    is_settled = step.firing.occurrence.is_expired(now) or _schedule_and_due_time(step)[1] < settled[key]
    is_reported = entry is not None and entry.state is State.EXPIRED
    return step if is_settled or is_reported else replace(step, needs_report=True, kept_reason=step.reason)


def _passed_over_until(plan: Plan, history: History) -> Iterator[tuple[WatchKey, datetime]]:
    """Yield for each new schedule up to when its due occurrences are passed over, though their grace lasts."""
    due: dict[WatchKey, list[Step]] = {}
    for step in plan.steps:
        key, occurrence = step.firing.watch_key, step.firing.occurrence
        if key and history.is_new(key) and occurrence.is_due(plan.now) and not occurrence.is_expired(plan.now):
            due.setdefault(key, []).append(step)
    for key, steps in due.items():
        passed = [_schedule_and_due_time(step)[1] for step in steps if step.action is Action.EXPIRED]
        others = [_schedule_and_due_time(step)[1] for step in steps if step.action is not Action.EXPIRED]
        if passed:
            yield key, min(others, default=max(passed) + _TICK)


def settled_before(settled: Mapping[WatchKey, datetime], open_firings: Iterable[Firing]) -> dict[WatchKey, datetime]:
    """Return `settled`, but for each bulletin not beyond its earliest open firing, whose end is not known."""
    found = dict(settled)
    for firing in open_firings:
        key, due_at = firing.watch_key, firing.occurrence.due_at
        if key in found and due_at is not None:
            found[key] = min(found[key], due_at)
    return found


def watched_history(
    watches: Mapping[WatchKey, Watch], recurring: Mapping[WatchKey, Recurrence], now: datetime
) -> History:
    """Return what earlier runs recorded about these schedules, as a history without entries.

    If a schedule was edited since, its due times from before the present grace count as settled.
    """
    settled, looked_at, edited = {}, {}, set()
    for key, watch in watches.items():
        settled[key], looked_at[key] = watch.settled_until, watch.looked_at
        if watch.times != times_of(recurring[key]):
            edited.add(key)
            settled[key] = max(watch.settled_until, now - recurring[key].grace)
    return History(settled=settled, looked_at=looked_at, edited=edited)


def watches_to_record(plan: Plan, settled: Mapping[WatchKey, datetime]) -> dict[WatchKey, Watch]:
    """Return the watches to record in the ledger after a run that settled the bulletins up to these times."""
    recurring = recurring_schedules(step.firing for step in plan.steps)
    return {key: Watch(until, plan.now, times_of(recurring[key])) for key, until in settled.items()}


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def times_of(recurrence: Recurrence) -> str:
    """Return a hash that is equal for schedules with the same due times. The grace does not count."""
    edges = [None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (recurrence.starts, recurrence.ends)]
    return digest(canonical({"cron": recurrence.cron, "timezone": recurrence.timezone, "edges": edges}))


def _settled_until(step: Step, now: datetime) -> datetime:
    schedule, due_at = _schedule_and_due_time(step)
    closed = now - schedule.grace
    return min(closed, due_at) if step.action in _UNDECIDED else closed


def _schedule_and_due_time(step: Step) -> tuple[Recurrence, datetime]:
    schedule, due_at = step.firing.bulletin.schedule, step.firing.occurrence.due_at
    assert isinstance(schedule, Recurrence)
    assert due_at is not None
    return schedule, due_at
