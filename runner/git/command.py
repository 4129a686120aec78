"""Runs git on the checkout that contains a path: takes arguments, returns the output. No other module starts git.

The rule: no file that a pull request brings may run code or configure git. A pull request can commit files that git
would accept as a repository with a configuration. So `runner.checkouts` finds the checkout, and git starts at its top
and looks nowhere else. Only commands are used that read neither the working tree nor the index: others, such as git
status, run filters, hooks and monitors that a configuration names.
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
from runner.errors import ErrorCode, UserError

_OPTIONS = ("safe.bareRepository=explicit", "core.fsmonitor=false", f"core.hooksPath={os.devnull}")
_OWNER = re.compile(r"dubious ownership in repository at '(.*)'")


class NoCheckoutError(Exception):
    """A path is not in a git checkout."""


def git(path: Path, *arguments: str) -> str:
    """Run git and return its output as text.

    Raises OSError if git is not installed, NoCheckoutError, and CalledProcessError if git fails.
    """
    return git_bytes(path, *arguments).decode("utf-8", "backslashreplace")


def git_bytes(path: Path, *arguments: str) -> bytes:
    """Run git and return its output as bytes, because file names need not be text. Raises the errors of `git`."""
    return git_at(_top(path), *arguments)


def git_at(top: Path, *arguments: str) -> bytes:
    """Run git in the repository with this top folder and return its output as bytes.

    Raises OSError if git is not installed, and CalledProcessError if git fails.
    """
    return subprocess.run(_command(top, arguments), capture_output=True, check=True, env=_environment(top)).stdout


def start_git(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start git with pipes for its input and output. The result is to be used as a context manager."""
    top = _top(path)
    return subprocess.Popen(
        _command(top, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(top),
    )


def setting(path: Path, name: str) -> str:
    """Return a setting of git's configuration, or an empty text if it is not set.

    If `path` is not in a checkout, only the user's own configuration is read.
    """
    top = checkout_of(path)
    try:
        command = _command(top or Path(os.getcwd()), ("config", name))
        done = subprocess.run(command, capture_output=True, check=False, env=_environment(top))
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "backslashreplace").strip()


def complaint(error: subprocess.CalledProcessError) -> str:
    """Return the first line of git's error message without its prefix `fatal:` or `error:`."""
    text: str = error.stderr.decode("utf-8", "backslashreplace")
    line = text.strip().partition("\n")[0]
    return line.removeprefix("fatal: ").removeprefix("error: ") or f"exit code {error.returncode}"


def refusal(error: subprocess.CalledProcessError, undone: str) -> UserError:
    """Return the error for a checkout that git can't or won't read. `undone` completes the sentence "git can't …"."""
    text = complaint(error)
    owned = _OWNER.search(text)
    help = "Run git status in the checkout to see what is wrong."  # noqa: A001
    if owned:
        command = f"git config --global --add safe.directory {shlex.quote(owned[1])}"
        help = f"The checkout belongs to another user. If you trust it, run: {command}"  # noqa: A001
    return UserError(ErrorCode.GIT_FAILED, f"git can't {undone}: {text}", help=help)


def _top(path: Path) -> Path:
    top = checkout_of(path)
    if top is None:
        raise NoCheckoutError(path)
    return top


def _command(folder: Path, arguments: tuple[str, ...]) -> list[str]:
    options = [word for option in _OPTIONS for word in ("-c", option)]
    return [_program(), "--no-replace-objects", *options, "-C", os.fspath(folder), *arguments]


def _program() -> str:
    # Never a program in the working folder: Windows looks there first, and other systems if PATH contains it.
    folders = filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep))
    found = shutil.which("git", path=os.pathsep.join(folders))
    if found is None or not os.path.isabs(found):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "git")
    return found


def _environment(top: Path | None) -> dict[str, str]:
    # Inside a git hook, GIT_DIR and GIT_INDEX_FILE are set, and may name a repository other than that of the path.
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {
        "LC_ALL": "C",
        # Only local objects are read: no locks, no questions for passwords, and no fetch into a partial clone.
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_GRAFT_FILE": os.devnull,
    }
    # Without these variables, git would search for a repository in the folder and in all folders above it.
    place = {"GIT_DIR": os.devnull} if top is None else {"GIT_CEILING_DIRECTORIES": os.fspath(top.parent)}
    return {**outer, **own, **place}
