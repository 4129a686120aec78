"""Plan files: written to be reviewed, and read again to be fired."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.errors import UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.plan.decide import Plan
    from runner.plan.reviewed import ReviewedPlan

_TOLD = 10


def is_plan_file(path: Path) -> bool:
    """Whether PATH is a file that holds no definitions, so that it must be a plan."""
    from runner.definitions.sources import is_definition

    return os.path.isfile(path) and not is_definition(path.name)


def write_plan(path: Path, document: Mapping[str, Any], command: Sequence[str]) -> None:
    """Writes a plan file, whole or not at all, and says how it is fired: by `command` and its name.

    Raises UserError where it can't be written, or would take the place of something else than a plan.
    """
    from runner.definitions.sources import is_definition
    from runner.files import written_whole
    from runner.report.plan_document import written

    if is_definition(path.name):
        raise click.UsageError(f"--out {path}: a name with that ending is read as definitions; write it like plan.json")
    if _holds_something_else(path):
        raise UserError(
            f"{path} is there, and is no plan: it is left as it is", help="Choose another place, or remove it first."
        )
    try:
        with written_whole(path) as file:
            file.write(written(document))
    except OSError as error:
        raise UserError(
            f"the plan can't be written to {path}: {error.strerror}", help="Make room or choose another place."
        ) from None
    if document["ledger"] is None:
        click.echo(f"{path} can't be fired: it was made without a ledger, so nobody knows what was sent", err=True)
    else:
        click.echo(
            f"plan: {path} ({document['hash']}); send exactly that with: {shlex.join([*command, os.fspath(path)])}",
            err=True,
        )


def _holds_something_else(path: Path) -> bool:
    from runner.files import is_plain_file
    from runner.report.plan_document import reviewed_plan

    if not is_plain_file(path) or not path.stat().st_size:
        return False
    try:
        reviewed_plan(path.read_bytes())
    except UserError:
        return True
    return False


def read_plan(path: Path) -> ReviewedPlan:
    """The plan that was reviewed. Raises UserError where the file is none, or was edited."""
    from runner.report.plan_document import reviewed_plan

    try:
        return reviewed_plan(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}", help="Nothing was sent.") from None
    except UserError as error:
        raise UserError(f"{path}: {error.message}", help=error.help) from None


def check_unmoved(reviewed: ReviewedPlan, plan: Plan, definitions: Definitions, ledger_id: str | None) -> None:
    """Raises UserError, with what moved, where not all of the reviewed plan can be sent as it was reviewed."""
    from runner.plan.reviewed import moved

    lines = moved(reviewed, plan, definitions.accounts, ledger_id)
    if lines:
        more = f"; and {len(lines) - _TOLD:,} more" if len(lines) > _TOLD else ""
        raise UserError(
            f"the reviewed plan does not hold any more, and nothing was sent: {'; '.join(lines[:_TOLD])}{more}",
            help="Make a new plan with bulletins plan --out, and have it reviewed.",
        )
