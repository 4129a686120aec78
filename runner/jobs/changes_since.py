"""Compare a set with the same set at a git ref, for `--against` and `--changed-since`.

In: the ref, the definitions and their plan. Out: a selector of changed bulletins, or the plan document's `changes` with
warnings about new times in the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import git
from runner.errors import ErrorCode, UserError
from runner.jobs.selection import Selection

if TYPE_CHECKING:
    from runner.definitions.model import Definitions, Place
    from runner.definitions.problem import Problem
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.review.compare import Comparison
    from runner.plan.select import ChangedSince


@dataclass(frozen=True, slots=True)
class Changes:
    """The part of a plan document about changes, and warnings about new bulletins; nothing without a git ref."""

    document: Mapping[str, Any] | None = None
    warnings: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Base:
    """The set as it was at the merge base of a ref and HEAD."""

    commit: str
    definitions: Definitions


def _base(path: Path, ref: str) -> _Base:
    from runner.definitions.load import load_sources

    base = git.base(path, ref)
    return _Base(base.commit, load_sources(git.definitions_at(base.commit, path)))


def changed_since(ref: str, definitions: Definitions, path: Path) -> ChangedSince:
    """Return the selector of bulletins that were added or changed since `ref`.

    Raises UserError if git fails, or if the content of a file at `ref` is in Git LFS and not on this machine.
    """
    from runner.plan.review.compare import compare
    from runner.plan.select import ChangedSince

    base = _base(path, ref)
    comparison = compare(base.definitions, definitions)
    if unknown := comparison.unknown:
        raise UserError(
            ErrorCode.BASE_NOT_FETCHED,
            f"nobody can see here which bulletins changed since {ref}, such as {unknown[0].id}: a file that they come"
            f" from is in Git LFS, and its content at {base.commit[:12]} was not fetched",
            help=f"Run git lfs fetch origin {base.commit}",
        )
    return ChangedSince(ref, comparison)


def changes_against(
    ref: str, definitions: Definitions, plan: Plan, ledger: Ledger | None, *, path: Path, selection: Selection
) -> Changes:
    """Return the changes since `ref`. Raises UserError if git fails.

    With a selection, they hold only changes of selected bulletins.
    """
    from runner.definitions.problem_codes import Code
    from runner.jobs.planning import plan_firings
    from runner.plan.firing import firings
    from runner.plan.review.compare import compare
    from runner.report.document.changes import changes_document

    base = _base(path, ref)
    comparison = compare(base.definitions, definitions)
    ids_before = {change.before.id if change.before else change.bulletin.id for change in comparison.bulletins}
    every_account = {**base.definitions.accounts, **definitions.accounts}
    firings_before = [
        firing
        for firing in firings(base.definitions, plan.now)
        if firing.key.bulletin in ids_before and all(criterion.accepts(firing) for criterion in selection.criteria)
    ]
    # Planned without bulletins, because removed ones have no missed occurrences.
    without_bulletins = replace(definitions, accounts=every_account, bulletins=())
    plan_before = plan_firings(ledger, without_bulletins, firings_before, plan.now)
    if not selection.is_whole_set:
        comparison = _only(
            comparison, (step.firing.key.bulletin for each in (plan, plan_before) for step in each.steps)
        )
    document = changes_document(
        comparison,
        plan,
        plan_before,
        against=ref,
        base=base.commit,
        base_problems=sum(problem.code is not Code.LFS_POINTER for problem in base.definitions.problems),
        accounts=every_account,
        knows=ledger is not None,
    )
    return Changes(document, tuple(_in_the_past(comparison, plan)))


def _in_the_past(comparison: Comparison, plan: Plan) -> Iterator[Problem]:
    """Yield warnings about bulletins with a new time that has passed, except those that were sent already."""
    from runner.definitions.problem import Finding, Problem, by_row
    from runner.definitions.problem_codes import Code
    from runner.plan.decide import Action
    from runner.plan.past_times import past_time
    from runner.plan.review.compare import ChangeKind

    settled = (Action.DONE, Action.CHANGED, Action.CLAIMED, Action.IN_DOUBT)
    sent = {step.firing.key.bulletin for step in plan.steps if step.action in settled}
    places: dict[tuple[str, tuple[str | int, ...]], Place] = {}
    findings = []
    for change in comparison.bulletins:
        bulletin, place = change.bulletin, change.bulletin.place
        is_new_time = change.before is None or change.before.schedule != bulletin.schedule
        if change.kind is ChangeKind.REMOVED or bulletin.id in sent or not is_new_time:
            continue
        if (found := past_time(bulletin, plan.now)) is not None:
            path = ("bulletins", place.entry)
            places[place.file, path] = place
            text = f"{bulletin.id} is new" if change.before is None else f"the time of {bulletin.id} is new"
            message = f"{text}, and its time is in the past: {found[0]}"
            findings.append(Finding(Code.NEW_IN_PAST, place.file, path, message, found[1], row=place.row))
    for each in by_row(findings):
        place = places[each.file, each.path]
        yield Problem(each.file, place.line, place.column, each.code, each.message, each.help, rows=each.rows)


def _only(comparison: Comparison, ids: Iterable[str]) -> Comparison:
    wanted = set(ids)
    return replace(comparison, bulletins=tuple(each for each in comparison.bulletins if each.bulletin.id in wanted))
