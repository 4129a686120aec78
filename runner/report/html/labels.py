"""What the pages call things: the kinds of firings, each with a tone and a mark; verdicts and exits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of firing on a page: its key in the data, its name, and how it looks.

    The tone is a colour (good, bad, doubt, late, plan, quiet); the mark says the same without one.
    """

    key: str
    name: str
    tone: str
    mark: str
    meaning: str

    def counted(self, count: int) -> str:
        """The name beside a number: `goes out now`, and of several `go out now`."""
        return self.name if count == 1 else _OF_SEVERAL.get(self.name, self.name)


_OF_SEVERAL = {"goes out now": "go out now", "goes out now, again": "go out now, again", "waits": "wait"}


def _kinds(*rows: tuple[str, str, str, str, str]) -> dict[str, Kind]:
    return {row[0]: Kind(*row) for row in rows}


OUTCOMES = _kinds(
    ("in_doubt", "in doubt", "doubt", "?", "it may have been sent; a person has to look and settle it"),
    ("failed", "failed", "bad", "✕", "it was certainly not sent"),
    ("expired", "expired", "late", "!", "its grace ran out, so it was not sent"),
    ("skipped", "skipped", "late", "–", "the run did not get to it; it was not sent"),
    ("fired", "fired", "good", "✓", "it was sent"),
    ("would_fire", "would fire", "plan", "→", "a dry run: it was not sent"),
)
ACTIONS = _kinds(
    ("fire", "goes out now", "good", "→", "it is due and was never sent"),
    ("retry", "goes out now, again", "good", "↻", "earlier tries certainly did not send it"),
    ("in_doubt", "in doubt", "doubt", "?", "it may have been sent; blocked until a person settles it"),
    ("duplicate", "duplicate", "bad", "✕", "the same payload went to the account under another id; blocked"),
    ("claimed", "being sent", "late", "…", "another run is sending it"),
    ("expired", "expired", "late", "!", "its grace ran out; it is never sent"),
    ("changed", "edited since", "late", "±", "the edit sends nothing; a raised revision would"),
    ("wait", "waits", "plan", "◷", "it is due later, or the budget of its account lets it go later"),
    ("done", "sent before", "quiet", "✓", "it was sent, and has not changed"),
    ("disabled", "disabled", "quiet", "–", "it says enabled: false"),
)
# What a run left alone, by the plan's action: not to be mixed up with what it did itself.
_LEFT_NAMES = {"in_doubt": "in doubt before", "expired": "expired before", "wait": "not due yet", "claimed": "held"}
LEFT_ALONE = {
    action: Kind(f"left-{action}", _LEFT_NAMES.get(action, kind.name), kind.tone, kind.mark, kind.meaning)
    for action, kind in ACTIONS.items()
}
LEFT_ALONE["budget"] = Kind(
    "left-budget", "waiting for a budget", "plan", "◷", "it is due, and the budget of its account lets it go later"
)
REPORT_KINDS = {kind.key: kind for kind in [*OUTCOMES.values(), *LEFT_ALONE.values()]}

VERDICTS = {"yes": "sent", "no": "not sent", "unknown": "may have been sent"}

_EXITS = {
    0: "all well",
    1: "at least one firing failed for certain, or expired unsent, or the run was cut short after it had sent",
    4: "at least one firing ended in doubt",
    5: "refused, or unable to send; no request has left",
    129: "interrupted because its terminal closed",
    130: "interrupted by Ctrl-C",
    143: "terminated",
}


def kind_of(result: dict[str, Any]) -> str:
    """The key of a result's kind: its outcome, or what the plan said where it has none."""
    if result["outcome"] is not None:
        return str(result["outcome"])
    return LEFT_ALONE["budget" if result.get("may_go_at") else result["action"]].key


def exit_meaning(code: int | None) -> str:
    """What the exit code says."""
    if code is None:
        return "the run ended without a word; this is what its ledger knows"
    return _EXITS.get(code, "unknown")


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""
