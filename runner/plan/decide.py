"""The plan: one action with a reason for every firing at one moment. Pure.

In: firings, the history from the ledger, the time, and the accounts with budgets. Out: a Plan with one step a firing.

The rules that hold a firing back have modules of their own: `duplicates`, `catch_up` and `budget`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from runner.definitions.model import Account
from runner.plan import reasons
from runner.plan.budget import Budgets
from runner.plan.catch_up import PassedOver, passed_over
from runner.plan.changes import Change, changes
from runner.plan.duplicates import account_renamed, duplicate
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import History, KnownFiring, State
from runner.plan.retry import waits_until
from runner.reason import Reason

_NO_BUDGETS: Mapping[str, Account] = {}
_ALWAYS_DUE = datetime.min.replace(tzinfo=UTC)


class Action(StrEnum):
    """What the plan does with a firing; machine-readable values."""

    FIRE = "fire"
    RETRY = "retry"
    WAIT = "wait"
    EXPIRED = "expired"
    DONE = "done"
    CHANGED = "changed"
    DUPLICATE = "duplicate"
    IN_DOUBT = "in_doubt"
    CLAIMED = "claimed"
    DISABLED = "disabled"

    @property
    def sends(self) -> bool:
        """Whether `fire` sends a firing with this action."""
        return self in (Action.FIRE, Action.RETRY)


@dataclass(frozen=True, slots=True)
class Step:
    """One firing of the plan, with its action. `needs_report`: a run has to record and report the expiry.

    `may_go_at`: when the budget has room again for a firing that it holds back now. `reserve_action`: the
    action that the firing gets at once if the firings before it, which use up the budget, are not sent after all.
    `again_at`: when a firing that was refused several times is tried again.
    `kept_reason`: the reason that the ledger stores for an expiry with another cause than the end of the grace.
    `when_sent`: of a firing that was sent, when and as which occurrence, as a text.
    """

    firing: Firing
    action: Action
    reason: Reason
    changes: tuple[Change, ...] = ()
    needs_report: bool = False
    may_go_at: datetime | None = None
    reserve_action: Action | None = None
    again_at: datetime | None = None
    kept_reason: Reason | None = None
    when_sent: str = ""

    @property
    def will_be_sent(self) -> bool:
        """Whether the firing is sent now, or before it expires: once the budget has room, or at the next try."""
        if self.again_at is not None:
            return True
        if self.may_go_at is None:
            return self.action.sends
        expires_at = self.firing.occurrence.expires_at
        return expires_at is None or self.may_go_at <= expires_at

    @property
    def freed(self) -> Step:
        """The step with its `reserve_action`, once the firings before it are not sent."""
        return replace(self, action=self.reserve_action or self.action, may_go_at=None, reserve_action=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps at `now`, in the order in which a run takes them: by due time, then in file order.

    `settled_until` says up to when each recurring bulletin is settled, once a run has recorded the expired steps.
    `settled_counts`: by account, the number of firings that were sent as they are defined now and have no step.
    """

    now: datetime
    steps: tuple[Step, ...]
    settled_until: Mapping[WatchKey, datetime] = field(default_factory=dict)
    settled_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def to_send(self) -> tuple[Step, ...]:
        """The steps that a run would send."""
        return tuple(step for step in self.steps if step.action.sends)

    @property
    def held_back(self) -> tuple[Step, ...]:
        """The steps that are due and held back by a budget."""
        return tuple(step for step in self.steps if step.may_go_at is not None)

    @property
    def reserve(self) -> tuple[Step, ...]:
        """The steps that are sent if steps before them are not, in the order of sending: retries last."""
        found = (step for step in self.steps if step.reserve_action)
        return tuple(sorted(found, key=lambda step: step.reserve_action is Action.RETRY))

    @property
    def newly_expired(self) -> tuple[Step, ...]:
        """The steps whose expiry no run has reported yet."""
        return tuple(step for step in self.steps if step.needs_report)

    def counts(self) -> dict[str, int]:
        """Return the number of firings for each action, including zeros and firings without a step."""
        counts = {action.value: 0 for action in Action}
        counts[Action.DONE.value] = sum(self.settled_counts.values())
        for step in self.steps:
            counts[step.action.value] += 1
        return counts


