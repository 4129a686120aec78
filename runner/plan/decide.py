"""The plan: what would be done with each firing now, and why. A pure function of firings, history and now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from runner.definitions.model import Account
from runner.plan.budget import Budgets
from runner.plan.catch_up import Passed, in_its_place, orphan_of, passed_over
from runner.plan.changes import Change, changes
from runner.plan.firing import Firing, FiringKey, WatchKey
from runner.plan.history import Entry, History, State
from runner.plan.time_text import moment, span

DUPLICATE_WINDOW = timedelta(hours=24)
_NO_BUDGETS: Mapping[str, Account] = {}
_ALWAYS_DUE = datetime.min.replace(tzinfo=UTC)


class Action(StrEnum):
    """What the plan does with a firing."""

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
    """One firing of the plan. `is_news` says that a run has to record and report the expiry.

    `may_go_at` is when the budget of the account lets one go that is due; `in_reserve` what is done with it now where
    those of this plan that go before it, and alone hold it, come to be not sent. `kept_reason` is what the ledger keeps
    of an expiry that has another reason than that the grace ran out.
    """

    firing: Firing
    action: Action
    reason: str
    changes: tuple[Change, ...] = ()
    is_news: bool = False
    may_go_at: datetime | None = None
    in_reserve: Action | None = None
    kept_reason: str | None = None

    @property
    def goes(self) -> bool:
        """Whether it is sent, now or when the budget lets it."""
        if self.may_go_at is None:
            return self.action.sends
        expires_at = self.firing.occurrence.expires_at
        return expires_at is None or self.may_go_at <= expires_at

    @property
    def freed(self) -> Step:
        """What is done with it, being in reserve, once those before it are not sent."""
        return replace(self, action=self.in_reserve or self.action, may_go_at=None, in_reserve=None)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done at `now`, in the order in which it would be done: due time, then file order.

    `settled` is what a run that records its expired steps may then say of recurring bulletins: up to when all is told.
    """

    now: datetime
    steps: tuple[Step, ...]
    settled: Mapping[WatchKey, datetime] = field(default_factory=dict)

    @property
    def to_send(self) -> tuple[Step, ...]:
        """The steps that a run would send."""
        return tuple(step for step in self.steps if step.action.sends)

    @property
    def held_back(self) -> tuple[Step, ...]:
        """The steps that are due and wait for the budget of their account."""
        return tuple(step for step in self.steps if step.may_go_at is not None)

    @property
    def in_reserve(self) -> tuple[Step, ...]:
        """The steps that go where others do not that are before them, in the order in which they would."""
        found = (step for step in self.steps if step.in_reserve)
        return tuple(sorted(found, key=lambda step: step.in_reserve is Action.RETRY))

    @property
    def newly_expired(self) -> tuple[Step, ...]:
        """The steps whose expiry no run has reported yet."""
        return tuple(step for step in self.steps if step.is_news)

    def counts(self) -> dict[str, int]:
        """How many steps have each action; every action is there."""
        counts = {action.value: 0 for action in Action}
        for step in self.steps:
            counts[step.action.value] += 1
        return counts


def decide(
    firings: Iterable[Firing], history: History, now: datetime, accounts: Mapping[str, Account] = _NO_BUDGETS
) -> Plan:
    """The plan at `now`. Each key gets one step, and only firings that nothing blocks get fire or retry.

    `accounts` are those whose budgets count: what failed before comes last there, for it may fail for ever.
    """
    budgets = Budgets(accounts, history.spent, now)
    ordered = sorted(firings, key=lambda firing: firing.occurrence.due_at or _ALWAYS_DUE)
    sending: dict[tuple[str, str], dict[str, None]] = {}  # the ids that send a payload, in order
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
    _let_stand_in(steps, passed, lambda firing: _budgeted(_step(firing, history, now, sending, {}), budgets, now))
    return Plan(now, tuple(steps))


