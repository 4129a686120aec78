"""The plan: what would be done with each firing now, and why. A pure function of firings, history and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from runner.plan.firing import Firing
from runner.plan.history import Entry, History, State

DUPLICATE_WINDOW = timedelta(hours=24)
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
class Change:
    """One field that was edited: of a firing since it was sent, or of an entry since a git ref.

    `inherited` says that the value comes from the defaults of the file: the new one, or the old where none is left.
    """

    field: str
    old: str | None
    new: str | None
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One firing of the plan. `is_news` says that a run has to record and report the expiry."""

    firing: Firing
    action: Action
    reason: str
    changes: tuple[Change, ...] = ()
    is_news: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done at `now`, in the order in which it would be done: due time, then file order."""

    now: datetime
    steps: tuple[Step, ...]

    @property
    def to_send(self) -> tuple[Step, ...]:
        """The steps that a run would send."""
        return tuple(step for step in self.steps if step.action.sends)

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


def decide(firings: Iterable[Firing], history: History, now: datetime) -> Plan:
    """The plan at `now`. Each key gets one step, and only firings that nothing blocks get fire or retry."""
    ordered = sorted(firings, key=lambda firing: firing.occurrence.due_at or _ALWAYS_DUE)
    sending: dict[tuple[str, str], dict[str, None]] = {}  # the ids that send a payload, in order
    steps = []
    for firing in ordered:
        step = _step(firing, history, now, sending)
        if step.action.sends:
            sending.setdefault((firing.key.account, firing.payload_hash), {})[firing.key.bulletin] = None
        steps.append(step)
    return Plan(now, tuple(steps))


def _step(firing: Firing, history: History, now: datetime, sending: Mapping[tuple[str, str], Iterable[str]]) -> Step:
    entry = history.entries.get(firing.key)
    if entry is not None and (blocked := _blocked(firing, entry)):
        return blocked
    occurrence = firing.occurrence
    if not firing.bulletin.enabled:
        return Step(firing, Action.DISABLED, "enabled is false")
    if not occurrence.is_due(now):
        assert occurrence.due_at is not None
        return Step(firing, Action.WAIT, f"due {moment(occurrence.due_at)}, in {span(occurrence.due_at - now)}")
    if occurrence.is_expired(now):
        return _expired(firing, entry, now)
    if reason := _renamed(firing, history) or _duplicate(firing, history, now, sending):
        return Step(firing, Action.DUPLICATE, reason)
    due = f"due since {moment(occurrence.due_at)}" if occurrence.due_at else "due as soon as it is there"
    if entry is not None and entry.failures:
        times = "once" if entry.failures == 1 else f"{entry.failures} times"
        return Step(firing, Action.RETRY, f"{due}; not sent {times} before: {entry.reason}")
    return Step(firing, Action.FIRE, due)


def _blocked(firing: Firing, entry: Entry) -> Step | None:
    at = moment(entry.claimed_at)
    match entry.state:
        case State.FIRED if entry.fingerprint == firing.fingerprint:
            return Step(firing, Action.DONE, f"sent {at} by run {entry.run}")
        case State.FIRED:
            reason = f"sent {at}, edited since: the edit sends nothing; raise revision to send it again"
            return Step(firing, Action.CHANGED, reason, tuple(changes(entry.definition or {}, firing.definition)))
        case State.IN_DOUBT:
            reason = f"it may have been sent {at}: {entry.reason or 'the run that held it ended without a word'}"
            return Step(firing, Action.IN_DOUBT, f"{reason}; settle it with bulletins resolve {firing.key.bulletin}")
        case State.CLAIMED:
            return Step(firing, Action.CLAIMED, f"run {entry.run} on {entry.host} (pid {entry.pid}) is sending it")
        case _:
            return None


def _expired(firing: Firing, entry: Entry | None, now: datetime) -> Step:
    occurrence = firing.occurrence
    assert occurrence.due_at is not None
    assert occurrence.expires_at is not None
    grace = span(occurrence.expires_at - occurrence.due_at)
    reason = (
        f"was due {moment(occurrence.due_at)}; its grace of {grace} ran out {span(now - occurrence.expires_at)} ago"
    )
    told = entry is not None and entry.state is State.EXPIRED and entry.expires_at == occurrence.expires_at
    if told and entry is not None:
        reason += f"; reported by run {entry.run}"
    return Step(firing, Action.EXPIRED, reason, is_news=not told)


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
        if sent.key.bulletin != firing.key.bulletin and now - sent.at < DUPLICATE_WINDOW:
            return f"{same} went to {firing.key.account} as {sent.key.bulletin} {moment(sent.at)}; {hint}"
    return None


def _renamed(firing: Firing, history: History) -> str | None:
    """An account under a new name is the same account, and the same people: all of it would go out again."""
    key = firing.key
    orphans = history.orphans.get((key.bulletin, key.occurrence), ())
    if firing.bulletin.allow_duplicate or not orphans:
        return None
    old, at = orphans[0].key.account, moment(orphans[0].at)
    return (
        f"it went out {at} in {old}, which is not defined any more: if {key.account} is its new name, the same people"
        " would get it again; to send it all the same, raise revision or write allow_duplicate: true"
    )


def changes(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_inherited: Set[str] = frozenset(),
    new_inherited: Set[str] = frozenset(),
) -> Iterator[Change]:
    """The fields that differ between two definitions, properties one by one. The sets name those from defaults."""
    before, after = _flat(old), _flat(new)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            inherited = name in (new_inherited if name in after else old_inherited)
            yield Change(name, before.get(name), after.get(name), inherited)


def _flat(definition: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in definition.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": _text(item) for key, item in value.items()}
        elif value is not None and value != []:
            flat[name] = _text(value)
    return flat


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)


def moment(at: datetime) -> str:
    """An instant as messages write it, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(length: timedelta) -> str:
    """A length of time in its two largest units: `3d 4h`."""
    seconds = max(int(length.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
