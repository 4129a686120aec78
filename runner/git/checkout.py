"""What git says of the checkout: the commit, and whether files differ from it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.definitions.sources import TABLE_SUFFIX, is_definition, is_table
from runner.errors import UserError
from runner.git.command import git

_TABLES_BESIDE = f":(glob,icase)**/*{TABLE_SUFFIX}"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The commit that is checked out, and whether the files in question differ from it."""

    commit: str
    dirty: bool


def checkout(path: Path) -> Checkout | None:
    """The checkout that `path` lies in; None where there is none, or no git."""
    try:
        commit = git(path, "rev-parse", "--verify", "HEAD")
        return Checkout(commit.strip(), bool(_changed(path)))
    except (OSError, subprocess.CalledProcessError):
        return None


def require_committed(paths: Sequence[Path]) -> None:
    """Raises UserError where definitions under `paths` differ from HEAD, or where that can't be told."""
    help = "Commit the definitions, or run where they are checked out."  # noqa: A001
    for path in paths:
        try:
            git(path, "rev-parse", "--verify", "HEAD")
            changed, unwatched = _changed(path, "--ignored"), _unwatched(path)
        except (OSError, subprocess.CalledProcessError):
            message = f"{path} is not in a git checkout with a commit, which --require-committed wants"
            raise UserError(message, help=help) from None
        if changed:
            raise UserError(f"definitions differ from git HEAD: {_some(changed)}", help=help)
        if unwatched:
            raise UserError(
                f"git can't tell whether definitions differ from HEAD: {_some(unwatched)}",
                help="Write files instead of links; undo git update-index --assume-unchanged or --skip-worktree.",
            )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _unwatched(path: Path) -> list[str]:
    """Definition files that git does not watch: it was told not to, or they are links, whose ends it does not see."""
    lines = [line.split(maxsplit=4) for line in _listed(path, "ls-files", "--stage", "-v", "-z")]
    return [name for tag, mode, _, _, name in lines if tag.islower() or tag == "S" or mode == "120000"]


def _changed(path: Path, *options: str) -> list[str]:
    """Definition files under `path` that are modified, added, deleted, untracked or (with --ignored) ignored."""
    lines = _listed(path, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", *options)
    return [line[3:] for line in lines]


def _listed(path: Path, *command: str) -> list[str]:
    """What a git command with -z lists of the definition files under `path`, and of tables that they may be made of."""
    where = ["."] if os.path.isdir(path) else [path.name, _TABLES_BESIDE]
    entries = git(path, *command, "--", *where).split("\0")
    return [entry for entry in entries if is_definition(entry) or is_table(entry)]