def _let_stand_in(steps: list[Step], passed: Mapping[FiringKey, Passed], step_of: Callable[[Firing], Step]) -> None:
    """Of what was passed over for a newer one that does not go itself, the newest that can is what goes."""
    places = {step.firing.key: number for number, step in enumerate(steps)}
    stand_ins: dict[FiringKey, FiringKey] = {}
    for number in reversed(range(len(steps))):
        firing = steps[number].firing
        why = passed.get(firing.key)
        if why is None or why.newer is None:
            continue
        newer = steps[places[stand_ins.get(why.newer, why.newer)]]
        if newer.goes:
            reason = in_its_place(firing, newer.firing.key.occurrence, waits=newer.may_go_at is not None)
            steps[number] = replace(steps[number], reason=reason, kept_reason=reason)
        else:
            step = step_of(firing)
            steps[number] = replace(step, in_reserve=None) if newer.in_reserve else step
            if step.goes:
                stand_ins[why.newer] = firing.key


def _step(
    firing: Firing,
    history: History,
    now: datetime,
    sending: Mapping[tuple[str, str], Iterable[str]],
    passed: Mapping[FiringKey, Passed],
) -> Step:
    entry = history.entries.get(firing.key)
    if entry is not None and (blocked := _blocked(firing, entry)):
        return blocked
    occurrence = firing.occurrence
    if not firing.bulletin.enabled:
        return Step(firing, Action.DISABLED, "enabled is false")
    if entry is not None and _is_told(firing, entry) and not (firing.watch_key or occurrence.is_expired(now)):
        return Step(firing, Action.EXPIRED, _told_early(firing, entry))
    if not occurrence.is_due(now):
        assert occurrence.due_at is not None
        return Step(firing, Action.WAIT, f"due {moment(occurrence.due_at)}, in {span(occurrence.due_at - now)}")
    if firing.key in passed:
        why, is_news, _ = passed[firing.key]
        return Step(firing, Action.EXPIRED, why, is_news=is_news, kept_reason=why if is_news else None)
    if occurrence.is_expired(now):
        return _expired(firing, entry, now)
    if reason := _renamed(firing, history) or _duplicate(firing, history, now, sending):
        return Step(firing, Action.DUPLICATE, reason)
    due = f"due since {moment(occurrence.due_at)}" if occurrence.due_at else "due as soon as it is there"
    if entry is not None and entry.failures:
        times = "once" if entry.failures == 1 else f"{entry.failures} times"
        return Step(firing, Action.RETRY, f"{due}; not sent {times} before: {entry.reason}")
    return Step(firing, Action.FIRE, due)


def _budgeted(step: Step, budgets: Budgets, now: datetime) -> Step:
    """The step, as the budget of its account allows it; or what the budget has to do with its expiry."""
    firing, occurrence = step.firing, step.firing.occurrence
    if step.action.sends and (held := budgets.charge(firing)):
        reason = held.reason(occurrence.expires_at)
        in_reserve = step.action if held.others else None
        return replace(step, action=Action.WAIT, reason=reason, may_go_at=held.until, in_reserve=in_reserve)
    if step.is_news and occurrence.is_expired(now) and occurrence.due_at and (limit := budgets.was_reached(firing)):
        cause = f"{limit}, and it was spent when the grace ran out"
        kept = f"was due {moment(occurrence.due_at)}; {cause}"
        return replace(step, reason=f"{step.reason}; {cause}", kept_reason=kept)
    return step


