"""The report's document → lines for people. Made from the document and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.report.plain import plain

OUTCOME_COLOURS = {
    "fired": "green",
    "failed": "red",
    "in_doubt": "red",
    "expired": "yellow",
    "skipped": "yellow",
    "would_fire": "green",
}
_OUTCOME_NAMES = {"in_doubt": "in doubt", "would_fire": "would fire"}


def outcome_name(outcome: str) -> str:
    """An outcome as people say it."""
    return _OUTCOME_NAMES.get(outcome, outcome)


def outcome_line(result: dict[str, Any]) -> str:
    """One line for one result that has an outcome."""
    parts = [f"{outcome_name(result['outcome']):<10} {result['id']} {result['account']}"]
    if result["occurrence"] != "r1":
        parts[0] += f" {result['occurrence']}"
    if result["outcome"] == "fired":
        sent = result["bulletins_sent"]
        parts.append("bulletins sent: " + ("not said" if sent is None else str(sent)))
    if result["reason"]:
        parts.append(result["reason"])
    if result["latency_ms"] is not None:
        parts.append(f"{result['latency_ms']:.0f} ms" + (f", {result['tries']} tries" if result["tries"] > 1 else ""))
    parts += [f"warning: {warning}" for warning in result["warnings"]]
    return plain(" · ".join(parts))


def summary_lines(document: dict[str, Any]) -> Iterator[str]:
    """What happened altogether, and what did not and why."""
    summary, run = document["summary"], document["run"]
    shown = [name for name in OUTCOME_COLOURS if summary[name]]
    happened = ", ".join(f"{summary[name]:,} {outcome_name(name)}" for name in shown)
    if summary["fired"]:
        happened += f" (bulletins sent: {summary['bulletins_sent']:,})"
    quiet = ", ".join(_quiet(document))
    if run["dry_run"]:
        yield f"dry run, nothing was sent: {happened or 'nothing would be sent'}"
    elif happened:
        yield ("interrupted: " if run["interrupted"] else "") + happened
    else:
        yield "interrupted: nothing was sent" if run["interrupted"] else "nothing to send"
    if run["exit_code"] is None:
        yield "the run ended without a word: what it held is in doubt"
    if quiet:
        yield f"left alone: {quiet}"
    if summary["in_doubt"]:
        yield "look at what is in doubt with: bulletins status"


def _quiet(document: dict[str, Any]) -> Iterator[str]:
    names = {
        "wait": "not due yet",
        "done": "sent before",
        "changed": "sent before and edited since (raise revision to send again)",
        "duplicate": "blocked as duplicates",
        "in_doubt": "in doubt (bulletins status)",
        "claimed": "held by another run",
        "expired": "expired",
        "disabled": "disabled",
    }
    for action, name in names.items():
        entries = document["results"]
        count = sum(entry["action"] == action and entry["outcome"] is None for entry in entries)
        if count:
            yield f"{count:,} {name}"
