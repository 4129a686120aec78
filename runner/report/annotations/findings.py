"""Build findings: remarks at a line of a file, for formats that annotate lines.

In: problems, a plan's document or a report's document. Out: findings, each with a message and a help of one safe, short
line. Firings of one bulletin that differ only in their account share a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import EXPLANATIONS, Explanation
from runner.definitions.tables.row_line import RowLine, row_place
from runner.plan.compare import MOVES
from runner.report.counts import counted
from runner.report.document.budget_estimate import expires_first
from runner.report.safe_text import printable

_MAX_TEXT = 1000  # characters of a message or a help, as for problems


class Level(StrEnum):
    """How much a finding matters, most first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class AnnotationRule(StrEnum):
    """The kind of a finding, in addition to the codes of problems."""

    SENDS_NOW = "sends-now"
    SENDS_AGAIN = "sends-again"
    ACCOUNT_MOVES = "account-moves"
    EDITED_AFTER_SENDING = "edited-after-sending"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    IN_DOUBT = "in-doubt"
    FAILED = "failed"
    SKIPPED = "skipped"
    SENT_ODDLY = "sent-oddly"
    EVENT_TIME = "event-time"


# Every rule of findings with its explanation: the codes of problems, and the rules for plans and reports.
RULES: Mapping[str, Explanation] = {
    **{code.value: explanation for code, explanation in EXPLANATIONS.items()},
    AnnotationRule.SENDS_NOW.value: Explanation(
        "a bulletin that the change adds or edits is sent by the next run",
        "What was sent can't be called back: this is the last moment to check it.",
        "",
        "",
    ),
    AnnotationRule.SENDS_AGAIN.value: Explanation(
        "a bulletin under a new id would be sent again",
        "The ledger knows bulletins by id. The same payload under another id is another bulletin: people get it twice.",
        "- id: episode-12  # it was sent as sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12",
    ),
    AnnotationRule.ACCOUNT_MOVES.value: Explanation(
        "an account's bulletins would reach other people",
        "The account's region, address or id changes, so every bulletin of the account reaches other people.",
        "",
        "",
    ),
    AnnotationRule.EDITED_AFTER_SENDING.value: Explanation(
        "a bulletin that was sent has been edited since",
        "The edit sends nothing. Raising revision is the only way to send it again.",
        "",
        "",
    ),
    AnnotationRule.DUPLICATE.value: Explanation(
        "the same payload was or will be sent to the same account under another id",
        "People would get the message twice, so it is blocked unless the bulletin has allow_duplicate: true.",
        "",
        "",
    ),
    AnnotationRule.EXPIRED.value: Explanation(
        "a bulletin was not sent during its grace period, and never will be",
        "A message that comes too late may be worse than none. To send it anyway, give it a later time.",
        "",
        "",
    ),
    AnnotationRule.IN_DOUBT.value: Explanation(
        "a bulletin may or may not have been sent",
        "The API can't answer whether it was sent. A person can see this in the dashboard's activity log, and decides"
        " with bulletins resolve. Until then the bulletin is blocked.",
        "",
        "",
    ),
    AnnotationRule.FAILED.value: Explanation(
        "a bulletin was certainly not sent",
        "The API refused it or could not be reached. The next run tries again during its grace period.",
        "",
        "",
    ),
    AnnotationRule.SKIPPED.value: Explanation(
        "a bulletin was due and was not attempted",
        "The run stopped sending to its account, or ended too early. The next run sends it during its grace period.",
        "",
        "",
    ),
    AnnotationRule.SENT_ODDLY.value: Explanation(
        "a bulletin was sent, but the answer is unusual",
        "The API accepted it, but maybe nobody got it: check the campaign that the business event triggers.",
        "",
        "",
    ),
    AnnotationRule.EVENT_TIME.value: Explanation(
        "`when` is far from the time at which the bulletin is sent",
        "CleverTap refuses user events older than 2 hours or more than 2 minutes ahead. It may do so here.",
        "when: 1796130000  # the schedule is two days later",
        "when: now",
    ),
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at a line. `subject` is what it is about, independent of the line.

    `row` is the table's row that it is about, if the entry at the line makes many bulletins.
    """

    level: Level
    rule: str
    message: str
    file: str
    line: int
    column: int | None = None
    help: str = ""
    subject: str = ""
    row: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _short(self.message))
        object.__setattr__(self, "help", _short(self.help))

    @property
    def text(self) -> str:
        """Return message and help as one line."""
        if not self.help:
            return self.message
        return f"{self.message}; {self.help}" if self.message.endswith(".") else f"{self.message}. {self.help}"

    @property
    def row_place(self) -> RowLine | None:
        """Return the place of its row, if it has a row with a place in a file."""
        return row_place(self.row, self.file)


def from_problems(problems: Iterable[Problem]) -> list[Annotation]:
    """Return an error for each problem of the definitions."""
    return [
        Annotation(
            Level.ERROR,
            problem.code.value,
            problem.message,
            problem.file,
            problem.line,
            problem.column,
            problem.help,
            subject=problem.source.strip() or problem.message,
            row=problem.row,
        )
        for problem in problems
    ]


def from_plan(document: Mapping[str, Any]) -> list[Annotation]:
    """Return what a reviewer must see: blocked firings, and changed bulletins that are sent, sent again or never sent.

    Without a comparison, every firing that was edited after sending or has expired counts as changed.
    """
    changes = document["changes"]
    touched = None if changes is None else {change["id"] for change in changes["bulletins"]}
    found = [] if changes is None else [*_account_moves(changes["accounts"]), *_renames(changes["bulletins"])]
    return found + _folded(_of_plan(document["firings"], touched))


def from_report(document: Mapping[str, Any]) -> list[Annotation]:
    """Return the firings of a run that were not sent as they should be, and those sent with a warning."""
    return _folded(_of_report(document["results"]))


def by_severity(findings: Iterable[Annotation]) -> list[Annotation]:
    """Sort into errors, warnings and notes; within a level, the order stays."""
    order = list(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))


def tally(findings: Iterable[Annotation]) -> str:
    """Count findings by level: `2 errors, 1 warning`; without any, `nothing found`."""
    levels = [finding.level for finding in findings]
    counts = [counted(levels.count(level), level.value) for level in Level if level in levels]
    return ", ".join(counts) or "nothing found"


def label(entry: Mapping[str, Any]) -> str:
    """Return a firing's id, with its occurrence unless that is `r1`."""
    return entry["id"] if entry["occurrence"] == "r1" else f"{entry['id']} {entry['occurrence']}"


def place(entry: Mapping[str, Any]) -> str:
    """Return the place of a document's entry: `shows.yaml:3`, with its row if it has one: `, shows.csv:17`."""
    row = entry.get("row")
    return f"{entry['file']}:{entry['line']}" + (f", {row}" if row else "")


@dataclass(frozen=True, slots=True)
class _Said:
    """A remark about one firing; the message is its label, its accounts and `text`."""

    level: Level
    rule: AnnotationRule
    entry: Mapping[str, Any]
    text: str
    help: str = ""


def _of_plan(firings: Iterable[Mapping[str, Any]], touched: set[str] | None) -> Iterator[_Said]:
    for firing in firings:
        is_touched = touched is None or firing["id"] in touched
        for warning in firing.get("warnings", ()) if is_touched else ():
            yield _Said(Level.WARNING, AnnotationRule.EVENT_TIME, firing, f"may be refused: {warning}")
        reason = firing["reason"]
        match firing["action"]:
            case "in_doubt":
                yield _Said(Level.WARNING, AnnotationRule.IN_DOUBT, firing, f"is in doubt: {reason}")
            case "duplicate":
                yield _Said(Level.WARNING, AnnotationRule.DUPLICATE, firing, f"is blocked as a duplicate: {reason}")
            case "changed" if is_touched:
                yield _Said(Level.WARNING, AnnotationRule.EDITED_AFTER_SENDING, firing, f"is not sent again: {reason}")
            case "wait" if expires_first(firing):
                yield _Said(Level.WARNING, AnnotationRule.EXPIRED, firing, f"is held back: {reason}")
            case "expired" if is_touched:
                yield _Said(Level.WARNING, AnnotationRule.EXPIRED, firing, f"is too late and never sent: {reason}")
            case "fire" | "retry" if touched is not None and is_touched:
                yield _Said(Level.NOTE, AnnotationRule.SENDS_NOW, firing, f"goes out as soon as fire runs: {reason}")


def _of_report(results: Iterable[Mapping[str, Any]]) -> Iterator[_Said]:
    for result in results:
        reason = result["reason"] or result["error"] or "no reason is known"
        match result["outcome"]:
            case "failed":
                yield _Said(Level.ERROR, AnnotationRule.FAILED, result, f"was not sent: {reason}")
            case "in_doubt":
                settle = "Look for it in the dashboard's activity log, and decide with bulletins resolve."
                yield _Said(Level.ERROR, AnnotationRule.IN_DOUBT, result, f"may have been sent: {reason}", settle)
            case "expired":
                yield _Said(
                    Level.ERROR, AnnotationRule.EXPIRED, result, f"was not sent in time and never will be: {reason}"
                )
            case "skipped" if result.get("may_go_at") is None:  # a firing held back by a budget is normal
                yield _Said(Level.WARNING, AnnotationRule.SKIPPED, result, f"was skipped: {reason}")
        if result.get("may_go_at") is not None and result["warnings"]:
            yield _Said(Level.WARNING, AnnotationRule.EXPIRED, result, f"is held back: {reason}")
        for warning in result["warnings"] if result["outcome"] == "fired" else ():
            yield _Said(Level.WARNING, AnnotationRule.SENT_ODDLY, result, f"was sent, but {warning}")


def _folded(said: Iterable[_Said]) -> list[Annotation]:
    """Make one finding for all accounts of a bulletin with the same text."""
    accounts: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], _Said] = {}
    for each in said:
        entry = each.entry
        key = (each.rule, entry["file"], entry["line"], label(entry), each.text)
        accounts.setdefault(key, []).append(entry["account"])
        first.setdefault(key, each)
    return [_finding(each, ", ".join(accounts[key])) for key, each in first.items()]


