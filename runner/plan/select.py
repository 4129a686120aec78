"""Selection: which firings of a set a command works on, by options such as `--tag` and `--exclude-tag`. Pure.

In: the firings of a set and the criteria of the command line. Out: the selected firings, or a UserError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from runner.definitions.row_reference import RowLine
from runner.definitions.suggest import did_you_mean
from runner.errors import ErrorCode, Exit, UserError
from runner.plan.decide import Action, Plan, Step
from runner.plan.firing import Firing
from runner.plan.review.compare import Comparison

KINDS = ("id", "tag", "event", "account", "file")


class Selector(Protocol):
    """Accepts or rejects firings. Its text is the command-line option that made it."""

    def accepts(self, firing: Firing) -> bool:
        """Whether the firing may stay."""
        ...


@dataclass(frozen=True, slots=True)
class Criterion:
    """One option of the given kind. A firing meets it by any of `values`; `excludes` accepts all other firings."""

    kind: str
    values: tuple[str, ...]
    excludes: bool = False

    def accepts(self, firing: Firing) -> bool:
        """Whether the firing may stay."""
        return self._meets(firing) is not self.excludes

    def names(self, firing: Firing) -> Iterable[str]:
        """Return the names of the firing of this kind."""
        match self.kind:
            case "id":
                return [firing.bulletin.id]
            case "file":
                return [firing.bulletin.place.file]
            case "tag":
                return firing.bulletin.tags
            case "event":
                return [firing.bulletin.business_event]
            case _:
                return [firing.key.account]

    def _meets(self, firing: Firing) -> bool:
        bulletin = firing.bulletin
        match self.kind:
            case "id":
                return any(fnmatchcase(bulletin.id, glob) for glob in self.values)
            case "file":
                place = bulletin.place
                files = {place.file, place.row.file if isinstance(place.row, RowLine) else place.file}
                return any(fnmatchcase(file, glob) for file in files for glob in self.values)
            case "tag":
                return not set(bulletin.tags).isdisjoint(self.values)
            case "event":
                return bulletin.business_event in self.values
            case _:
                return firing.key.account in self.values

    def __str__(self) -> str:
        option = f"--exclude-{self.kind}" if self.excludes else f"--{self.kind}"
        return " ".join(f"{option} {value}" for value in self.values)


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """The option --changed-since: firings that changed since the git ref `ref`."""

    ref: str
    comparison: Comparison

    def accepts(self, firing: Firing) -> bool:
        """Whether the firing may stay."""
        return self.comparison.touched(firing.key)

    def __str__(self) -> str:
        return f"--changed-since {self.ref}"


def select(firings: Iterable[Firing], criteria: Iterable[Selector]) -> list[Firing]:
    """Return the firings that every criterion accepts. Raises UserError if there are criteria and no firing is left."""
    firings, criteria = tuple(firings), tuple(criteria)
    selected = [firing for firing in firings if all(criterion.accepts(firing) for criterion in criteria)]
    if criteria and not selected:
        raise UserError(
            ErrorCode.NO_MATCH,
            f"no bulletin matches {' '.join(map(str, criteria))}",
            help=_meant(firings, criteria) or "Check the spelling. A bulletin must meet all of these options.",
            exit_code=Exit.USAGE,
        )
    return selected


def _meant(firings: Sequence[Firing], criteria: Sequence[Selector]) -> str:
    """Return the similar names of the set for values that no firing has; empty if there are none."""
    found = []
    for criterion in criteria:
        if isinstance(criterion, Criterion) and not criterion.excludes:
            known = sorted({name for firing in firings for name in criterion.names(firing)})
            found += [did_you_mean(value, known) for value in criterion.values if value not in known]
    return " ".join(filter(None, found))


def up_to(plan: Plan, until: datetime) -> tuple[Plan, int]:
    """Return the plan without steps that are due after `until`, and the number of steps left out.

    Only steps with the action `wait` are left out. Steps with any other action have already been decided.
    """
    kept = tuple(step for step in plan.steps if not _is_due_after(step, until))
    return replace(plan, steps=kept), len(plan.steps) - len(kept)


def _is_due_after(step: Step, until: datetime) -> bool:
    due_at = step.firing.occurrence.due_at
    return step.action is Action.WAIT and due_at is not None and due_at > until