def decide(
    firings: Iterable[Firing], history: History, now: datetime, accounts: Mapping[str, Account] = _NO_BUDGETS
) -> Plan:
    """Return the plan at `now`: one step for each firing. Only a firing that nothing blocks gets `fire` or `retry`.

    `accounts` are the accounts whose budgets count. Retries are charged to a budget last, because a firing that failed
    before may fail forever.
    """
    budgets = Budgets(accounts, history.spent, now)
    ordered = sorted(firings, key=lambda firing: firing.occurrence.due_at or _ALWAYS_DUE)
    sending: dict[tuple[str, str], dict[str, None]] = {}  # (account, payload hash) -> ids that send it
    passed = passed_over(ordered, history, now)
    steps = []
    for firing in ordered:
        step = _step(firing, history, now, sending, passed)
        if step.action is not Action.RETRY:
            step = _budgeted(step, budgets, now)
        if step.action.sends:
            sending.setdefault((firing.key.account, firing.payload_hash), {})[firing.key.bulletin] = None
        steps.append(step)
    for number, step in enumerate(steps):
        if step.action is Action.RETRY:
            steps[number] = _budgeted(step, budgets, now)
    _send_older_where_newer_is_not_sent(
        steps, passed, lambda firing: _budgeted(_step(firing, history, now, sending, {}), budgets, now)
    )
    return Plan(now, tuple(steps))


def _send_older_where_newer_is_not_sent(
    steps: list[Step], passed: Mapping[FiringKey, PassedOver], step_of: Callable[[Firing], Step]
) -> None:
    """Replace the step of a passed-over firing whose newer occurrence is not sent: the newest that can be sent is."""
    places = {step.firing.key: number for number, step in enumerate(steps)}
    stand_ins: dict[FiringKey, FiringKey] = {}
    for number in reversed(range(len(steps))):
        firing = steps[number].firing
        why = passed.get(firing.key)
        if why is None or why.newer is None:
            continue
        newer = steps[places[stand_ins.get(why.newer, why.newer)]]
        if newer.will_be_sent:
            assert firing.occurrence.due_at is not None
            occurrence, waits = newer.firing.key.occurrence, newer.may_go_at is not None
            reason = reasons.newer_is_sent(firing.occurrence.due_at, occurrence, waits=waits)
            steps[number] = replace(steps[number], reason=reason, kept_reason=reason)
        else:
            step = step_of(firing)
            steps[number] = replace(step, reserve_action=None) if newer.reserve_action else step
            if step.will_be_sent:
                stand_ins[why.newer] = firing.key


def _step(
    firing: Firing,
    history: History,
    now: datetime,
    sending: Mapping[tuple[str, str], Iterable[str]],
    passed: Mapping[FiringKey, PassedOver],
) -> Step:
    entry = history.entries.get(firing.key)
    if entry is not None and (blocked := _blocked(firing, entry)):
        return blocked
    occurrence = firing.occurrence
    if not firing.bulletin.enabled:
        return Step(firing, Action.DISABLED, reasons.disabled())
    if entry is not None and _is_reported(firing, entry) and not (firing.watch_key or occurrence.is_expired(now)):
        assert occurrence.due_at is not None
        return Step(firing, Action.EXPIRED, reasons.expiry_reported_early(entry, occurrence.due_at))
    if not occurrence.is_due(now):
        assert occurrence.due_at is not None
        return Step(firing, Action.WAIT, reasons.not_due(occurrence.due_at, now))
    if firing.key in passed:
        why, needs_report, _ = passed[firing.key]
        return Step(firing, Action.EXPIRED, why, needs_report=needs_report, kept_reason=why if needs_report else None)
    if occurrence.is_expired(now):
        return _expired(firing, entry, now)
    if reason := account_renamed(firing, history) or duplicate(firing, history, now, sending):
        return Step(firing, Action.DUPLICATE, reason)
    if entry is not None and (again_at := waits_until(firing, entry, now)) is not None:
        reason = reasons.retried_later(occurrence.due_at, entry.refusals, entry.reason, again_at)
        return Step(firing, Action.WAIT, reason, again_at=again_at)
    if entry is not None and entry.failures:
        return Step(firing, Action.RETRY, reasons.failed_before(occurrence.due_at, entry.failures, entry.reason))
    return Step(firing, Action.FIRE, reasons.due(occurrence.due_at))


