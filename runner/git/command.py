"""Runs git where a path lies, in an environment that nothing outside has bent. The only module that starts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(path: Path, *arguments: str) -> str:
    """What git prints, as text. Raises OSError where there is no git, and CalledProcessError where it fails."""
    return git_bytes(path, *arguments).decode("utf-8", "backslashreplace")


def git_bytes(path: Path, *arguments: str) -> bytes:
    """The same to the byte: names of files need not be text."""
    return subprocess.run(_command(path, arguments), capture_output=True, check=True, env=_environment()).stdout


def start_git(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A git to talk with over pipes, to be used as a context manager."""
    return subprocess.Popen(
        _command(path, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )


def complaint(error: subprocess.CalledProcessError) -> str:
    """What git said of its failure: the first line, without the word before it."""
    text: str = error.stderr.decode("utf-8", "backslashreplace")
    line = text.strip().partition("\n")[0]
    return line.removeprefix("fatal: ").removeprefix("error: ") or f"exit code {error.returncode}"


def _command(path: Path, arguments: tuple[str, ...]) -> list[str]:
    folder = path if os.path.isdir(path) else path.parent
    return ["git", "-C", os.fspath(folder), *arguments]


def _environment() -> dict[str, str]:
    # A hook of git's runs with GIT_DIR and GIT_INDEX_FILE set: they may mean another repository than the path's.
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # It only reads what is here: it takes no locks, asks for no passwords, and fetches nothing into a partial clone.
    own = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    return {**outer, **own}
