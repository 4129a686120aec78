"""Where files are by default: the set, and what this machine keeps (ledger, reports, witness of the ledger)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DEFINITIONS = "bulletins.d"  # the folder of the set, if a command names no other
FOLDER = Path(".bulletins")
LEDGER = FOLDER / "ledger.sqlite3"
SANDBOX_LEDGER = FOLDER / "sandbox.sqlite3"
REPORTS = FOLDER / "reports"


def make_folder(folder: Path) -> None:
    """Makes a folder for files of this machine. Raises OSError.

    What lies under `.bulletins` is never to be committed, so it brings a .gitignore of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for parent in (folder, *folder.parents):
        if parent.name == FOLDER.name:
            # Made, never written over: the repository may have brought a link of that name.
            with suppress(FileExistsError), (parent / ".gitignore").open("x", encoding="utf-8") as file:
                file.write("*\n")


def witness_folder() -> Path | None:
    """Where the user's state folder holds what this machine has seen of ledgers. None where there is no such folder.

    A relative XDG_STATE_HOME counts as not set, and no folder inside the checkout of the working directory is used:
    whatever comes with a checkout, or is cleaned with it, must not decide what was seen.
    """
    checkout = _checkout_of(Path.cwd())
    for folder in _state_folders():
        if checkout is None or not folder.resolve().is_relative_to(checkout.resolve()):
            return folder / "bulletins" / "witness"
    return None


def _state_folders() -> Iterator[Path]:
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    if named.is_absolute():
        yield named
    try:
        home = Path.home()
    except RuntimeError:  # the user has none
        return
    if not home.is_absolute():
        return
    if sys.platform == "win32":
        yield Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        yield home / "Library" / "Application Support"
    else:
        yield home / ".local" / "state"


def _checkout_of(folder: Path) -> Path | None:
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
