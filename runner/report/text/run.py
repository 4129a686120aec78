"""Report as text: lines for people, made only from the report document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from runner.fire.outcome import Outcome
from runner.plan.time_text import utc_text
from runner.report.document.budget_estimate import budget_allows_at
from runner.report.document.entry_text import reason_and_resolution
from runner.report.document.repeated_bulletins import bulletin_of
from runner.report.document.run_summary import HELD_BACK, unlisted_skipped
from runner.report.safe_text import printable
from runner.report.vocabulary import ACTIONS, OUTCOMES

_TIMES = 3  # expired occurrences of a bulletin that have a line of their own
_NAMED = 10  # firings named in the warning about expiry


def outcome_line(result: dict[str, Any]) -> str:
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


def outcome_lines(results: Iterable[dict[str, Any]], *, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Return (outcome, line) for each result with an outcome.

    Unless `whole`, only the first few expired occurrences of a bulletin have lines; one more line counts the others.
    """
    with_outcome = [result for result in results if result["outcome"] is not None]
    times: dict[tuple[str, str], list[str]] = {}
    for each in with_outcome:
        if each["outcome"] == "expired":
            times.setdefault(bulletin_of(each), []).append(each["occurrence"])
    seen: Counter[tuple[str, str]] = Counter()
    for each in with_outcome:
        expired = times[bulletin_of(each)] if each["outcome"] == "expired" else []
        seen[bulletin_of(each)] += bool(expired)
        if whole or len(expired) < _TIMES + 2 or seen[bulletin_of(each)] <= _TIMES:
            yield each["outcome"], outcome_line(each)
        elif seen[bulletin_of(each)] == len(expired):
            account, bulletin = bulletin_of(each)
            yield each["outcome"], f"{more_expired_line(account, bulletin, expired[_TIMES:])} (--verbose shows them)"


def unlisted_line(document: dict[str, Any]) -> str:
    """Return the line that counts the firings with an outcome that the report does not list; empty if it lists all."""
    more = unlisted_skipped(document)
    return f"{OUTCOMES[Outcome.SKIPPED].label:<10} {more:,} more, for the same reason" if more else ""


def more_expired_line(account: str, bulletin: str, occurrences: Sequence[str]) -> str:
    """Return the line that counts the expired occurrences of a bulletin without a line of their own."""
    first, last = occurrences[0], occurrences[-1]
    return printable(f"{'expired':<10} {bulletin} {account} · {len(occurrences):,} more, from {first} to {last}")


def summary_lines(document: dict[str, Any]) -> Iterator[str]:
    """Return the summary: counts of outcomes, firings with nothing to do by reason, and warnings."""
    summary, run = document["summary"], document["run"]
    happened = ", ".join(f"{summary[each]:,} {OUTCOMES[each].label}" for each in Outcome if summary.get(each))
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
        yield "the run ended without recording a result: firings that it was sending are in doubt"
    if quiet:
        yield f"left alone: {quiet}"
    yield from _too_late(document)
    if summary["in_doubt"] > sum(each.get("resolution") is not None for each in document["results"]):
        yield "look at what is in doubt with: bulletins status"


def _quiet(document: dict[str, Any]) -> Iterator[str]:
    counts = dict(document["summary"]["left_alone"])
    counts["expired"] -= sum(map(_would_be_reported, document["results"]))
    if counts[HELD_BACK]:
        left = [entry for entry in document["results"] if entry["outcome"] is None]
        yield f"{counts[HELD_BACK]:,} waiting for a budget, the first may go {_first_may_go(left, document['run'])}"
    for action, term in ACTIONS.items():
        if counts[action]:
            yield f"{counts[action]:,} {term.left_label}{f' ({term.left_hint})' if term.left_hint else ''}"


def _first_may_go(left: list[dict[str, Any]], run: dict[str, Any]) -> str:
    """Return when the budget first lets one of the firings go; without the date if that is today."""
    said = utc_text(min(filter(None, map(budget_allows_at, left))))
    day, _, time = said.partition("T")
    return time if run["finished_at"].startswith(day) else said


def _would_be_reported(entry: dict[str, Any]) -> bool:
    """Report whether a real run would report this entry of a dry run as expired."""
    return entry["action"] == "expired" and entry["outcome"] is None and bool(entry["warnings"])


def _too_late(document: dict[str, Any]) -> Iterator[str]:
    reported = sum(map(_would_be_reported, document["results"]))
    if reported:
        yield f"would be reported as expired: {reported:,}"
    if late := document["summary"]["held_back_too_long"]:
        ids = [each["id"] for each in document["results"] if each.get("may_go_at") and each["warnings"]][:_NAMED]
        more = f"{late - len(ids):,} more" if late > len(ids) else ""
        names = " and ".join(filter(None, (", ".join(ids), more)))
        yield printable(f"warning: {late:,} will expire before the budget has room for them: {names}")
