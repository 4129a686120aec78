"""How a run ended: a result for each firing of its plan, and what the process exits with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from runner.errors import Exit
from runner.fire.outcome import Outcome
from runner.plan.decide import Step


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did with one step of its plan. `outcome` is None where the action sends nothing."""

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


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: its results in the plan's order, and what cut it short, if anything did.

    `signal` is the number of the signal that ended it early; `fault` what the ledger said when it gave way;
    `crash` the traceback of a fault of this program.
    """

    results: tuple[Result, ...]
    signal: int | None = None
    fault: str | None = None
    crash: str | None = None

    @property
    def exit_code(self) -> int:
        """What the process exits with, by DESIGN's order of precedence."""
        if self.signal is not None:
            return 128 + self.signal
        outcomes = {result.outcome for result in self.results}
        if Outcome.IN_DOUBT in outcomes:
            return Exit.IN_DOUBT
        if self.fault is not None:
            return Exit.REFUSED
        return Exit.FAILED if outcomes & {Outcome.FAILED, Outcome.EXPIRED} else Exit.OK


def sent_in_total(results: Iterable[Result]) -> int:
    """How many bulletins went out, as the API counted them."""
    return sum(result.bulletins_sent or 0 for result in results)