def _finding(said: _Said, accounts: str) -> Annotation:
    entry, about = said.entry, f"{label(said.entry)} in {accounts}"
    message = f"{about} {said.text}"
    row = entry.get("row", "")
    return Annotation(
        said.level, said.rule, message, entry["file"], entry["line"], help=said.help, subject=about, row=row
    )


def _renames(changes: Iterable[Mapping[str, Any]]) -> Iterator[Annotation]:
    for change in changes:
        if change["warning"] is not None:
            message = f"{change['id']}: {change['warning']}"
            help_text = f"Keep the id {change['was']}." if change["was"] else ""
            found = Annotation(
                Level.WARNING, AnnotationRule.SENDS_AGAIN, message, change["file"], change["line"], help=help_text
            )
            yield replace(found, subject=change["id"], row=change.get("row", ""))


def _account_moves(changes: Iterable[Mapping[str, Any]]) -> Iterator[Annotation]:
    for change in changes:
        moves = [each for each in change["fields"] if each["field"] in MOVES]
        if change["kind"] != "changed" or not moves or change["file"] is None or change["line"] is None:
            continue
        fields = ", ".join(f"{each['field']} {each['old'] or 'nothing'} → {each['new'] or 'nothing'}" for each in moves)
        reach = f"{counted(change['bulletins'], 'bulletin')} would go there"
        message = f"account {change['name']}: {fields}; {reach}"
        found = Annotation(Level.WARNING, AnnotationRule.ACCOUNT_MOVES, message, change["file"], change["line"])
        yield replace(found, subject=change["name"])


def _short(text: str) -> str:
    return printable(text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…")
