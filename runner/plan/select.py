"""Selection: which firings of a set a command works on, by options such as `--tag` and `--exclude-tag`. Pure.

In: the firings of a set and the criteria of the command line. Out: the selected firings, or a UserError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from runner.definitions.row_reference import RowLine
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
    criteria = tuple(criteria)
    selected = [firing for firing in firings if all(criterion.accepts(firing) for criterion in criteria)]
    if criteria and not selected:
        raise UserError(
            ErrorCode.NO_MATCH,
            f"no bulletin matches {' '.join(map(str, criteria))}",
            help="Check the spelling. A bulletin must meet all of these options.",
            exit_code=Exit.USAGE,
        )
    return selected


def up_to(plan: Plan, until: datetime) -> tuple[Plan, int]:
    """Return the plan without steps that are due after `until`, and the number of steps left out.

    Only steps with the action `wait` are left out. Steps with any other action have already been decided.
    """
    kept = tuple(step for step in plan.steps if not _is_due_after(step, until))
    return replace(plan, steps=kept), len(plan.steps) - len(kept)


def _is_due_after(step: Step, until: datetime) -> bool:
    due_at = step.firing.occurrence.due_at
    return step.action is Action.WAIT and due_at is not None and due_at > until
