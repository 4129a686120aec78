"""Where this machine keeps its own files: the ledger, the sandbox's ledger, the reports."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

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
