"""Build `changes` of a plan's document: each change since a git ref, and its effect.

In: the comparison, the plan of the present set, and the plan of removed firings. Out: plain values for the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from runner.definitions.model import Account
from runner.plan.decide import Action, Plan, Step
from runner.plan.review.compare import BulletinChange, ChangeKind, Comparison, SharedChange
from runner.report.document.change_texts import ChangeTexts, SendingContext, recurrence_of, was_sent
from runner.report.document.entry_fields import row_field, timestamp_or_none
from runner.report.document.plan import field_entries
from runner.report.local_time import with_local_time

_Steps = Mapping[str, list[Step]]  # by the id of their bulletin


_TIMES = ("schedule.at", "schedule.starts", "schedule.ends")


def changes_document(
    comparison: Comparison,
    plan: Plan,
    removed: Plan,
    *,
    against: str,
    base: str,
    base_problems: int,
    accounts: Mapping[str, Account],
    knows: bool,
) -> dict[str, Any]:
    """Return the part of the document. `removed` is the plan of removed or renamed bulletins as they were before.

    `accounts` are those of both sides; `knows` is True if a ledger showed what was sent.
    """
    effects = _Effects(_by_bulletin(plan.steps), _by_bulletin(removed.steps), accounts, knows, plan.now)
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
    """Builds the entry of each change."""

    def __init__(
        self, now: _Steps, removed: _Steps, accounts: Mapping[str, Account], knows: bool, planned_at: datetime
    ) -> None:
        self._now = now
        self._removed = removed
        self._accounts = accounts
        self._texts = ChangeTexts(accounts, knows, planned_at)

    def entry(self, change: BulletinChange) -> dict[str, Any]:
        bulletin = change.bulletin
        steps = [] if change.kind is ChangeKind.REMOVED else _expired_last(self._now.get(bulletin.id, []))
        before = self._removed.get(change.before.id if change.before else bulletin.id, [])
        stays_in = {step.firing.key.account for step in steps}
        left = _expired_last(step for step in before if step.firing.key.account not in stays_in)
        repeated = {
            **self._texts.of_expired(left, "had expired unsent"),
            **self._texts.of_expired(steps, "are too late and never sent"),
        }
        again = any(each.field == "revision" for each in change.fields) and any(map(was_sent, before))
        running = {step.firing.key.account for step in steps if step.action is not Action.WAIT}
        how = {
            name: SendingContext(is_again=again, is_first=change.kind is ChangeKind.ADDED and name not in running)
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
                        repeated.get(step.firing.key) or self._texts.of_effect(step, how[step.firing.key.account]),
                        _would_go(step, steps, before),
                    )
                    for step in steps
                ),
                *(
                    self._effect(
                        step, repeated.get(step.firing.key) or self._texts.of_removal(step), _goes(step), removed=True
                    )
                    for step in left
                ),
            ],
            "warning": self._texts.warning(change, steps, before),
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


def _recurrence_entry(steps: Iterable[Step]) -> dict[str, Any]:
    """Return the document's entry for the recurrence; empty if no more occurrences follow."""
    found = next(filter(None, map(recurrence_of, steps)), None)
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


def _shared(change: SharedChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "name": change.name,
        "file": None if change.place is None else change.place.file,
        "line": None if change.place is None else change.place.line,
        "fields": field_entries(change.fields),
        "bulletins": change.bulletins,
    }
