"""How a run ended: a result for each firing of its plan, and what the process exits with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from runner.errors import Exit
from runner.fire.api.answer import Answer
from runner.fire.outcome import Judgement, Outcome
from runner.interrupts import exit_code_of
from runner.ledger.values import Attempt
from runner.plan.budget import Held
from runner.plan.decide import Step
from runner.plan.event_time import event_time_warnings, step_warnings

_ANSWER_KEPT = 2000  # characters of an answer that the ledger keeps


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did with one step of its plan. `outcome` is None where the action sends nothing.

    `tries` are the requests made; `attempts` those of them whose end is known. `may_go_at` is when the budget of the
    account lets one go that it held back.
    """

    step: Step
    outcome: Outcome | None = None
    reason: str | None = None
    http_status: int | None = None
    error: str | None = None
    bulletins_sent: int | None = None
    tries: int = 0
    started_at: datetime | None = None
    latency_ms: float | None = None
    warnings: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    may_go_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: its results in the plan's order, and what cut it short, if anything did.

    `signal` is the number of the signal that ended it early. `fault` is what stopped the whole run: the ledger gave
    way, or a fault of this program. `sent` is whether a request has left. `unshown` is the fault that kept the progress
    from being shown.
    """

    results: tuple[Result, ...]
    signal: int | None = None
    fault: str | None = None
    sent: bool = False
    unshown: str | None = None

    @property
    def exit_code(self) -> int:
        """What the process exits with, by DESIGN's order of precedence. Exit.REFUSED only where no request has left."""
        if self.signal is not None:
            return exit_code_of(self.signal)
        outcomes = {result.outcome for result in self.results}
        if Outcome.IN_DOUBT in outcomes:
            return Exit.IN_DOUBT
        if self.fault is not None:
            return Exit.FAILED if self.sent or Outcome.FIRED in outcomes else Exit.REFUSED
        return Exit.FAILED if outcomes & {Outcome.FAILED, Outcome.EXPIRED} else Exit.OK


def rehearsed(step: Step, now: datetime) -> Result:
    """What a dry run says of a step of a plan made at `now`."""
    if step.action.sends:
        return Result(step, Outcome.WOULD_FIRE, step.reason, warnings=step_warnings(step, now))
    left = left_alone(step)
    return replace(left, warnings=("it would be reported as expired",)) if step.is_news else left


def left_alone(step: Step) -> Result:
    """The result of a step that sends nothing."""
    return Result(step, reason=step.reason, warnings=_budget_warnings(step, step.may_go_at))


def held_back_by(held: Held, step: Step) -> Result:
    """The result of a step that was to be sent, and has no budget left."""
    reason = held.reason(step.firing.occurrence.expires_at)
    return Result(step, Outcome.SKIPPED, reason, may_go_at=held.until, warnings=_budget_warnings(step, held.until))


def _budget_warnings(step: Step, may_go_at: datetime | None) -> tuple[str, ...]:
    expires_at = step.firing.occurrence.expires_at
    is_late = may_go_at is not None and expires_at is not None and may_go_at > expires_at
    return ("it will expire before the budget lets it go",) if is_late else ()


def answered(step: Step, answer: Answer, judgement: Judgement, attempts: Sequence[Attempt]) -> Result:
    """The result of a step whose requests are `attempts`, the last of them answered so."""
    return Result(
        step,
        judgement.outcome,
        judgement.reason,
        answer.http_status,
        answer.error,
        judgement.bulletins_sent,
        len(attempts),
        answer.started_at,
        round(answer.latency_ms, 1),
        (
            *(reach_warnings(judgement.bulletins_sent) if judgement.outcome is Outcome.FIRED else ()),
            *event_time_warnings(step.firing.bulletin.when, answer.started_at),
        ),
        tuple(attempts),
    )


def reach_warnings(bulletins_sent: int | None) -> tuple[str, ...]:
    """What to say of a success by how many bulletins the API sent for it; nothing where it was some."""
    if bulletins_sent is None:
        return ("the answer does not say how many bulletins were sent",)
    return () if bulletins_sent else ("0 bulletins were sent: is one published for the event?",)


def attempt(number: int, answer: Answer, judgement: Judgement, redacted: Callable[[str], str]) -> Attempt:
    """One request as the ledger keeps it, without what `redacted` takes out."""
    return Attempt(
        number,
        answer.started_at,
        round(answer.latency_ms, 1),
        judgement.sent.value,
        answer.http_status,
        redacted(answer.body.decode("utf-8", "replace"))[:_ANSWER_KEPT] if answer.body else None,
        answer.error,
    )
