"""Report as text: lines for people, made only from the report document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.errors import Exit
from runner.fire.outcome import Outcome
from runner.plan.time_text import utc_text
from runner.report.document.alike_results import accounts_text, alike_results, more_text, names_text
from runner.report.document.budget_estimate import budget_allows_at
from runner.report.document.entry_text import reason_and_resolution
from runner.report.document.run_summary import HELD_BACK, unlisted_skipped
from runner.report.safe_text import printable
from runner.report.vocabulary import ACTIONS, OUTCOMES

_NAMED = 10  # firings named in the warning about expiry


def outcome_line(result: Mapping[str, Any]) -> str:
    """Return the line for a result with an outcome."""
    parts = [f"{OUTCOMES[result['outcome']].label:<10} {result['id']} {result['account']}"]
    if result["occurrence"] != "r1":
        parts[0] += f" {result['occurrence']}"
    if result["outcome"] == "fired":
        sent = result["bulletins_sent"]
        parts.append("bulletins sent: " + ("not said" if sent is None else str(sent)))
    if said := reason_and_resolution(result):
        parts.append(said)
    if result["latency_ms"] is not None:
        parts.append(f"{result['latency_ms']:.0f} ms" + (f", {result['tries']} tries" if result["tries"] > 1 else ""))
    parts += [f"warning: {warning}" for warning in result["warnings"]]
    return printable(" · ".join(parts))


def outcome_lines(document: Mapping[str, Any], *, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Return (outcome, line) for each result with an outcome.

    Unless `whole`, only the first few of those that are alike have lines; one more line counts the others.
    """
    hidden: set[int] = set()
    counts: dict[int, str] = {}  # by the number of the last result that is shown of a group
    for group in [] if whole else alike_results(document):
        if group.first.outcome is not None:
            hidden |= {each.number for each in group.instances} - {each.number for each in group.leading}
            counts[group.leading[-1].number] = more_text(group, group.leading)
    for number, each in enumerate(document["results"]):
        if each["outcome"] is None or number in hidden:
            continue
        yield each["outcome"], outcome_line(each)
        if more := counts.get(number):
            yield each["outcome"], more_line(each["outcome"], f"{more} (--verbose shows them)")
    if whole and (unlisted := unlisted_skipped(document)):
        yield Outcome.SKIPPED, more_line(Outcome.SKIPPED, f"{unlisted:,} more, for the same reason")


def more_line(outcome: str, text: str) -> str:
    """Return the line that counts the results of a group that have no line of their own."""
    return printable(f"{OUTCOMES[outcome].label:<10} {text}")


def news_lines(document: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    """Return (outcome, line) for each group of results that a person has to act on; outcome None for warnings.

    Firings that only wait for a budget need nobody.
    """
    for group in alike_results(document):
        first = group.first
        if first.outcome == Outcome.SKIPPED and first.entry.get("may_go_at"):
            continue
        kind = "warning" if first.outcome is None else OUTCOMES[first.outcome].label
        if group.count == 1 and first.outcome is not None:
            yield first.outcome, outcome_line(first.entry)
        else:
            said = " · ".join(filter(None, (accounts_text(group), first.text, names_text(group))))
            yield first.outcome, printable(f"{kind:<10} {said}")


def summary_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Return the summary: counts of outcomes, firings with nothing to do by reason, and warnings."""
    summary, run = document["summary"], document["run"]
    happened = ", ".join(f"{summary[each]:,} {OUTCOMES[each].label}" for each in Outcome if summary.get(each))
    if summary["fired"]:
        happened += f" (bulletins sent: {summary['bulletins_sent']:,})"
    quiet = ", ".join(_quiet(document))
    if run["dry_run"]:
        yield f"dry run, nothing was sent: {happened or 'nothing would be sent'}"
    elif run["exit_code"] == Exit.REFUSED:
        yield "refused, nothing was sent" + (f": {happened}" if happened else "")
    elif happened:
        yield ("interrupted: " if run["interrupted"] else "") + happened
    else:
        yield "interrupted: nothing was sent" if run["interrupted"] else "nothing to send"
    if run["exit_code"] is None:
        yield "the run ended without recording a result: firings that it was sending are in doubt"
    if quiet:
        yield f"left alone: {quiet}"
    yield from _too_late(document)
    if warnings := _of_sent(document):
        yield f"warnings about what was sent: {warnings:,}"
    if summary["in_doubt"] > sum(each.get("resolution") is not None for each in document["results"]):
        yield "look at what is in doubt with: bulletins status"


def _quiet(document: Mapping[str, Any]) -> Iterator[str]:
    counts = dict(document["summary"]["left_alone"])
    counts["expired"] -= sum(map(_would_be_reported, document["results"]))
    if counts[HELD_BACK]:
        left = [entry for entry in document["results"] if entry["outcome"] is None]
        yield f"{counts[HELD_BACK]:,} waiting for a budget, the first may go {_first_may_go(left, document['run'])}"
    for action, term in ACTIONS.items():
        if counts[action]:
            yield f"{counts[action]:,} {term.left_label}{f' ({term.left_hint})' if term.left_hint else ''}"


def _first_may_go(left: list[Mapping[str, Any]], run: Mapping[str, Any]) -> str:
    """Return when the budget first lets one of the firings go; without the date if that is today."""
    said = utc_text(min(filter(None, map(budget_allows_at, left))))
    day, _, time = said.partition("T")
    return time if run["finished_at"].startswith(day) else said


def _would_be_reported(entry: Mapping[str, Any]) -> bool:
    """Report whether a real run would report this entry of a dry run as expired."""
    return entry["action"] == "expired" and entry["outcome"] is None and bool(entry["warnings"])


def _of_sent(document: Mapping[str, Any]) -> int:
    return sum(group.count for group in alike_results(document) if group.first.outcome is None)


def _too_late(document: Mapping[str, Any]) -> Iterator[str]:
    reported = sum(map(_would_be_reported, document["results"]))
    if reported:
        yield f"would be reported as expired: {reported:,}"
    if late := document["summary"]["held_back_too_long"]:
        ids = [each["id"] for each in document["results"] if each.get("may_go_at") and each["warnings"]][:_NAMED]
        more = f"{late - len(ids):,} more" if late > len(ids) else ""
        names = " and ".join(filter(None, (", ".join(ids), more)))
        yield printable(f"warning: {late:,} will expire before the budget has room for them: {names}")
