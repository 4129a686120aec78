"""The kinds of firings on a page: a tile, a filter and a badge each. Made from the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.report.document.run_summary import HELD_BACK
from runner.report.vocabulary import ACTIONS, OUTCOMES


@dataclass(frozen=True, slots=True)
class FiringKind:
    """A kind of firing on a page: its key in the data, its name for one and for several, and its look."""

    key: str
    name: str
    tone: str
    mark: str
    meaning: str
    plural: str = ""

    def counted(self, count: int) -> str:
        """Return the name for a count: `goes out now`, or `go out now` for several."""
        return self.name if count == 1 else self.plural or self.name


OUTCOME_KINDS = {
    key: FiringKind(key, term.label, term.tone.value, term.mark, term.meaning) for key, term in OUTCOMES.items()
}
ACTION_KINDS = {
    key: FiringKind(key, term.page_label, term.tone.value, term.mark, term.meaning, term.page_plural)
    for key, term in ACTIONS.items()
}
# Firings that a run left alone, by the plan's action. Their names differ from those of the run's own outcomes.
LEFT_ALONE = {
    key: FiringKind(f"left-{key}", term.left_label, term.tone.value, term.mark, term.meaning)
    for key, term in ACTIONS.items()
}
LEFT_ALONE[HELD_BACK] = FiringKind(
    "left-budget", "waiting for a budget", "plan", "◷", "it is due, but held back by the budget of its account"
)
REPORT_KINDS = {kind.key: kind for kind in [*OUTCOME_KINDS.values(), *LEFT_ALONE.values()]}
# Results with a warning, whatever their kind: a tile and a filter in addition.
WARNED = FiringKind("warned", "with a warning", "late", "!", "something about it is unusual, such as sent to nobody")


def kind_of(result: dict[str, Any]) -> str:
    """Return the key of a result's kind: its outcome, or without outcome the plan's action."""
    if result["outcome"] is not None:
        return str(result["outcome"])
    return LEFT_ALONE[HELD_BACK if result.get("may_go_at") else result["action"]].key
