"""Build the annotations of definitions, of a plan and of a run. Formats that annotate lines show them.

In: problems, a plan's document or a report's document. Out: annotations. What is alike shares one: the rows with one
problem, the bulletins of a template, and the firings that ended in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.alike_group import AlikeGroup, fold
from runner.definitions.problem import Problem, further_rows
from runner.definitions.problem_codes import Severity
from runner.definitions.row_reference import RowLine, RowReference, row_of_document
from runner.definitions.suggest import counted, listed
from runner.fixed_text import fixed_text
from runner.plan.review.compare import MOVES
from runner.report.alike_problems import alike_problems
from runner.report.annotation_rules import AnnotationRule
from runner.report.annotations.annotation import Annotation, OtherPlace
from runner.report.document.budget_estimate import expires_first
from runner.report.document.entry_text import label, own_values
from runner.report.document.problem_entries import definition_warnings
from runner.report.terms import Firings, Remark
from runner.report.vocabulary import ACTIONS, EXPIRES_HELD_BACK, OUTCOMES


def from_problems(problems: Iterable[Problem], *, whole: bool = False) -> list[Annotation]:
    """Return an annotation for each problem of the definitions, and for all warnings of one code in one file.

    `whole`: an annotation for each warning, and for each row of a problem about rows.
    """
    groups = alike_problems(problems, whole=whole)
    return [found for group in groups for found in _of_problems(group, whole=whole)]


def _of_problems(group: AlikeGroup[Problem], *, whole: bool) -> Iterator[Annotation]:
    problem = group.first
    found = Annotation(
        problem.severity,
        problem.code.value,
        problem.message,
        problem.file,
        problem.line,
        problem.column,
        problem.help,
        subject=problem.source.strip() or problem.message,
        row=problem.row,
    )
    if whole and problem.rows is not None:
        for each in problem.rows.instances:
            yield replace(found, message=f"{each.message}, in {each.row}", help=each.help, row=each.row)
        return
    others = [_other_row(row, text, problem) for row, text in further_rows(problem)]
    others += [
        OtherPlace(each.file, each.line, each.column, f"line {each.line}: {each.message}") for each in group.leading[1:]
    ]
    if more := group.unshown():
        found = replace(found, message=f"{found.message} (and {counted(more, 'more warning')} like this in the file)")
    yield replace(found, others=tuple(others))


def _other_row(row: RowReference, text: str, problem: Problem) -> OtherPlace:
    if isinstance(row, RowLine):
        return OtherPlace(row.file, row.line, row.column, text)
    return OtherPlace(problem.file, problem.line, problem.column, text)


def from_plan(document: Mapping[str, Any], *, whole: bool = False) -> list[Annotation]:
    """Return what a reviewer must see: blocked firings, and changed bulletins that are sent, sent again or never sent.

    Warnings about the definitions come first.

    Without a comparison, every firing that was edited after sending or has expired counts as changed. Not `whole`,
    bulletins of one template share an annotation if they have the same reason.
    """
    changes = document["changes"]
    touched = None if changes is None else {change["id"] for change in changes["bulletins"]}
    found = from_problems(definition_warnings(document), whole=whole)
    found += [] if changes is None else [*_account_moves(changes["accounts"]), *_renames(changes["bulletins"])]
    return found + _folded(_of_plan(document["firings"], touched), _template_and_reason, whole=whole)


def from_report(document: Mapping[str, Any], *, whole: bool = False) -> list[Annotation]:
    """Return the firings of a run that were not sent as they should be, and those sent with a warning.

    Not `whole`, firings that ended alike share an annotation.
    """
    return _folded(_of_report(document["results"]), _outcome_and_reason, whole=whole)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found about one firing; the message is its label, its accounts and `text`."""

    severity: Severity
    rule: AnnotationRule
    entry: Mapping[str, Any]
    text: str
    help: str = ""


def _of_plan(firings: Iterable[Mapping[str, Any]], touched: set[str] | None) -> Iterator[_Found]:
    for firing in firings:
        is_touched = touched is None or firing["id"] in touched
        for warning in firing.get("warnings", ()) if is_touched else ():
            yield _Found(Severity.WARNING, AnnotationRule.EVENT_TIME, firing, f"may be refused: {warning}")
        remark = EXPIRES_HELD_BACK if expires_first(firing) else ACTIONS[firing["action"]].remark
        if remark is not None and _applies(remark, is_touched, is_compared=touched is not None):
            yield _found(remark, firing, firing["reason"])


def _applies(remark: Remark, is_touched: bool, *, is_compared: bool) -> bool:
    match remark.about:
        case Firings.ALL:
            return True
        case Firings.TOUCHED:
            return is_touched
        case Firings.COMPARED:
            return is_touched and is_compared


