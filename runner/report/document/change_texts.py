"""The sentences about a change since a git ref: its effect in an account, and its warning.

In: the steps of a plan, before and after the change. Out: texts, with times in the time zone of the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from runner.definitions.model import Account, Recurrence
from runner.plan.decide import Action, Step
from runner.plan.event_time import step_warnings
from runner.plan.firing import FiringKey
from runner.plan.reasons import how_to_send_again
from runner.plan.review.compare import BulletinChange, ChangeKind
from runner.report.document.repeated_bulletins import split_repeated
from runner.report.local_time import last_time, local_time
from runner.report.next_times import next_times

_SENT = (Action.DONE, Action.CHANGED)


@dataclass(frozen=True, slots=True)
class SendingContext:
    """Whether a bulletin is sent again in an account, and whether its next occurrence there is its first."""

    is_again: bool
    is_first: bool


class ChangeTexts:
    """Describes effects of changes. `knows` is True if a ledger showed what was sent."""

    def __init__(self, accounts: Mapping[str, Account], knows: bool, planned_at: datetime) -> None:
        self._accounts = accounts
        self._knows = knows
        self._planned_at = planned_at

    def of_expired(self, steps: Iterable[Step], what: str) -> dict[FiringKey, str]:
        """Return one text for all expired occurrences of a bulletin in an account, if there are many, by firing."""
        expired = (step for step in steps if step.action is Action.EXPIRED)
        _, repeated = split_repeated(expired, lambda step: step.firing.key[:2])
        return {
            step.firing.key: f"{len(each):,} times from {self._due(each[0])} to {self._due(each[-1])} {what}"
            for each in repeated
            for step in each
        }

    def of_effect(self, step: Step, how: SendingContext) -> str:
        """Return what a run does with a firing of the new set, and the warnings about it."""
        warnings = (f"warning: {each}" for each in step_warnings(step, self._planned_at))
        return "; ".join([self._text(step, how), *warnings])

    def _text(self, step: Step, how: SendingContext) -> str:
        again = "again, " if how.is_again else ""
        match step.action:
            case Action.FIRE | Action.RETRY:
                return f"goes out {again}as soon as fire runs"
            case Action.WAIT if step.may_go_at is not None:
                return f"goes out {again}later: {step.reason}"
            case Action.WAIT:
                nth = ("first " if how.is_first else "next ") if recurrence_of(step) else ""
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

    def of_removal(self, step: Step) -> str:
        """Return the effect on a firing that the change removes."""
        match step.action:
            case Action.DONE | Action.CHANGED:
                return f"{_sent_at(step)}; taking it out recalls nothing"
            case Action.WAIT:
                nth = "next " if recurrence_of(step) else ""
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

    def warning(self, change: BulletinChange, steps: Sequence[Step], before: Sequence[Step]) -> str | None:
        """Warn that a renamed bulletin may be sent twice: the ledger knows firings by id, and a new id is unsent."""
        if change.kind is not ChangeKind.RENAMED or change.before is None or not any(map(_may_go_out, steps)):
            return None
        old = change.before.id
        what = "it" if any(each.field != "id" for each in change.fields) else "the same payload"
        sent = next(filter(was_sent, before), None)
        if sent is not None:
            blocked = any(step.action is Action.DUPLICATE for step in steps)
            after = ", once 24 hours have passed since then" if blocked else ""
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
        if (recurrence := recurrence_of(step)) is None:
            return ""
        clocks = "" if recurrence.timezone == self._zone(step) else f" in {recurrence.timezone}"
        until = f" until {last_time(recurrence.ends, recurrence.timezone)}" if recurrence.ends else ""
        times = next_times(step, self._zone(step))
        return f", then {times + ', ' if times else ''}by cron `{recurrence.cron}`{clocks}{until}"

    def _zone(self, step: Step) -> str:
        account = self._accounts.get(step.firing.key.account)
        return account.zone if account else "UTC"


def recurrence_of(step: Step) -> Recurrence | None:
    """Return the recurrence of a waiting step if more occurrences follow; else None."""
    schedule, due_at = step.firing.bulletin.schedule, step.firing.occurrence.due_at
    if step.action is not Action.WAIT or due_at is None or not isinstance(schedule, Recurrence):
        return None
    return schedule if _goes_on(schedule, due_at) else None


@lru_cache(maxsize=4096)  # thousands of bulletins share a schedule
def _goes_on(recurrence: Recurrence, at: datetime) -> bool:
    from runner.definitions.schedules.recurrence import next_after

    return next_after(recurrence, at) is not None


def was_sent(step: Step) -> bool:
    """Whether the ledger shows that the firing was sent."""
    return step.action in _SENT


def _may_go_out(step: Step) -> bool:
    return step.action.sends or step.action in (Action.WAIT, Action.DUPLICATE)


def _sent_at(step: Step) -> str:
    return f"was {step.when_sent}"
