"""Record the present set in a ledger as already sent by other means. Sends nothing.

In: definitions, the selection, and the ledger. Out: how many firings were recorded, and how many are sent later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from runner import __version__, clock
from runner.errors import Exit
from runner.jobs.messages import Messages
from runner.jobs.selection import Selection

if TYPE_CHECKING:
    from runner.jobs.loaded_set import LoadedSet
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan, Step
    from runner.plan.firing import Firing

_LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class BaselineRequest:
    """What to record in which ledger. `also_later`: also what is due later, so that it is never sent."""

    path: Path
    selection: Selection
    ledger_url: str | None
    also_later: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """How many firings were recorded. `later` and `recurring`: how many were not, because they are due later."""

    recorded: int
    later: int
    recurring: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What to record, and how many firings are not recorded because they are due later."""

    firings: Sequence[Firing]
    later: int
    recurring: int


def record_baseline(
    loaded: LoadedSet,
    request: BaselineRequest,
    messages: Messages,
    confirm: Callable[[Sequence[Step], str], None] | None,
) -> Baseline:
    """Record the firings that a run would send now, and firings that expired unsent.

    `confirm` is called with the steps to record and the place of the ledger; it raises UserError to refuse. None: do
    not ask. A baseline of the whole set also accepts a ledger that is older than what this machine has seen.
    """
    from runner.jobs.ledger.ledger_witness import compare_with_witness
    from runner.jobs.ledger.opened_ledger import open_ledger
    from runner.jobs.selected_set import select_set

    now = clock.now()
    selected = select_set(loaded, request.path, request.selection, now)
    with open_ledger(request.ledger_url) as ledger:
        witness = compare_with_witness(ledger, messages)
        for loss in witness.losses:
            refused = "bulletins fire still refuses it: only a baseline of the whole set accepts it"
            after = "This baseline accepts that" if selected.is_whole else refused
            messages.warn(f"{witness.described(loss)}. {after}")
        is_accepted = bool(witness.losses) and selected.is_whole
        now = clock.now()
        if confirm is None and ledger.is_empty():
            chosen = _of_nothing_sent(selected.firings(now), now, also_later=request.also_later)
        else:
            plan = selected.plan(ledger, now)
            steps = [step for step in plan.steps if _is_recorded(step, now, also_later=request.also_later)]
            if confirm is not None and (steps or is_accepted):
                confirm(steps, ledger.place)
            chosen = _of_plan(plan, steps)
        run, recorded = _record(ledger, chosen.firings, request.note) if chosen.firings else (None, 0)
        if is_accepted:
            witness.accept(f"ledger baseline{': ' + request.note if request.note else ''}")
        if run and (is_accepted or not witness.losses):
            witness.remember(run)
    return Baseline(recorded, chosen.later, chosen.recurring)


def _of_nothing_sent(firings: Iterable[Firing], now: datetime, *, also_later: bool) -> _Chosen:
    """Choose for a ledger without firings: what `_is_recorded` would accept, without a step and a reason for each.

    Nothing blocks a firing there. So a firing that is due is sent, expired, a duplicate or held back by a budget, and
    all of these are recorded.
    """
    chosen: list[Firing] = []
    later = recurring = 0
    for firing in firings:
        recurs, is_due = firing.watch_key is not None, firing.occurrence.is_due(now)
        if not firing.bulletin.enabled or (recurs and firing.occurrence.is_expired(now)):
            continue
        if is_due or (also_later and not recurs):
            chosen.append(firing)
        else:
            later += not recurs
            recurring += recurs
    return _Chosen(chosen, later, recurring)


def _is_recorded(step: Step, now: datetime, *, also_later: bool) -> bool:
    from runner.plan.decide import Action

    occurrence = step.firing.occurrence
    if step.firing.watch_key and (occurrence.is_expired(now) or not occurrence.is_due(now)):
        return False  # of a recurring bulletin only what is due now: no run has ever watched for expired times
    recorded = (Action.FIRE, Action.RETRY, Action.EXPIRED, Action.DUPLICATE)
    is_held_back = step.may_go_at is not None  # due, but held back by the budget
    return step.action in recorded or is_held_back or (also_later and step.action is Action.WAIT)


def _of_plan(plan: Plan, steps: Sequence[Step]) -> _Chosen:
    from runner.plan.decide import Action

    keys = {step.firing.key for step in steps}
    waiting = [step for step in plan.steps if step.action is Action.WAIT and step.firing.key not in keys]
    later = sum(step.firing.watch_key is None for step in waiting)
    return _Chosen([step.firing for step in steps], later, len(waiting) - later)


def _record(ledger: Ledger, chosen: Sequence[Firing], note: str | None) -> tuple[str, int]:
    from runner.jobs.ledger.opened_ledger import identity
    from runner.ledger.records.runs import BASELINE
    from runner.ledger.values import Origin

    reason = f"sent before, by other means{': ' + note if note else ''}"
    run = ledger.start_run(Origin(BASELINE, __version__), identity(), lease=_LEASE)
    recorded = ledger.record_as_sent(run, chosen, clock.now(), reason)
    ledger.finish_run(run, exit_code=Exit.OK, interrupted=False)
    return run, recorded