def _of_report(results: Iterable[Mapping[str, Any]]) -> Iterator[_Found]:
    for result in results:
        reason = result["reason"] or result["error"] or "no reason is known"
        outcome, is_held_back = result["outcome"], result.get("may_go_at") is not None
        remark = None if outcome is None else OUTCOMES[outcome].remark
        if result.get("resolution"):
            continue
        if remark is not None and not (outcome == "skipped" and is_held_back):  # a full budget is normal
            yield _found(remark, result, reason)
        if is_held_back and result["warnings"]:
            yield _found(EXPIRES_HELD_BACK, result, reason)
        for warning in result["warnings"] if outcome == "fired" else ():
            yield _Found(Severity.WARNING, AnnotationRule.SENT_ODDLY, result, f"was sent, but {warning}")


def _found(remark: Remark, entry: Mapping[str, Any], reason: str) -> _Found:
    return _Found(remark.severity, remark.rule, entry, f"{remark.text}: {reason}", remark.help)


def _template_and_reason(found: _Found) -> Hashable:
    entry = found.entry
    return found.rule, entry["file"], entry["line"], entry.get("reason_code"), found.severity


def _outcome_and_reason(found: _Found) -> Hashable:
    return found.rule, found.severity, found.entry.get("reason_code"), fixed_text(found.text, own_values(found.entry))


@dataclass(frozen=True, slots=True)
class _InAccounts:
    """What was found about one bulletin in some accounts, in the same words."""

    found: _Found
    accounts: str

    @property
    def about(self) -> str:
        return f"{label(self.found.entry)} in {self.accounts}"


def _folded(found: Iterable[_Found], common: Callable[[_Found], Hashable], *, whole: bool) -> list[Annotation]:
    """Make one annotation for all accounts of a bulletin with the same text, and for all bulletins that are alike."""
    accounts: dict[tuple[object, ...], list[str]] = {}
    first: dict[tuple[object, ...], _Found] = {}
    for each in found:
        entry = each.entry
        key = (each.rule, entry["file"], entry["line"], label(entry), each.text)
        accounts.setdefault(key, []).append(entry["account"])
        first.setdefault(key, each)
    merged = [_InAccounts(each, ", ".join(accounts[key])) for key, each in first.items()]
    if whole:
        return [_annotation(each) for each in merged]
    groups = fold(merged, lambda each: common(each.found), variety=lambda each: each.found.entry["id"])
    return [_of_group(group) for group in groups]


def _of_group(group: AlikeGroup[_InAccounts]) -> Annotation:
    annotation, others = _annotation(group.first), group.leading[1:]
    if not others:
        return annotation
    names = [each.about for each in others]
    if more := group.unshown():
        names.append(f"{more:,} more")
    message = f"{annotation.message}; the same for {listed(names)}"
    return replace(annotation, message=message, others=tuple(map(_other_place, others)))


def _other_place(each: _InAccounts) -> OtherPlace:
    entry = each.found.entry
    row = row_of_document(entry.get("row", ""), entry["file"])
    if isinstance(row, RowLine):
        return OtherPlace(row.file, row.line, row.column)
    return OtherPlace(entry["file"], entry["line"])


def _annotation(each: _InAccounts) -> Annotation:
    found, entry = each.found, each.found.entry
    message = f"{each.about} {found.text}"
    row = row_of_document(entry.get("row", ""), entry["file"])
    return Annotation(
        found.severity, found.rule, message, entry["file"], entry["line"], help=found.help, subject=each.about, row=row
    )


def _renames(changes: Iterable[Mapping[str, Any]]) -> Iterator[Annotation]:
    for change in changes:
        if change["warning"] is not None:
            message = f"{change['id']}: {change['warning']}"
            help_text = f"Keep the id {change['was']}." if change["was"] else ""
            found = Annotation(
                Severity.WARNING, AnnotationRule.SENDS_AGAIN, message, change["file"], change["line"], help=help_text
            )
            yield replace(found, subject=change["id"], row=row_of_document(change.get("row", ""), change["file"]))


def _account_moves(changes: Iterable[Mapping[str, Any]]) -> Iterator[Annotation]:
    for change in changes:
        moves = [each for each in change["fields"] if each["field"] in MOVES]
        if change["kind"] != "changed" or not moves or change["file"] is None or change["line"] is None:
            continue
        fields = ", ".join(f"{each['field']} {each['old'] or 'nothing'} → {each['new'] or 'nothing'}" for each in moves)
        reach = f"{counted(change['bulletins'], 'bulletin')} would go there"
        message = f"account {change['name']}: {fields}; {reach}"
        found = Annotation(Severity.WARNING, AnnotationRule.ACCOUNT_MOVES, message, change["file"], change["line"])
        yield replace(found, subject=change["name"])
