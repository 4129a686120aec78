"""The rollback witness: compare the runs that a machine has seen with the runs that the ledger holds. Pure.

The rule. A ledger restored from an older copy would send again everything sent since that copy. So each machine keeps
a witness outside the ledger: the newest run seen there, and every run that overlapped it, with their numbers of
committed claims. An older copy lacks the newest run, or some claims of an overlapping run. Then `fire` refuses, until a
person accepts the loss.

Runs are ordered by the numbers that the ledger gave them, because clocks, and so ULIDs, differ between machines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeenRun:
    """A run as seen at one moment. `claims`: its number of committed claims. `is_over`: it ended or lost its lease."""

    id: str
    number: int
    claims: int
    started_at: datetime
    host: str
    is_over: bool = False

    @property
    def extent(self) -> tuple[int, int]:
        """The position of this run in its ledger: larger for a later run, and for more claims of the same run."""
        return self.number, self.claims


@dataclass(frozen=True, slots=True)
class Witness:
    """The runs that a machine has seen in one ledger, identified by its id and place."""

    ledger: str
    place: str
    runs: tuple[SeenRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's decision to use a ledger that lacks this run of `ledger`, or claims of this run."""

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
    """What a ledger holds at one moment: the requested runs, its newest run, the live runs, and all acceptances."""

    ledger: str
    runs: Mapping[str, SeenRun]
    acceptances: tuple[Acceptance, ...] = ()

    @property
    def newest(self) -> SeenRun | None:
        """The run that the ledger recorded last, or None."""
        return max(self.runs.values(), key=lambda run: run.number, default=None)


@dataclass(frozen=True, slots=True)
class Loss:
    """The newest run seen in `ledger` that the opened ledger lacks, or holds with fewer claims."""

    ledger: str
    run: SeenRun
    held_claims: int | None  # None: the run itself is missing


def losses(witnesses: Iterable[Witness], recorded: Recorded) -> list[Loss]:
    """Return the losses that nobody accepted: at most one for each ledger id, that of the opened ledger first."""
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
    """Whether the loss was accepted. Accepting the loss of a run accepts the loss of all earlier runs."""
    return any(each.ledger == ledger and run.extent <= (each.number, each.claims) for each in recorded.acceptances)


def lost_ids(witnesses: Iterable[Witness], recorded: Recorded) -> frozenset[str]:
    """Return the ids of runs that the ledger lacks or holds with fewer claims, accepted or not."""
    return frozenset(run.id for witness in witnesses for run in _lost_runs(witness, recorded))


def updated(witness: Witness, seen: Iterable[SeenRun], *, forget: Collection[str] = frozenset()) -> Witness:
    """Return the witness after the runs in `seen`, which were read at one moment and include the newest run.

    Numbers of claims never fall. A new newest run was recorded after the last claim of every run that was over before,
    so any copy with the new run also holds those runs, and the witness drops them. It also drops the runs in `forget`,
    whose loss was accepted.
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
