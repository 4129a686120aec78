"""The default places of files: the set, the ledger, the reports, and the witness of the ledger.

Takes environment variables and the working folder, returns paths.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DEFINITIONS = "bulletins.d"  # the folder of the set, if the command line names none
FOLDER = Path(".bulletins")
LEDGER = FOLDER / "ledger.sqlite3"
SANDBOX_LEDGER = FOLDER / "sandbox.sqlite3"
REPORTS = FOLDER / "reports"


def make_folder(folder: Path) -> None:
    """Create a folder for files of this machine. Raises OSError.

    Files under `.bulletins` must not be committed, so that folder gets a .gitignore of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for parent in (folder, *folder.parents):
        if parent.name == FOLDER.name:
            # Mode "x" never overwrites: a pull request may have brought a link of that name.
            with suppress(FileExistsError), (parent / ".gitignore").open("x", encoding="utf-8") as file:
                file.write("*\n")


def witness_folder() -> Path | None:
    """Return the folder of the witness files in the user's state folder, or None if the user has no such folder.

    A relative XDG_STATE_HOME is ignored, and so is a folder inside the checkout of the working directory: a pull
    request, or the removal of the checkout, must not change what this machine has seen.
    """
    checkout = enclosing_checkout(Path.cwd())
    for folder in _state_folders():
        if checkout is None or not folder.resolve().is_relative_to(checkout.resolve()):
            return folder / "bulletins" / "witness"
    return None


def _state_folders() -> Iterator[Path]:
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    if named.is_absolute():
        yield named
    if folder := folder_in_home(macos="Library/Application Support", other=".local/state"):
        yield folder


def folder_in_home(*, macos: str, other: str) -> Path | None:
    """Return a folder of the user, given by its path in the home folder; on Windows, that of local application data.

    None if the user has no home folder, or a relative one.
    """
    try:
        home = Path.home()
    except RuntimeError:  # the user has no home folder
        return None
    if not home.is_absolute():
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return home / (macos if sys.platform == "darwin" else other)


def enclosing_checkout(folder: Path) -> Path | None:
    """Return the nearest folder, from `folder` upwards, that has an entry `.git`; None if there is none."""
    return next(enclosing_checkouts(folder), None)


def enclosing_checkouts(folder: Path) -> Iterator[Path]:
    """Yield each folder, from `folder` upwards, that has an entry `.git`. A submodule lies in several checkouts."""
    return (each for each in (folder, *folder.parents) if (each / ".git").exists())
