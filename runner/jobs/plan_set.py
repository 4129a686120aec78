"""Plan a set for a person or a reviewer. Sends nothing and needs no credentials.

In: definitions and the request. Out: the plan and its document; with `out`, a plan file is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import __version__, git
from runner.jobs.ledger.opened_ledger import LedgerChoice, ledger_if_exists, open_sandbox_ledger
from runner.jobs.messages import Messages
from runner.jobs.output_paths import check_outputs
from runner.jobs.selected_set import SelectedSet, select_set
from runner.jobs.selection import Selection

if TYPE_CHECKING:
    from runner.definitions.problem import Problem
    from runner.jobs.changes_since import Changes
    from runner.jobs.loaded_set import LoadedSet
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan
    from runner.plan.firing import Firing


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What to plan, over which ledger, at `now`.

    `until`: plan all that is due until then. `is_calendar`: plan as far ahead as a calendar shows. `against`: the git
    ref since which changes are shown. `out`: the plan file to write.
    """

    path: Path
    selection: Selection
    ledger: LedgerChoice
    now: datetime
    until: datetime | None = None
    is_calendar: bool = False
    against: str | None = None
    out: Path | None = None
    strict: bool = False  # write no plan file if there are warnings


@dataclass(frozen=True, slots=True)
class PlannedSet:
    """The plan of a set, the document that all formats show, and the warnings in it."""

    plan: Plan
    document: Mapping[str, Any]
    warnings: Sequence[Problem] = ()


def plan_set(loaded: LoadedSet, request: PlanRequest, messages: Messages) -> PlannedSet:
    """Plan the selected bulletins of a set without problems. Raises UserError."""
    from runner.jobs.ledger.ledger_witness import warn_if_older
    from runner.jobs.planning import plan_firings
    from runner.plan.select import up_to
    from runner.report.document.plan import PlanFacts, plan_document

    selected = select_set(loaded, request.path, request.selection, request.now)
    wanted = _wanted_firings(selected, request)
    ledger_choice = request.ledger
    check_outputs({"--out": request.out}, ledger_choice.url)
    if ledger_choice.is_sandbox and request.out:  # a plan file must hold the id of its ledger
        open_sandbox_ledger(request.now).close()
    with ledger_if_exists(ledger_choice.url, messages) as ledger:
        if wanted is None:
            plan, shown_until = selected.plan(ledger, request.now), None
        else:
            firings, shown_until = wanted
            plan = plan_firings(ledger, selected.definitions, firings, request.now)
        plan, later = (plan, 0) if request.until is None else up_to(plan, request.until)
        changes = _changes(request, selected, plan, ledger, is_near=shown_until is None)
        if ledger and not ledger_choice.is_sandbox:
            warn_if_older(ledger, messages)
    checkout = git.checkout(request.path)
    facts = PlanFacts(
        version=__version__,
        path=request.path.as_posix(),
        accounts=loaded.accounts,
        ledger=ledger.id if ledger else None,
        selection=dict(request.selection.options),
        git_commit=checkout.commit if checkout else None,
        git_dirty=checkout.dirty if checkout else None,
        until=shown_until,
        later=later,
        warnings=(*loaded.warnings, *changes.warnings),
    )
    document = plan_document(plan, facts, changes.document)
    if request.out is not None and not (request.strict and facts.warnings):
        from runner.jobs.plan_files import write_plan

        write_plan(request.out, document, ["bulletins", "fire", *_ledger_options(ledger_choice)], messages)
    return PlannedSet(plan, document, facts.warnings)


def _wanted_firings(selected: SelectedSet, request: PlanRequest) -> tuple[list[Firing], datetime | None] | None:
    """Return the firings to plan, and the time up to which they hold all occurrences. None means those around now.

    A calendar needs all occurrences, and so does `until`. Changes since a git ref need every firing.
    """
    if request.until is not None:
        return selected.firings_until(request.now, request.until), request.until
    if request.against is not None and not request.is_calendar:
        return selected.firings(request.now), None
    if not request.is_calendar:
        return None
    from runner.report.html.plan.calendar import MOST_AHEAD

    return selected.firings_for_calendar(request.now, MOST_AHEAD)


def _changes(
    request: PlanRequest, selected: SelectedSet, plan: Plan, ledger: Ledger | None, *, is_near: bool
) -> Changes:
    """Return the changes; none if none are wanted. They are shown for a plan of the near time."""
    from runner.jobs.changes_since import Changes, changes_against
    from runner.jobs.planning import plan_firings

    if request.against is None:
        return Changes()

    definitions = selected.definitions
    near = plan if is_near else plan_firings(ledger, definitions, selected.firings(request.now), request.now)
    return changes_against(request.against, definitions, near, ledger, path=request.path, selection=request.selection)


def _ledger_options(ledger: LedgerChoice) -> list[str]:
    if ledger.is_sandbox:
        return ["--sandbox"]
    return ["--ledger", ledger.url] if ledger.url and ledger.is_named else []
