"""Plan files: write a plan for review, read it again to fire it, and check that it still applies."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ErrorCode, UserError, usage_error
from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.plan.decide import Plan
    from runner.plan.review.reviewed import ReviewedPlan

_SHOWN = 10  # differences that a message shows


def is_plan_file(path: Path) -> bool:
    """Report whether `path` is a file without definitions by its name, which then must be a plan."""
    from runner.definitions.sources import is_definition

    return os.path.isfile(path) and not is_definition(path.name)


def write_plan(path: Path, document: Mapping[str, Any], command: Sequence[str], messages: Messages) -> None:
    """Write a plan file, whole or not at all, and show how to fire it: `command` and the file's name.

    Raises UserError if it can't be written, or if `path` holds something other than a plan.
    """
    from runner.definitions.sources import is_definition
    from runner.files import written_whole
    from runner.report.document.plan import plan_file_text

    if is_definition(path.name):
        raise usage_error("plan", f"--out {path}: files with that ending are definitions; choose a name like plan.json")
    if _holds_something_else(path):
        raise UserError(
            ErrorCode.NOT_A_PLAN,
            f"{path} exists and is not a plan; it was not changed",
            help="Choose another place, or remove it first.",
        )
    try:
        with written_whole(path) as file:
            file.write(plan_file_text(document))
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_WRITE,
            f"the plan can't be written to {path}: {error.strerror}",
            help="Make room or give write access there, or choose another place with --out.",
        ) from None
    if document["ledger"] is None:
        messages.note(f"{path} can't be fired: without a ledger, the plan can't show what was already sent")
    else:
        messages.note(
            f"plan: {path} ({document['hash']}); send exactly this with: {shlex.join([*command, os.fspath(path)])}"
        )


def _holds_something_else(path: Path) -> bool:
    from runner.files import is_plain_file
    from runner.report.document.plan import reviewed_plan

    if not is_plain_file(path) or not path.stat().st_size:
        return False
    try:
        reviewed_plan(path.read_bytes())
    except UserError:
        return True
    return False


def read_plan(path: Path) -> ReviewedPlan:
    """Read a reviewed plan. Raises UserError if the file is not a plan, or was edited."""
    from runner.report.document.plan import reviewed_plan

    try:
        return reviewed_plan(path.read_bytes())
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ,
            f"{path} can't be read: {error.strerror}",
            help="Nothing was sent. Give a plan file that can be read.",
        ) from None
    except UserError as error:
        raise UserError(error.code, f"{path}: {error.message}", help=error.help) from None


def check_reviewed(reviewed: ReviewedPlan, plan: Plan, definitions: Definitions, ledger_id: str | None) -> None:
    """Check that all of the reviewed plan can still be sent. Raises UserError with the differences if not."""
    from runner.plan.review.reviewed import differences

    lines = differences(reviewed, plan, definitions.accounts, ledger_id)
    if lines:
        more = f"; and {len(lines) - _SHOWN:,} more" if len(lines) > _SHOWN else ""
        raise UserError(
            ErrorCode.PLAN_OUTDATED,
            f"the reviewed plan no longer applies, and nothing was sent: {'; '.join(lines[:_SHOWN])}{more}",
            help="Make a new plan with bulletins plan --out, and have it reviewed.",
        )
