"""The results of a run: one for each step of its plan. From them follows the exit code of the process.

Takes steps, answers and judgements, and returns frozen values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from runner.errors import Exit
from runner.fire.api.answer import Answer
from runner.fire.outcome import Judgement, Outcome
from runner.interrupts import exit_code_of
from runner.ledger.values import Attempt
from runner.plan import reasons
from runner.plan.budget import HeldByBudget
from runner.plan.decide import Step
from runner.plan.event_time import event_time_warnings, step_warnings
from runner.reason import Reason

_ANSWER_KEPT = 2000  # characters of an answer that the ledger keeps


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did with one step of its plan. `outcome` is None if the action sends nothing.

    `tries` counts the requests; `attempts` holds those whose end is known. If a budget holds the firing back,
    `may_go_at` is the time at which that budget has room again.
    """

    step: Step
    outcome: Outcome | None = None
    reason: Reason | None = None
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
class RunResult:
    """A run that ended: its results in the plan's order, and what ended it early, if anything did.

    `signal` is the number of the signal that ended it early. `fault` is the failure of the ledger, or the internal
    error, that stopped the whole run. `sent` is true if a byte of a request may have left. `unshown` is the error that
    prevented the progress from being shown. `settled_counts`: by account, the number of firings that were done before
    and have no result.
    """

    results: tuple[Result, ...]
    signal: int | None = None
    fault: str | None = None
    sent: bool = False
    unshown: str | None = None
    settled_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """The exit code of the process.

        A signal comes first, then a firing in doubt, then a fault, then a failed or expired firing. Exit.REFUSED is
        used only if no request has left.
        """
        if self.signal is not None:
            return exit_code_of(self.signal)
        outcomes = {result.outcome for result in self.results if result.outcome is not None}
        worst = max((outcome.exit_code for outcome in outcomes), default=Exit.OK)
        if worst is not Exit.IN_DOUBT and self.fault is not None:
            return Exit.FAILED if self.sent or Outcome.FIRED in outcomes else Exit.REFUSED
        return worst


def dry_run_result(step: Step, now: datetime) -> Result:
    """Return the result of a step in a dry run, for a plan made at `now`."""
    if step.action.sends:
        return Result(step, Outcome.WOULD_FIRE, step.reason, warnings=step_warnings(step, now))
    left = no_send_result(step)
    return replace(left, warnings=("it would be reported as expired",)) if step.needs_report else left


def no_send_result(step: Step) -> Result:
    """Return the result of a step that sends nothing."""
    return Result(step, reason=step.reason, warnings=_budget_warnings(step, step.may_go_at))


def held_back_by(held: HeldByBudget, step: Step) -> Result:
    """Return the result of a step that the run should send and a budget holds back."""
    reason = reasons.held_back(held, step.firing.occurrence.expires_at)
    return Result(step, Outcome.SKIPPED, reason, may_go_at=held.until, warnings=_budget_warnings(step, held.until))


def _budget_warnings(step: Step, may_go_at: datetime | None) -> tuple[str, ...]:
    expires_at = step.firing.occurrence.expires_at
    is_late = may_go_at is not None and expires_at is not None and may_go_at > expires_at
    return ("it will expire before the budget has room for it",) if is_late else ()


def answered(step: Step, answer: Answer, judgement: Judgement, attempts: Sequence[Attempt]) -> Result:
    """Return the result of a step with the requests `attempts`. `answer` and `judgement` belong to the last of them."""
    return Result(
        step,
        judgement.outcome,
        judgement.reason,
        answer.http_status,
        answer.error,
        judgement.bulletins_sent,
        len(attempts),
        answer.started_at,
        round(answer.latency_ms, 3),
        (
            *(reach_warnings(judgement.bulletins_sent) if judgement.outcome is Outcome.FIRED else ()),
            *event_time_warnings(step.firing.bulletin.when, answer.started_at),
        ),
        tuple(attempts),
    )


def reach_warnings(bulletins_sent: int | None) -> tuple[str, ...]:
    """Return a warning if the API accepted a request and sent no bulletin, or did not state how many it sent."""
    if bulletins_sent is None:
        return ("the answer does not state how many bulletins were sent",)
    return (
        () if bulletins_sent else ("0 bulletins were sent: check that a bulletin is published for the business event",)
    )


def attempt(number: int, answer: Answer, judgement: Judgement, redacted: Callable[[str], str]) -> Attempt:
    """Return one request as the ledger records it, with the answer's text after `redacted`."""
    return Attempt(
        number,
        answer.started_at,
        round(answer.latency_ms, 3),
        judgement.sent.value,
        answer.http_status,
        redacted(answer.body.decode("utf-8", "replace"))[:_ANSWER_KEPT] if answer.body else None,
        answer.error,
    )
