"""Build `changes` of a plan's document: each change since a git ref, and its effect.

In: the comparison, the plan of the present set, and the plan of removed firings. Out: plain values for the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from runner.definitions.model import Account, Recurrence
from runner.plan.decide import Action, Plan, Step
from runner.plan.event_time import step_warnings
from runner.plan.firing import FiringKey
from runner.plan.reasons import how_to_send_again
from runner.plan.review.compare import BulletinChange, ChangeKind, Comparison, SharedChange
from runner.report.document.entry_fields import row_field, timestamp_or_none
from runner.report.document.plan import field_entries
from runner.report.document.repeated_bulletins import split_repeated
from runner.report.local_time import last_time, local_time, with_local_time
from runner.report.next_times import next_times

_SENT = (Action.DONE, Action.CHANGED)

_Steps = Mapping[str, list[Step]]  # by the id of their bulletin


@dataclass(frozen=True, slots=True)
class _How:
    """Whether a bulletin is sent again in an account, and whether its next occurrence there is its first."""

    is_again: bool
    is_first: bool


_TIMES = ("schedule.at", "schedule.starts", "schedule.ends")


def changes_document(
    comparison: Comparison,
    plan: Plan,
    gone: Plan,
    *,
    against: str,
    base: str,
    base_problems: int,
    accounts: Mapping[str, Account],
    knows: bool,
) -> dict[str, Any]:
    """Return the part of the document. `gone` is the plan of removed or renamed bulletins as they were before.

    `accounts` are those of both sides; `knows` is True if a ledger showed what was sent.
    """
    effects = _Effects(_by_bulletin(plan.steps), _by_bulletin(gone.steps), accounts, knows, plan.now)
    unsent = _unsent(comparison.bulletins, plan.steps)
    return {
        "against": against,
        "base": base,
        "base_problems": base_problems,
        "bulletins": [effects.entry(change) for change in comparison.bulletins],
        "accounts": [{**_shared(change), "unsent": unsent[change.name]} for change in comparison.accounts],
        "events": [_shared(change) for change in comparison.events],
    }


def _by_bulletin(steps: Iterable[Step]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.firing.key.bulletin, []).append(step)
    return found


def _expired_last(steps: Iterable[Step]) -> list[Step]:
    """Sort expired steps to the end: a reader looks for what is sent."""
    return sorted(steps, key=lambda step: step.action is Action.EXPIRED)


def _unsent(changes: Iterable[BulletinChange], steps: Iterable[Step]) -> Counter[str]:
    """Count by account the unsent firings of bulletins that already named the account before the change."""
    before = {change.bulletin.id: change.before.accounts if change.before else () for change in changes}
    keys = (step.firing.key for step in steps if _goes(step))
    return Counter(key.account for key in keys if key.account in before.get(key.bulletin, (key.account,)))


class _Effects:
    """Describes the effect of each change in sentences."""

    def __init__(
        self, now: _Steps, gone: _Steps, accounts: Mapping[str, Account], knows: bool, planned_at: datetime
    ) -> None:
        self._now = now
        self._gone = gone
        self._accounts = accounts
        self._knows = knows
        self._planned_at = planned_at

    def entry(self, change: BulletinChange) -> dict[str, Any]:
        bulletin = change.bulletin
        steps = [] if change.kind is ChangeKind.REMOVED else _expired_last(self._now.get(bulletin.id, []))
        before = self._gone.get(change.before.id if change.before else bulletin.id, [])
        stays_in = {step.firing.key.account for step in steps}
        left = _expired_last(step for step in before if step.firing.key.account not in stays_in)
        repeated = {
            **self._expiry_texts(left, "had expired unsent"),
            **self._expiry_texts(steps, "are too late and never sent"),
        }
        again = any(each.field == "revision" for each in change.fields) and any(map(_was_sent, before))
        running = {step.firing.key.account for step in steps if step.action is not Action.WAIT}
        how = {
            name: _How(is_again=again, is_first=change.kind is ChangeKind.ADDED and name not in running)
            for name in stays_in
        }
        return {
            "kind": change.kind.value,
            "id": bulletin.id,
            "was": change.before.id if change.kind is ChangeKind.RENAMED and change.before else None,
            "file": bulletin.place.file,
            "line": bulletin.place.line,
            **row_field(bulletin.place.row),
            "name": bulletin.name,
            **_recurrence_entry(steps or left),
            "fields": self._fields(change),
            "effects": [
                *(
                    self._effect(
                        step,
                        repeated.get(step.firing.key) or self._text_and_warnings(step, how[step.firing.key.account]),
                        _would_go(step, steps, before),
                    )
                    for step in steps
                ),
                *(
                    self._effect(step, repeated.get(step.firing.key) or self._removal(step), _goes(step), removed=True)
                    for step in left
                ),
            ],
            "warning": self._warning(change, steps, before),
        }

    def _fields(self, change: BulletinChange) -> list[dict[str, Any]]:
        """Return the changed fields without the id, which `was` says. Times have the local time of an account."""
        names = change.bulletin.accounts or (change.before.accounts if change.before else ())
        zone = next((self._accounts[name].zone for name in names if name in self._accounts), "UTC")
        return field_entries(
            replace(each, old=with_local_time(each.old, zone), new=with_local_time(each.new, zone))
            if each.field in _TIMES
            else each
            for each in change.fields
            if each.field != "id"
        )

    def _expiry_texts(self, steps: Iterable[Step], what: str) -> dict[FiringKey, str]:
        """Return one text for all expired occurrences of a bulletin in an account, if there are many, by firing."""
        expired = (step for step in steps if step.action is Action.EXPIRED)
        _, repeated = split_repeated(expired, lambda step: step.firing.key[:2])
        return {
            step.firing.key: f"{len(each):,} times from {self._due(each[0])} to {self._due(each[-1])} {what}"
            for each in repeated
            for step in each
        }

    def _effect(self, step: Step, text: str, would_go: bool, *, removed: bool = False) -> dict[str, Any]:
        due_at = step.may_go_at or step.firing.occurrence.due_at
        return {
            "account": step.firing.key.account,
            "occurrence": step.firing.key.occurrence,
            "action": None if removed else step.action.value,
            "due_at": timestamp_or_none(due_at),
            "would_go": would_go,
            "text": text,
        }

    def _text_and_warnings(self, step: Step, how: _How) -> str:
        warnings = (f"warning: {each}" for each in step_warnings(step, self._planned_at))
        return "; ".join([self._text(step, how), *warnings])

    def _text(self, step: Step, how: _How) -> str:
        again = "again, " if how.is_again else ""
        match step.action:
            case Action.FIRE | Action.RETRY:
                return f"goes out {again}as soon as fire runs"
            case Action.WAIT if step.may_go_at is not None:
                return f"goes out {again}later: {step.reason}"
            case Action.WAIT:
                nth = ("first " if how.is_first else "next ") if _recurs(step) else ""
                return f"goes out {again}{nth}{self._due(step)}{self._then(step)}"
            case Action.EXPIRED:
                return f"is too late and never sent: it was due {self._due(step)}"
            case Action.DONE:
                return f"already {step.reason}: this edit sends nothing"
            case Action.CHANGED:
                again = how_to_send_again(recurs=step.firing.watch_key is not None)
                return f"already {step.when_sent}, and this edit sends nothing; {again}"
            case Action.CLAIMED:
                return f"is being sent: {step.reason}"
            case Action.DISABLED:
                return "is not sent: enabled is false"
            case _:
                return f"is blocked: {step.reason}"

    def _removal(self, step: Step) -> str:
        match step.action:
            case Action.DONE | Action.CHANGED:
                return f"{_sent_at(step)}; taking it out recalls nothing"
            case Action.WAIT:
                nth = "next " if _recurs(step) else ""
                return f"would have gone out {nth}{self._due(step)}{self._then(step)}, and is not sent any more"
            case Action.IN_DOUBT | Action.CLAIMED:
                return f"{step.reason}; taking it out settles nothing"
            case Action.EXPIRED:
                return f"had expired unsent: it was due {self._due(step)}"
            case Action.DISABLED:
                return "was not sent before either: enabled was false"
            case Action.DUPLICATE:
                return "was blocked as a duplicate, and is not sent"
            case _:
                return "was due, and is not sent any more"

    def _warning(self, change: BulletinChange, steps: Sequence[Step], before: Sequence[Step]) -> str | None:
        """Warn that a renamed bulletin may be sent twice: the ledger knows firings by id, and a new id is unsent."""
        if change.kind is not ChangeKind.RENAMED or change.before is None or not any(map(_may_go_out, steps)):
            return None
        old = change.before.id
        what = "it" if any(each.field != "id" for each in change.fields) else "the same payload"
        sent = next(filter(_was_sent, before), None)
        if sent is not None:
            blocked = any(step.action is Action.DUPLICATE for step in steps)
            after = ", once it is no duplicate of the last 24 hours any more" if blocked else ""
            return f"{_sent_at(sent)} as {old}: under its new id {what} would go out again{after}"
        if any(step.action in (Action.IN_DOUBT, Action.CLAIMED) for step in before):
            return f"it may have been sent as {old}: under its new id {what} would go out again"
        if self._knows:
            return None
        return f"if it was sent as {old} already, {what} would go out again under its new id"

    def _due(self, step: Step) -> str:
        due_at = step.may_go_at or step.firing.occurrence.due_at
        assert due_at is not None
        return local_time(due_at, self._zone(step))

    def _then(self, step: Step) -> str:
        """Return how the bulletin recurs after this time, with the schedule's zone if the account's differs."""
        if (recurrence := _recurs(step)) is None:
            return ""
        clocks = "" if recurrence.timezone == self._zone(step) else f" in {recurrence.timezone}"
        until = f" until {last_time(recurrence.ends, recurrence.timezone)}" if recurrence.ends else ""
        times = next_times(step, self._zone(step))
        return f", then {times + ', ' if times else ''}by cron `{recurrence.cron}`{clocks}{until}"

    def _zone(self, step: Step) -> str:
        account = self._accounts.get(step.firing.key.account)
        return account.zone if account else "UTC"


def _recurs(step: Step) -> Recurrence | None:
    """Return the recurrence of a waiting step if more occurrences follow; else None."""
    schedule, due_at = step.firing.bulletin.schedule, step.firing.occurrence.due_at
    if step.action is not Action.WAIT or due_at is None or not isinstance(schedule, Recurrence):
        return None
    return schedule if _goes_on(schedule, due_at) else None


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def _goes_on(recurrence: Recurrence, at: datetime) -> bool:
    from runner.definitions.schedules.recurrence import next_after

    return next_after(recurrence, at) is not None


def _recurrence_entry(steps: Iterable[Step]) -> dict[str, Any]:
    """Return the document's entry for the recurrence; empty if no more occurrences follow."""
    found = next(filter(None, map(_recurs, steps)), None)
    if found is None:
        return {}
    ends = timestamp_or_none(found.ends)
    return {"recurrence": {"cron": found.cron, "timezone": found.timezone, "ends": ends}}


