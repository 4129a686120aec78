"""Selection and exclusion: which firings of a set a command is about, and up to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from runner.definitions.tables.row_line import row_place
from runner.errors import Exit, UserError
from runner.plan.compare import Comparison
from runner.plan.decide import Action, Plan, Step
from runner.plan.firing import Firing

KINDS = ("id", "tag", "event", "account", "file")


class Selector(Protocol):
    """What accepts firings, and says as text which option it is."""

    def accepts(self, firing: Firing) -> bool:
        """Whether the firing may stay."""
        ...


@dataclass(frozen=True, slots=True)
class Criterion:
    """One option: a firing meets it by one of `values`, of the kind `kind`; excluding ones turn it round."""

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
                row = row_place(bulletin.place.row, bulletin.place.file)
                files = {bulletin.place.file, row.file if row else bulletin.place.file}
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
    """The option --changed-since: firings that are not what they were at `ref`."""

    ref: str
    comparison: Comparison

    def accepts(self, firing: Firing) -> bool:
        """Whether the firing may stay."""
        return self.comparison.touched(firing.key)

    def __str__(self) -> str:
        return f"--changed-since {self.ref}"


def select(firings: Iterable[Firing], criteria: Iterable[Selector]) -> list[Firing]:
    """The firings that every criterion accepts. Raises UserError where criteria leave none."""
    criteria = tuple(criteria)
    selected = [firing for firing in firings if all(criterion.accepts(firing) for criterion in criteria)]
    if criteria and not selected:
        raise UserError(
            f"the selection matches nothing: {' '.join(map(str, criteria))}",
            help="Look for a misspelt name or glob; options of different kinds must all be met.",
            exit_code=Exit.USAGE,
        )
    return selected


def up_to(plan: Plan, until: datetime) -> tuple[Plan, int]:
    """The plan without what is due after `until`, and how many firings that leaves out.

    Only what waits for its time is left out: all else has a story already.
    """
    kept = tuple(step for step in plan.steps if not _comes_after(step, until))
    return replace(plan, steps=kept), len(plan.steps) - len(kept)


def _comes_after(step: Step, until: datetime) -> bool:
    due_at = step.firing.occurrence.due_at
    return step.action is Action.WAIT and due_at is not None and due_at > until
