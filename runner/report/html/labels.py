"""Labels of the pages: the kinds of firings with colour and mark, verdicts on requests, and exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FiringKind:
    """A kind of firing on a page: its key in the data, its name and its look.

    The tone is a colour (good, bad, doubt, late, plan, quiet); the mark shows the same without colour.
    """

    key: str
    name: str
    tone: str
    mark: str
    meaning: str

    def counted(self, count: int) -> str:
        """Return the name for a count: `goes out now`, or `go out now` for several."""
        return self.name if count == 1 else _OF_SEVERAL.get(self.name, self.name)


_OF_SEVERAL = {"goes out now": "go out now", "goes out now, again": "go out now, again", "waits": "wait"}


def _kinds(*rows: tuple[str, str, str, str, str]) -> dict[str, FiringKind]:
    return {row[0]: FiringKind(*row) for row in rows}


OUTCOMES = _kinds(
    ("in_doubt", "in doubt", "doubt", "?", "it may have been sent; a person has to check and resolve it"),
    ("failed", "failed", "bad", "✕", "it was certainly not sent"),
    ("expired", "expired", "late", "!", "its grace period ended, so it was not sent"),
    ("skipped", "skipped", "late", "–", "the run did not attempt it; it was not sent"),
    ("fired", "fired", "good", "✓", "it was sent"),
    ("would_fire", "would fire", "plan", "→", "a dry run: it was not sent"),
)
ACTIONS = _kinds(
    ("fire", "goes out now", "good", "→", "it is due and was never sent"),
    ("retry", "goes out now, again", "good", "↻", "earlier tries certainly did not send it"),
    ("in_doubt", "in doubt", "doubt", "?", "it may have been sent; blocked until a person resolves it"),
    ("duplicate", "duplicate", "bad", "✕", "the same payload was sent to the account under another id; blocked"),
    ("claimed", "being sent", "late", "…", "another run is sending it"),
    ("expired", "expired", "late", "!", "its grace period ended; it is never sent"),
    ("changed", "edited since", "late", "±", "the edit sends nothing; a higher revision would send it again"),
    ("wait", "waits", "plan", "◷", "it is due later, or held back by the budget of its account"),
    ("done", "sent before", "quiet", "✓", "it was sent, and has not changed"),
    ("disabled", "disabled", "quiet", "–", "it has enabled: false"),
)
# Firings with nothing to do, by the plan's action. Their names differ from those of the run's own outcomes.
_LEFT_NAMES = {"in_doubt": "in doubt before", "expired": "expired before", "wait": "not due yet", "claimed": "held"}
LEFT_ALONE = {
    action: FiringKind(f"left-{action}", _LEFT_NAMES.get(action, kind.name), kind.tone, kind.mark, kind.meaning)
    for action, kind in ACTIONS.items()
}
LEFT_ALONE["budget"] = FiringKind(
    "left-budget", "waiting for a budget", "plan", "◷", "it is due, but held back by the budget of its account"
)
REPORT_KINDS = {kind.key: kind for kind in [*OUTCOMES.values(), *LEFT_ALONE.values()]}

VERDICTS = {"yes": "sent", "no": "not sent", "unknown": "may have been sent"}

_EXITS = {
    0: "everything went well",
    1: "at least one firing failed or expired unsent, or the run was cut short after it had sent",
    4: "at least one firing is in doubt",
    5: "refused, or unable to send; no request was sent",
    129: "interrupted because its terminal closed",
    130: "interrupted by Ctrl-C",
    143: "interrupted by a signal to terminate",
}


def kind_of(result: dict[str, Any]) -> str:
    """Return the key of a result's kind: its outcome, or without outcome the plan's action."""
    if result["outcome"] is not None:
        return str(result["outcome"])
    return LEFT_ALONE["budget" if result.get("may_go_at") else result["action"]].key


def exit_meaning(code: int | None) -> str:
    """Return the meaning of an exit code."""
    if code is None:
        return "the run ended without recording a result; this page shows what the ledger holds"
    return _EXITS.get(code, "unknown")