def _goes(step: Step) -> bool:
    """Report whether the firing is sent, now or later."""
    return step.will_be_sent or (step.action is Action.WAIT and step.may_go_at is None)


def _would_go(step: Step, steps: Iterable[Step], before: Iterable[Step]) -> bool:
    """Report whether the firing would be sent without the change: itself, or one in its place.

    A firing that is sent now replaces one that would have been sent now. If there was none, the change sends it
    earlier.
    """
    account, _, occurrence = step.firing.key
    there = [each for each in before if each.firing.key.account == account]
    same = [each for each in there if each.firing.key.occurrence == occurrence]
    if step.action.sends:
        return any(each.action.sends for each in same or there)
    if not (same or _goes(step)) and any(_goes(each) for each in steps if each.firing.key.account == account):
        return False
    return any(map(_goes, same or there))


def _was_sent(step: Step) -> bool:
    return step.action in _SENT


def _may_go_out(step: Step) -> bool:
    return step.action.sends or step.action in (Action.WAIT, Action.DUPLICATE)


def _sent_at(step: Step) -> str:
    return f"was {step.when_sent}"


def _shared(change: SharedChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "name": change.name,
        "file": None if change.place is None else change.place.file,
        "line": None if change.place is None else change.place.line,
        "fields": field_entries(change.fields),
        "bulletins": change.bulletins,
    }
