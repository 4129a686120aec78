"""The counts of a run's report: one count for each outcome, and for each kind of firing that the run left alone.

In: firings, listed in the report or not. Out: the part `summary` of the document. The formats take their counts from
it, because a report does not list all firings that were left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.fire.outcome import Outcome
from runner.plan.decide import Action

HELD_BACK = "held_back"  # of the firings left alone: due, and held back by a budget; not counted as `wait`
LEFT_ALONE = (*(action.value for action in Action), HELD_BACK)


def _no_outcomes() -> dict[str, int]:
    return {outcome.value: 0 for outcome in Outcome}


@dataclass(slots=True)
class RunSummary:
    """Counts firings, each with the action of the plan and its outcome; None for a firing that was left alone."""

    _outcomes: dict[str, int] = field(default_factory=_no_outcomes)
    _left_alone: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEFT_ALONE, 0))
    _accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    _held_back: int = 0
    _held_back_too_long: int = 0
    _bulletins_sent: int = 0
    _warnings: int = 0

    def add(
        self,
        account: str,
        action: str,
        outcome: str | None,
        *,
        is_held_back: bool = False,
        warnings: int = 0,
        bulletins_sent: int = 0,
        firings: int = 1,
    ) -> None:
        """Count `firings` firings of one kind in one account."""
        of_account = self._accounts.setdefault(account, {"selected": 0, **_no_outcomes()})
        of_account["selected"] += firings
        if outcome is None:
            self._left_alone[HELD_BACK if is_held_back else action] += firings
        else:
            self._outcomes[outcome] += firings
            of_account[outcome] += firings
        self._held_back += firings * is_held_back
        self._held_back_too_long += firings * (is_held_back and bool(warnings))
        self._bulletins_sent += bulletins_sent
        self._warnings += warnings

    def add_entry(self, entry: Mapping[str, Any]) -> None:
        """Count an entry of a report."""
        self.add(
            entry["account"],
            entry["action"],
            entry["outcome"],
            is_held_back=entry.get("may_go_at") is not None,
            warnings=len(entry["warnings"]),
            bulletins_sent=entry["bulletins_sent"] or 0,
        )

    def values(self) -> dict[str, Any]:
        """Return the part `summary` of the document."""
        return {
            "selected": sum(each["selected"] for each in self._accounts.values()),
            **self._outcomes,
            "left_alone": dict(self._left_alone),
            "not_due": self._left_alone[Action.WAIT],
            "done": self._left_alone[Action.DONE] + self._left_alone[Action.CHANGED],
            "held_back": self._held_back,
            "held_back_too_long": self._held_back_too_long,
            "bulletins_sent": self._bulletins_sent,
            "warnings": self._warnings,
            "accounts": {name: dict(self._accounts[name]) for name in sorted(self._accounts)},
        }


def unlisted_skipped(document: Mapping[str, Any]) -> int:
    """Return how many skipped firings a report counts and does not list: of a refused run, all but the first 50."""
    listed = sum(1 for each in document["results"] if each["outcome"] == Outcome.SKIPPED)
    return max(0, int(document["summary"]["skipped"]) - listed)


def unlisted(document: Mapping[str, Any]) -> int:
    """Return the number of firings that a report counts and does not list."""
    return max(0, int(document["summary"]["selected"]) - len(document["results"]))
