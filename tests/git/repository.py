"""Real repositories for tests, that know nothing of the machine's own git configuration."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OWN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_NAME": "A" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "a@example.com" for who in ("AUTHOR", "COMMITTER")},
}


def run_git(folder: Path, *arguments: str) -> str:
    """What git prints in that folder. Raises CalledProcessError where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment | _OWN, capture_output=True, check=True)
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Repository:
    """A repository with a working tree at `folder`."""

    folder: Path

    @classmethod
    def new(cls, folder: Path, *options: str) -> Repository:
        """An empty one, on the branch main."""
        folder.mkdir(parents=True)
        run_git(folder, "init", "--quiet", "--initial-branch=main", *options)
        return cls(folder)

    def git(self, *arguments: str) -> str:
        """What git prints in the working tree."""
        return run_git(self.folder, *arguments)

    def write(self, files: Mapping[Any, str | None]) -> None:
        """Writes files by their relative paths, of text or bytes; None deletes, and `-> target` makes a link."""
        for name, text in files.items():
            path = self.folder / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None and text.startswith("-> "):
                path.symlink_to(text[3:])
            elif text is not None:
                path.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[Any, str | None] | None = None) -> str:
        """The id of a new commit of all that is in the working tree, with these files."""
        self.write(files or {})
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.head

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def clone(self, folder: Path, *options: str) -> Repository:
        """A clone of it over the protocol that shallow clones want."""
        run_git(self.folder, "clone", "--quiet", *options, self.folder.as_uri(), str(folder))
        return Repository(folder)
