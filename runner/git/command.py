"""Runs git on the checkout that a path lies in. The only module that starts it.

A pull request may commit anything, also what git takes for a repository and its configuration. So the checkout is
found by `runner.checkouts`, git starts at its top and looks nowhere else, and only commands are used that need neither
the working tree nor the index: git status would run filters, hooks and monitors that a configuration names.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from runner.checkouts import checkout_of
from runner.errors import UserError

_OPTIONS = ("safe.bareRepository=explicit", "core.fsmonitor=false", f"core.hooksPath={os.devnull}")
_OWNER = re.compile(r"dubious ownership in repository at '(.*)'")


class NoCheckoutError(Exception):
    """A path lies in no git checkout."""


def git(path: Path, *arguments: str) -> str:
    """What git prints, as text.

    Raises OSError where git is not installed, NoCheckoutError, and CalledProcessError where git fails.
    """
    return git_bytes(path, *arguments).decode("utf-8", "backslashreplace")


def git_bytes(path: Path, *arguments: str) -> bytes:
    """The same to the byte: names of files need not be text."""
    return git_at(_top(path), *arguments)


def git_at(top: Path, *arguments: str) -> bytes:
    """What git prints in the repository whose top folder is given. Raises OSError and CalledProcessError."""
    return subprocess.run(_command(top, arguments), capture_output=True, check=True, env=_environment(top)).stdout


def start_git(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A git to talk with over pipes, to be used as a context manager."""
    top = _top(path)
    return subprocess.Popen(
        _command(top, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(top),
    )


def setting(path: Path, name: str) -> str:
    """A setting of git's configuration, that of the user where `path` lies in no checkout; empty if it is not set."""
    top = checkout_of(path)
    try:
        command = _command(top or Path(os.getcwd()), ("config", name))
        done = subprocess.run(command, capture_output=True, check=False, env=_environment(top))
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "backslashreplace").strip()


def complaint(error: subprocess.CalledProcessError) -> str:
    """The first line of git's error message, without the word before it."""
    text: str = error.stderr.decode("utf-8", "backslashreplace")
    line = text.strip().partition("\n")[0]
    return line.removeprefix("fatal: ").removeprefix("error: ") or f"exit code {error.returncode}"


def refusal(error: subprocess.CalledProcessError, undone: str) -> UserError:
    """The error for a checkout that git can't or won't read. `undone` completes the sentence "git can't …"."""
    said = complaint(error)
    owned = _OWNER.search(said)
    help = "Look at the checkout with git status."  # noqa: A001
    if owned:
        help = f"Trust it: git config --global --add safe.directory {shlex.quote(owned[1])}"  # noqa: A001
    return UserError(f"git can't {undone}: {said}", help=help)


def _top(path: Path) -> Path:
    top = checkout_of(path)
    if top is None:
        raise NoCheckoutError(path)
    return top


def _command(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    options = [word for option in _OPTIONS for word in ("-c", option)]
    return [_program(), "--no-replace-objects", *options, "-C", os.fspath(folder), *arguments]


def _program() -> str:
    # Never one of the working folder: Windows would look there first, and others where the PATH says so.
    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    found = shutil.which("git", path=os.pathsep.join(folders))
    if found is None or not os.path.isabs(found):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "git")
    return found


def _environment(top: Path | None) -> dict[str, str]:
    # A hook of git's runs with GIT_DIR and GIT_INDEX_FILE set: they may mean another repository than the path's.
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {
        "LC_ALL": "C",
        # It only reads what is here: no locks, no passwords, and nothing fetched into a partial clone, by no protocol.
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_GRAFT_FILE": os.devnull,
    }
    # Without these git would look for a repository in the folder itself, and then in those above.
    place = {"GIT_DIR": os.devnull} if top is None else {"GIT_CEILING_DIRECTORIES": os.fspath(top.parent)}
    return {**outer, **own, **place}
