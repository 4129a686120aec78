"""What git says of the checkout: the commit, and whether files differ from it. Reads only, through git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.definitions.load import SUFFIXES
from runner.errors import UserError


@dataclass(frozen=True, slots=True)
class Checkout:
    """The commit that is checked out, and whether the files in question differ from it."""

    commit: str
    dirty: bool


def checkout(path: Path) -> Checkout | None:
    """The checkout that `path` lies in; None where there is none, or no git."""
    try:
        commit = _git(path, "rev-parse", "--verify", "HEAD")
        return Checkout(commit.strip(), bool(_changed(path)))
    except (OSError, subprocess.CalledProcessError):
        return None


def require_committed(paths: Sequence[Path]) -> None:
    """Raises UserError where definitions under `paths` differ from HEAD, or where that can't be told."""
    help = "Commit the definitions, or run where they are checked out."  # noqa: A001
    for path in paths:
        try:
            _git(path, "rev-parse", "--verify", "HEAD")
            changed = _changed(path, "--ignored")
        except (OSError, subprocess.CalledProcessError):
            message = f"{path} is not in a git checkout with a commit, which --require-committed wants"
            raise UserError(message, help=help) from None
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise UserError(f"definitions differ from git HEAD: {', '.join(changed[:3])}{more}", help=help)


def _changed(path: Path, *options: str) -> list[str]:
    """Definition files under `path` that are modified, added, deleted, untracked or (with --ignored) ignored."""
    pathspec = "." if path.is_dir() else path.name
    names = _git(path, "status", "--porcelain", "-z", "--untracked-files=all", *options, "--", pathspec)
    return [entry[3:] for entry in names.split("\0") if entry.lower().endswith(SUFFIXES)]


def _git(path: Path, *arguments: str) -> str:
    folder = path if path.is_dir() else path.parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", os.fspath(folder), *arguments],
        capture_output=True,
        check=True,
        env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
        encoding="utf-8",
        errors="backslashreplace",
    ).stdout
