"""The witness: what a machine has seen of a ledger, and whether the ledger still holds it. Pure.

A ledger that was restored from an older copy would send again whatever was sent since the copy was made. So each
machine that fires keeps, outside the ledger, the newest run that it has seen there, and every run that was not over
when that one began, each with its number of committed claims. An older state of the ledger always lacks the newest
run, or some claims of a run that overlapped it. Runs are in the order of their numbers, in which the ledger recorded
them: clocks, and with them ULIDs, differ between machines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run as it was at one moment. `is_over`: it had ended, or its lease had run out."""

    id: str
    number: int
    claims: int
    started_at: datetime
    host: str
    is_over: bool = False

    @property
    def extent(self) -> tuple[int, int]:
        """How far the ledger had come with this run, for comparison within one ledger."""
        return self.number, self.claims


@dataclass(frozen=True, slots=True)
class Witness:
    """What a machine has seen of the ledger of that id at that place."""

    ledger: str
    place: str
    runs: tuple[SeenRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's decision to go on with a ledger that lacks this run of `ledger`, or claims of it."""

    ledger: str
    run: str
    number: int
    claims: int
    at: datetime
    who: str
    host: str
    note: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a ledger holds at one moment: the runs that were asked for, the newest one, and those under way."""

    ledger: str
    runs: Mapping[str, SeenRun]
    acceptances: tuple[Acceptance, ...] = ()

    @property
    def newest(self) -> SeenRun | None:
        """The run that the ledger recorded last."""
        return max(self.runs.values(), key=lambda run: run.number, default=None)


@dataclass(frozen=True, slots=True)
class Loss:
    """The newest run that was seen in `ledger`, and that the ledger at hand lacks or holds with fewer claims."""

    ledger: str
    run: SeenRun
    held_claims: int | None  # None: the run itself is missing


def losses(witnesses: Iterable[Witness], recorded: Recorded) -> list[Loss]:
    """What the ledger lacks of the runs that were seen: at most one loss for each ledger id, the ledger's own first."""
    found: dict[str, Loss] = {}
    for witness in witnesses:
        for run in _lost_runs(witness, recorded):
            known = found.get(witness.ledger)
            if not _is_accepted(witness.ledger, run, recorded) and (known is None or run.extent > known.run.extent):
                held = recorded.runs.get(run.id)
                found[witness.ledger] = Loss(witness.ledger, run, None if held is None else held.claims)
    return sorted(found.values(), key=lambda loss: (loss.ledger != recorded.ledger, loss.ledger))


def _lost_runs(witness: Witness, recorded: Recorded) -> Iterable[SeenRun]:
    for run in witness.runs:
        held = recorded.runs.get(run.id)
        if held is None or held.claims < run.claims:
            yield run


def _is_accepted(ledger: str, run: SeenRun, recorded: Recorded) -> bool:
    """Who accepts the loss of a run accepts the loss of all earlier ones."""
    return any(each.ledger == ledger and run.extent <= (each.number, each.claims) for each in recorded.acceptances)


def lost_ids(witnesses: Iterable[Witness], recorded: Recorded) -> frozenset[str]:
    """The runs that the ledger lacks, or holds with fewer claims, whether that was accepted or not."""
    return frozenset(run.id for witness in witnesses for run in _lost_runs(witness, recorded))


def updated(witness: Witness, seen: Iterable[SeenRun], *, forget: Collection[str] = frozenset()) -> Witness:
    """The witness after these runs were seen, all at one moment and the newest among them. Never goes back.

    A newer run than all known ones makes those superfluous that were over before: it was recorded after their last
    claim, so no copy holds it without them. `forget` are runs whose loss was accepted.
    """
    seen = list(seen)
    known = {run.id: run for run in witness.runs if run.id not in forget}
    newest = max((run.number for run in known.values()), default=0)
    if any(run.number > newest for run in seen):
        known = {run.id: run for run in known.values() if not run.is_over}
    for run in seen:
        before = known.get(run.id, run)
        known[run.id] = replace(run, claims=max(run.claims, before.claims), is_over=run.is_over or before.is_over)
    return replace(witness, runs=tuple(sorted(known.values(), key=lambda run: run.number)))
