"""The selection options of a command, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.plan.select import Criterion


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection options of a command. `options` holds them by name, as they were given."""

    criteria: tuple[Criterion, ...] = ()
    changed_since: str | None = None
    options: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def is_whole_set(self) -> bool:
        """Whether no option narrows the set."""
        return not self.criteria and self.changed_since is None