def _blocked(firing: Firing, entry: Entry) -> Step | None:
    at = moment(entry.claimed_at)
    if entry.key != firing.key:
        at += f" as {entry.key.occurrence}, {_other_name(firing, entry)}"
    match entry.state:
        case State.FIRED if entry.key != firing.key:
            return Step(firing, Action.DONE, f"sent {at}, by run {entry.run}")
        case State.FIRED if entry.fingerprint == firing.fingerprint:
            return Step(firing, Action.DONE, f"sent {at} by run {entry.run}")
        case State.FIRED:
            again = "the next time has it" if firing.watch_key else "raise revision to send it again"
            reason = f"sent {at}, edited since: the edit sends nothing; {again}"
            return Step(firing, Action.CHANGED, reason, tuple(changes(entry.definition or {}, firing.definition)))
        case State.IN_DOUBT:
            reason = f"it may have been sent {at}: {entry.reason or 'the run that held it ended without a word'}"
            return Step(firing, Action.IN_DOUBT, f"{reason}; settle it with bulletins resolve {firing.key.bulletin}")
        case State.CLAIMED:
            return Step(firing, Action.CLAIMED, f"run {entry.run} on {entry.host} (pid {entry.pid}) is sending it")
        case _:
            return None


def _other_name(firing: Firing, entry: Entry) -> str:
    """Why a firing has the name of another: its schedule was edited, or its zone has another offset."""
    if firing.watch_key is None:
        return "when it recurred"
    return "for the same local date and time" if "@" in entry.key.occurrence else "before it recurred"


def _expired(firing: Firing, entry: Entry | None, now: datetime) -> Step:
    occurrence = firing.occurrence
    assert occurrence.due_at is not None
    assert occurrence.expires_at is not None
    grace = span(occurrence.expires_at - occurrence.due_at)
    was_due = f"was due {moment(occurrence.due_at)}; "
    reason = f"{was_due}its grace of {grace} ran out {span(now - occurrence.expires_at)} ago"
    if entry is None or not _is_told(firing, entry):
        return Step(firing, Action.EXPIRED, reason, is_news=True)
    kept = entry.reason if entry.reason and entry.reason.startswith(was_due) else reason
    return Step(firing, Action.EXPIRED, f"{kept}; {entry.report_note}")


def _is_told(firing: Firing, entry: Entry) -> bool:
    """Whether a run has reported that this very window closed."""
    expires_at = firing.occurrence.expires_at
    return entry.state is State.EXPIRED and expires_at is not None and entry.expires_at == expires_at


def _told_early(firing: Firing, entry: Entry) -> str:
    """Nobody can claim it any more: a person may have acted upon that report."""
    assert firing.occurrence.due_at is not None
    return (
        f"due {moment(firing.occurrence.due_at)}; run {entry.run} reported it as expired, for by the clock there its"
        " grace had run out; with another grace it may go"
    )


def _duplicate(
    firing: Firing, history: History, now: datetime, sending: Mapping[tuple[str, str], Iterable[str]]
) -> str | None:
    if firing.bulletin.allow_duplicate:
        return None
    payload = (firing.key.account, firing.payload_hash)
    same = "the same payload"
    hint = "change it, or write allow_duplicate: true"
    for other in sending.get(payload, ()):
        if other != firing.key.bulletin:
            return f"{same} goes to {firing.key.account} now as {other}; {hint}"
    for sent in history.recent.get(payload, ()):
        is_late = firing.occurrence.due_at is not None and sent.at >= firing.occurrence.due_at
        if sent.key.bulletin != firing.key.bulletin and (is_late or now - sent.at < DUPLICATE_WINDOW):
            went = f"{same} went to {firing.key.account} as {sent.key.bulletin} {moment(sent.at)}"
            return f"{went}; if this is that one, keep its id; else {hint}"
    return None


def _renamed(firing: Firing, history: History) -> str | None:
    """An account under a new name is the same account, and the same people: all of it would go out again."""
    if (orphan := orphan_of(firing, history)) is None:
        return None
    old, at = orphan.key.account, moment(orphan.at)
    if orphan.key.occurrence != firing.key.occurrence:  # by its name of before an edit of its schedule
        at += f" as {orphan.key.occurrence}"
    return (
        f"it went out {at} in {old}, which is not defined any more: if {firing.key.account} is its new name, the same"
        " people would get it again; to send it all the same, raise revision or write allow_duplicate: true"
    )
