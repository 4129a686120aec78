"""The first sentences of a report's page: what happened, and what to do about it."""

from __future__ import annotations

from typing import Any

from runner.definitions.suggest import counted, listed
from runner.errors import Exit
from runner.fire.outcome import Outcome
from runner.report.counts import bulletins_of
from runner.report.html.labels import LEFT_ALONE, REPORT_KINDS, WARNED, FiringKind
from runner.report.vocabulary import OUTCOMES

_ALWAYS_SHOWN = ("fired", "failed", "in_doubt")


def tiles(document: dict[str, Any]) -> list[tuple[FiringKind, int]]:
    """Return the count of results of each kind: those that went out first, then by urgency."""
    counts = _counts(document)
    expected = () if document["run"]["dry_run"] else _ALWAYS_SHOWN
    kinds = sorted(REPORT_KINDS.values(), key=lambda kind: not (kind.key in OUTCOMES and OUTCOMES[kind.key].goes_out))
    found = [(kind, counts[kind.key]) for kind in kinds if counts[kind.key] or kind.key in expected]
    warned = sum(bool(result["warnings"]) for result in document["results"])
    return [*found, (WARNED, warned)] if warned else found


def _counts(document: dict[str, Any]) -> dict[str, int]:
    """Return the count of each kind; the report lists only some of the firings that were left alone."""
    summary = document["summary"]
    left_alone = {kind.key: summary["left_alone"][key] for key, kind in LEFT_ALONE.items()}
    return left_alone | {outcome.value: summary[outcome] for outcome in Outcome}


def happened(document: dict[str, Any]) -> str:
    """Return the sentence on what happened: `3 bulletins fired, 1 failed, 1 in doubt: look at it.`"""
    run, summary = document["run"], document["summary"]
    if run["dry_run"]:
        would = _bulletins_of(document, "would_fire")
        return f"Dry run: {would} would fire." if would else "Dry run: nothing would be sent."
    parts: list[str] = []
    for outcome in sorted(Outcome, key=lambda each: each is Outcome.IN_DOUBT):  # the sentence ends with what to look at
        if count := summary.get(outcome):
            parts.append(f"{f'{count:,}' if parts else _bulletins_of(document, outcome)} {OUTCOMES[outcome].label}")
    said = ", ".join(parts)
    if run["exit_code"] == Exit.REFUSED:
        return f"Refused, nothing was sent: {said}." if said else "Refused, nothing was sent."
    if not parts:
        return "Interrupted: nothing was sent." if run["interrupted"] else "Nothing to send."
    doubts = summary["in_doubt"] - sum(each.get("resolution") is not None for each in document["results"])
    look = f": look at {'it' if doubts == 1 else 'them'}." if doubts else "."
    return ("Interrupted: " if run["interrupted"] else "") + said + look


def _bulletins_of(document: dict[str, Any], outcome: str) -> str:
    """Count what has the outcome: `6 firings of 5 bulletins`; empty if nothing has."""
    ids = [result["id"] for result in document["results"] if result["outcome"] == outcome]
    count = document["summary"][outcome]
    if count > len(ids):
        return counted(count, "firing")
    return bulletins_of(ids) if ids else ""


def besides(document: dict[str, Any]) -> str:
    """Return sentences on what the API counted, on warnings, and on firings with nothing to do; empty without any."""
    summary = document["summary"]
    parts = []
    if summary["fired"]:
        parts.append(f"CleverTap counted {counted(summary['bulletins_sent'], 'bulletin')} sent.")
    if summary["warnings"]:
        parts.append(f"{counted(summary['warnings'], 'warning')}.")
    left = summary["left_alone"]
    names = [f"{left[key]:,} {kind.name}" for key, kind in LEFT_ALONE.items() if left[key]]
    if names:
        parts.append(f"Left alone: {listed(names)}.")
    return " ".join(parts)
