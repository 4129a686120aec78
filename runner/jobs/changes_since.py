"""Compare a set with the same set at a git ref, for `--against` and `--changed-since`.

In: the ref, the definitions and their plan. Out: a selector of changed bulletins, or the plan document's `changes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import git
from runner.errors import ErrorCode, UserError
from runner.jobs.selection import Selection

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.review.compare import Comparison
    from runner.plan.select import ChangedSince


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
) -> dict[str, Any]:
    """Return the plan document's part about changes since `ref`. Raises UserError if git fails.

    With a selection, the part holds only changes of selected bulletins.
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
    return changes_document(
        comparison,
        plan,
        plan_before,
        against=ref,
        base=base.commit,
        base_problems=sum(problem.code is not Code.LFS_POINTER for problem in base.definitions.problems),
        accounts=every_account,
        knows=ledger is not None,
    )


def _only(comparison: Comparison, ids: Iterable[str]) -> Comparison:
    wanted = set(ids)
    return replace(comparison, bulletins=tuple(each for each in comparison.bulletins if each.bulletin.id in wanted))
