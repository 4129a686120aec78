"""Finds the commit with which a branch is compared: takes a ref, returns the merge base of that ref and HEAD.

So a comparison shows only the changes of the branch, and not what was added to the ref meanwhile.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runner.checkouts import checkout_of, ignored_checkout
from runner.errors import ErrorCode, UserError
from runner.git.command import NoCheckoutError, git, refusal

_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ANCESTOR = re.compile(r"[~^]|@\{")  # a name such as main~3 can't be fetched


@dataclass(frozen=True, slots=True)
class Base:
    """The id of the commit with which HEAD is compared, and the ref that the user gave."""

    ref: str
    commit: str


def base(path: Path, ref: str) -> Base:
    """Return the newest commit that `ref` and HEAD have in common, in the checkout that contains `path`.

    Raises UserError, with the command that fixes the checkout, if that commit can't be found.
    """
    shallow = _is_shallow(path, ref)
    head = _commit(path, "HEAD")
    if head is None:
        raise UserError(
            ErrorCode.NO_COMMIT,
            f"HEAD has no commit yet to compare with {ref}",
            help="Commit the definitions first, then run the command again.",
        )
    commit = _commit(path, ref)
    if commit is None:
        raise UserError(
            ErrorCode.UNKNOWN_REF, f"git knows no commit {ref!r} here", help=_way_to(path, ref, shallow=shallow)
        )
    try:
        return Base(ref, git(path, "merge-base", commit, head).strip())
    except subprocess.CalledProcessError as error:
        if error.returncode != 1:
            raise refusal(error, f"compare with {ref}") from None
    if shallow:
        raise UserError(
            ErrorCode.SHALLOW_CLONE,
            f"the clone is shallow: it does not contain the commit at which HEAD left {ref}",
            help=f"Fetch the rest of the history: {_unshallow(path, ref)}",
        )
    raise UserError(
        ErrorCode.UNRELATED_HISTORIES,
        f"HEAD and {ref} have no commit in common: their histories are unrelated",
        help="Name the branch from which this branch was created.",
    )


def _is_shallow(path: Path, ref: str) -> bool:
    if nested := ignored_checkout(path):
        message = f"{path} is a git repository of its own inside the checkout {checkout_of(path)}: it has other commits"
        help = f"Compare inside it, cd {shlex.quote(str(nested))}, or remove its entry .git."  # noqa: A001
        raise UserError(ErrorCode.NESTED_REPOSITORY, message, help=help)
    try:
        return git(path, "rev-parse", "--is-shallow-repository").startswith("true\n")
    except NoCheckoutError:
        message = f"{path} is not in a git checkout, so nothing can be compared with {ref}"
        raise UserError(
            ErrorCode.NO_CHECKOUT, message, help="Run the command in a checkout of the definitions."
        ) from None
    except OSError as error:
        message = f"git can't be run to compare with {ref}: {error.strerror}"
        raise UserError(
            ErrorCode.GIT_MISSING, message, help="Install git, or run the command without the comparison."
        ) from None
    except subprocess.CalledProcessError as error:
        raise refusal(error, f"compare with {ref}") from None


def _commit(path: Path, ref: str) -> str | None:
    """Return the id of the commit that `ref` names, or None if there is none."""
    if not _may_name(ref):
        return None
    try:
        found = git(path, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        return None
    return found if _COMMIT_ID.fullmatch(found) else None  # ^main is a valid name for git, and means no commit


def _may_name(ref: str) -> bool:
    # Git would read a name that begins with a hyphen as an option. No branch or tag may have such a name.
    return bool(ref) and not ref.startswith("-") and "\0" not in ref


def _way_to(path: Path, ref: str, *, shallow: bool) -> str:
    """Return what to do about a ref that does not exist here."""
    if _COMMIT_ID.fullmatch(ref) and not ref.strip("0"):
        return "GitHub gives only zeros for a new branch: name the branch to compare with, such as origin/main."
    if not _may_name(ref):
        return "Name a branch, a tag or a commit, such as origin/main."
    remotes = _remotes(path)
    if not remotes or (_ANCESTOR.search(ref) and not shallow):
        return "Check the spelling of the name; git branch --all lists all branches."
    near = f"{remotes[0]}/{ref}"
    if _commit(path, f"refs/remotes/{near}"):
        return f"Did you mean {near}?"
    fetch = f"Check the spelling of the name, or fetch it: {_fetch(remotes, ref, shallow=shallow)}"
    is_whole = _remote_of(remotes, ref) or ref.startswith("refs/") or _COMMIT_ID.fullmatch(ref) or _ANCESTOR.search(ref)
    return fetch if is_whole else f"Compare with {near}, after you fetched it: {_fetch(remotes, ref, shallow=shallow)}"


def _fetch(remotes: list[str], ref: str, *, shallow: bool) -> str:
    """Return the command that fetches `ref`, and in a shallow clone the whole history too."""
    command = ["git", "fetch", *(["--unshallow"] if shallow else [])]
    if _ANCESTOR.search(ref):
        return shlex.join(command)
    remote = _remote_of(remotes, ref)
    name = ref.removeprefix("refs/remotes/").removeprefix(f"{remote}/") if remote else ref
    remote = remote or remotes[0]
    if _COMMIT_ID.fullmatch(ref):
        return shlex.join([*command, remote, ref])
    # A clone of a single branch fetches other branches only into FETCH_HEAD, unless the command names a target.
    target = name if name.startswith("refs/") else f"refs/remotes/{remote}/{name}"
    return shlex.join([*command, remote, f"{name}:{target}"])


def _unshallow(path: Path, ref: str) -> str:
    """Return the command that completes the history of HEAD and of `ref`, which exists here."""
    remotes = _remotes(path)
    return _fetch(remotes, ref, shallow=True) if _remote_of(remotes, ref) else "git fetch --unshallow"


def _remote_of(remotes: list[str], ref: str) -> str | None:
    """Return the remote of the branch `ref`, such as origin for origin/main, or None."""
    short = ref.removeprefix("refs/remotes/")
    return next((remote for remote in remotes if short.startswith(f"{remote}/")), None)


def _remotes(path: Path) -> list[str]:
    """Return the names of the remotes, origin first."""
    return sorted(git(path, "remote").split(), key=lambda remote: remote != "origin")
