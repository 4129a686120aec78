"""What changed since a git ref → the part `changes` of a plan's document: each change, and what it would do now.

Pure functions over the comparison and two plans: of the set as it is, and of what is gone from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.definitions.model import Account
from runner.plan.compare import BulletinChange, Comparison, Kind, SharedChange
from runner.plan.decide import Action, Plan, Step
from runner.report.document import row_entry, timestamp
from runner.report.local_time import local_time
from runner.report.plan_document import field_entries

_SENT = (Action.DONE, Action.CHANGED)

_Steps = Mapping[str, list[Step]]  # by the id of their bulletin


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
    """The document's part. `gone` plans the firings of bulletins that were removed or renamed, as they were.

    `accounts` are those of both sides; `knows` says whether there was a ledger to ask what was sent.
    """
    effects = _Effects(_by_bulletin(plan.steps), _by_bulletin(gone.steps), accounts, knows)
    return {
        "against": against,
        "base": base,
        "base_problems": base_problems,
        "bulletins": [effects.entry(change) for change in comparison.bulletins],
        "accounts": [_shared(change) for change in comparison.accounts],
        "events": [_shared(change) for change in comparison.events],
    }


def _by_bulletin(steps: Iterable[Step]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.firing.key.bulletin, []).append(step)
    return found


class _Effects:
    """Says of each change what it does, in words."""

    def __init__(self, now: _Steps, gone: _Steps, accounts: Mapping[str, Account], knows: bool) -> None:
        self._now = now
        self._gone = gone
        self._accounts = accounts
        self._knows = knows

    def entry(self, change: BulletinChange) -> dict[str, Any]:
        bulletin = change.bulletin
        steps = [] if change.kind is Kind.REMOVED else self._now.get(bulletin.id, [])
        before = self._gone.get(change.before.id if change.before else bulletin.id, [])
        stays_in = {step.firing.key.account for step in steps}
        left = [step for step in before if step.firing.key.account not in stays_in]
        again = any(each.field == "revision" for each in change.fields) and any(map(_was_sent, before))
        return {
            "kind": change.kind.value,
            "id": bulletin.id,
            "was": change.before.id if change.kind is Kind.RENAMED and change.before else None,
            "file": bulletin.place.file,
            "line": bulletin.place.line,
            **row_entry(bulletin.place),
            "name": bulletin.name,
            "fields": field_entries(each for each in change.fields if each.field != "id"),  # `was` says it
            "effects": [
                *(self._effect(step, self._text(step, "again, " if again else "")) for step in steps),
                *(self._effect(step, self._removal(step), removed=True) for step in left),
            ],
            "warning": self._warning(change, steps, before),
        }

    def _effect(self, step: Step, text: str, *, removed: bool = False) -> dict[str, Any]:
        due_at = step.may_go_at or step.firing.occurrence.due_at
        return {
            "account": step.firing.key.account,
            "occurrence": step.firing.key.occurrence,
            "action": None if removed else step.action.value,
            "due_at": None if due_at is None else timestamp(due_at),
            "text": text,
        }

    def _text(self, step: Step, again: str) -> str:
        match step.action:
            case Action.FIRE | Action.RETRY:
                return f"goes out {again}as soon as fire runs"
            case Action.WAIT if step.may_go_at is not None:
                return f"goes out {again}later: {step.reason}"
            case Action.WAIT:
                return f"goes out {again}{self._due(step)}"
            case Action.EXPIRED:
                return f"is too late and never sent: it was due {self._due(step)}"
            case Action.DONE:
                return f"already {step.reason}: this edit sends nothing"
            case Action.CHANGED:
                return f"already {step.reason.replace('edited since: the edit', 'and this edit', 1)}"
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
                return f"would have gone out {self._due(step)}, and is not sent any more"
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
        """What a rename does: the ledger remembers by id, so the new one was never sent."""
        if change.kind is not Kind.RENAMED or change.before is None or not any(map(_may_go_out, steps)):
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
        account = self._accounts.get(step.firing.key.account)
        return local_time(due_at, account.zone if account else "UTC")


def _was_sent(step: Step) -> bool:
    return step.action in _SENT


def _may_go_out(step: Step) -> bool:
    return step.action.sends or step.action in (Action.WAIT, Action.DUPLICATE)


def _sent_at(step: Step) -> str:
    return f"was {step.reason.partition(',')[0].partition(' by run ')[0]}"


def _shared(change: SharedChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "name": change.name,
        "file": None if change.place is None else change.place.file,
        "line": None if change.place is None else change.place.line,
        "fields": field_entries(change.fields),
        "bulletins": change.bulletins,
    }