def _budgeted(step: Step, budgets: Budgets, now: datetime) -> Step:
    """Return the step after its budget: held back if the budget is used up. An expiry names a budget that caused it."""
    firing, occurrence = step.firing, step.firing.occurrence
    if step.action.sends and (held := budgets.charge(firing)):
        reason = reasons.held_back(held, occurrence.expires_at)
        reserve_action = step.action if held.others else None
        return replace(step, action=Action.WAIT, reason=reason, may_go_at=held.until, reserve_action=reserve_action)
    if (
        step.needs_report
        and occurrence.is_expired(now)
        and occurrence.due_at
        and (limit := budgets.was_reached(firing))
    ):
        kept = reasons.grace_ended_by_budget(occurrence.due_at, limit)
        return replace(step, reason=reasons.with_budget(step.reason, limit), kept_reason=kept)
    return step


def _blocked(firing: Firing, entry: KnownFiring) -> Step | None:
    occurrence = firing.key.occurrence
    when_sent = reasons.when_sent(entry, occurrence)
    match entry.state:
        case State.FIRED if entry.key != firing.key:
            return Step(firing, Action.DONE, reasons.sent_as_other_occurrence(entry, occurrence), when_sent=when_sent)
        case State.FIRED if entry.fingerprint == firing.fingerprint:
            return Step(firing, Action.DONE, reasons.sent(entry), when_sent=when_sent)
        case State.FIRED if (as_sent := _as_sent(firing, entry)) is not None:
            return Step(as_sent, Action.DONE, reasons.sent(entry), when_sent=when_sent)
        case State.FIRED:
            reason = reasons.edited_after_sending(entry, recurs=firing.watch_key is not None)
            edits = tuple(changes(entry.definition or {}, firing.definition))
            return Step(firing, Action.CHANGED, reason, edits, when_sent=when_sent)
        case State.IN_DOUBT:
            reason = reasons.may_have_been_sent(entry, firing.key.bulletin, occurrence)
            return Step(firing, Action.IN_DOUBT, reason)
        case State.CLAIMED:
            return Step(firing, Action.CLAIMED, reasons.being_sent(entry))
        case _:
            return None


def _as_sent(firing: Firing, entry: KnownFiring) -> Firing | None:
    """Return the firing with the line ends with which it was sent; None if it was edited since.

    Line ends in the cells of a table depended on the checkout, until they became the same everywhere.
    """
    return next((each for each in firing.as_before() if each.fingerprint == entry.fingerprint), None)


def _expired(firing: Firing, entry: KnownFiring | None, now: datetime) -> Step:
    occurrence = firing.occurrence
    assert occurrence.due_at is not None
    assert occurrence.expires_at is not None
    reason = reasons.grace_ended(occurrence.due_at, occurrence.expires_at, now)
    if entry is None or not _is_reported(firing, entry):
        return Step(firing, Action.EXPIRED, reason, needs_report=True)
    return Step(firing, Action.EXPIRED, reasons.expiry_reported(entry, reason.text))


def _is_reported(firing: Firing, entry: KnownFiring) -> bool:
    """Whether a run has recorded the expiry of this firing with the same end of its grace."""
    expires_at = firing.occurrence.expires_at
    return entry.state is State.EXPIRED and expires_at is not None and entry.expires_at == expires_at
