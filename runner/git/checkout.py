"""Compares a set with the checked-out commit: takes a path, returns the commit and whether the files differ from it.

The bytes that a command reads are compared with git's objects. git status is not enough: it trusts the index, skips
ignored files, does not look into links and nested repositories, and applies filters that a .gitattributes file names.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.checkouts import (
    checkout_of,
    ignored_checkout,
    is_top,
    links_on_the_way,
    links_out_of_checkout,
    nearest_top,
)
from runner.definitions.sources import Source
from runner.errors import ErrorCode, UserError
from runner.git.command import NoCheckoutError, complaint, git, git_at, refusal
from runner.git.objects import objects
from runner.git.tree import ids_at


@dataclass(frozen=True, slots=True)
class Checkout:
    """The checked-out commit, and whether the definitions differ from it (`dirty`)."""

    commit: str
    dirty: bool


def checkout(path: Path) -> Checkout | None:
    """Return the checkout that contains `path`, or None if there is none or git is not installed."""
    try:
        commit = _head(path)
    except (OSError, NoCheckoutError, subprocess.CalledProcessError):
        return None
    try:
        return Checkout(commit, bool(_differing(path, commit)))
    except (OSError, UserError):
        return Checkout(commit, dirty=True)  # the set or the commit can't be read


def require_committed(paths: Sequence[Path]) -> None:
    """Raise UserError if definitions or tables under `paths` are not byte for byte those of HEAD.

    Line endings may differ, because git itself may change them in a checkout.
    """
    for path in paths:
        _refuse_own_repository(path)
        try:
            differing = _differing(path, _head(path))
        except OSError as error:
            message = f"--require-committed needs git, and git can't be run: {error.strerror}"
            raise UserError(
                ErrorCode.GIT_MISSING, message, help="Install git, or leave out --require-committed."
            ) from None
        except NoCheckoutError:
            raise _no_commit(path) from None
        except subprocess.CalledProcessError as error:
            if "Needed a single revision" in complaint(error):
                raise _no_commit(path) from None
            raise refusal(error, "compare the definitions with HEAD") from None
        if differing:
            more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
            message = f"definitions differ from git HEAD: {', '.join(differing[:3])}{more}"
            raise UserError(ErrorCode.NOT_COMMITTED, message, help=_help(path, differing))


def committed_link_out(path: Path) -> Path | None:
    """Return a link on the way to `path` that leads out of its checkout and is committed in HEAD, or None.

    Raises UserError if a link leads out of the checkout and git can't read HEAD.
    """
    return next(filter(_is_committed, links_out_of_checkout(path)), None)


def committed_link(path: Path) -> Path | None:
    """Return any link on the way to `path` that is committed in HEAD, or None. Raises the errors of
    `committed_link_out`.
    """
    return next(filter(_is_committed, links_on_the_way(path)), None)


def _is_committed(link: Path) -> bool:
    top = nearest_top(link.parent)
    if top is None:
        return False
    try:
        return bool(git_at(top, "ls-tree", "-z", "--full-tree", "HEAD", "--", link.relative_to(top).as_posix()))
    except OSError as error:
        message = f"git can't be run to check whether the link {link} was committed: {error.strerror}"
        raise UserError(
            ErrorCode.GIT_MISSING, message, help="Install git, or give the path without the link."
        ) from None
    except subprocess.CalledProcessError as error:
        if "Not a valid object name HEAD" in complaint(error):
            return False  # there is no commit yet
        raise refusal(error, f"check whether the link {link} was committed") from None


def _refuse_own_repository(path: Path) -> None:
    nested = ignored_checkout(path)
    if nested is not None:
        raise UserError(
            ErrorCode.NESTED_REPOSITORY,
            f"{path} is a git repository of its own inside the checkout {checkout_of(path)}, and not part of it",
            help="Run the command in the folder of the set, or commit its files to that checkout.",
        )


def _no_commit(path: Path) -> UserError:
    message = f"{path} is not in a git checkout with a commit, and --require-committed needs one"
    return UserError(
        ErrorCode.NO_COMMIT, message, help="Commit the definitions, or run the command in a checkout of them."
    )


def _help(path: Path, differing: Sequence[str]) -> str:
    for name in differing:
        for folder in Path(name).parents:
            if folder != path and folder.is_relative_to(path) and is_top(folder):
                return (
                    f"{folder} is a git repository of its own, or a submodule: commit its files with the set instead."
                )
    return (
        "Commit the definitions, or run the command in a checkout of them. If git status shows no difference, "
        "a .gitattributes file or git update-index hides it."
    )


def _head(path: Path) -> str:
    return git(path, "rev-parse", "--verify", "HEAD").strip()


def _differing(path: Path, commit: str) -> list[str]:
    """Return the names of files that only the commit or only the folder contains, or whose contents differ."""
    from runner.definitions.files import sources_under, tables_under  # imported here, because they import yaml
    from runner.definitions.tables.csv_text import MAX_TABLE_BYTES

    held = ids_at(commit, path)
    sources = {source.name: source for source in (*tables_under(path), *sources_under([path]))}
    differing, doubtful = set(held.keys() ^ sources.keys()), {}
    for name in held.keys() & sources.keys():
        id_, data = held[name], _bytes_of(sources[name])
        if isinstance(id_, bytes) and data is not None:
            if _blob_id(data, len(id_)) != id_:
                doubtful[name] = id_, data
        elif isinstance(id_, bytes) or (os.fsencode(id_) if isinstance(id_, str) else None) != data:
            differing.add(name)
    if doubtful:
        with objects(path) as repository:
            blobs = repository.read((id_ for id_, _ in doubtful.values()), MAX_TABLE_BYTES + 1)
        differing.update(name for name, (id_, data) in doubtful.items() if _lines(blobs.get(id_)) != _lines(data))
    return sorted(differing)


def _bytes_of(source: Source) -> bytes | None:
    try:
        return source.read()
    except OSError:
        return None


def _blob_id(data: bytes, length: int) -> bytes:
    """Return git's id of a file with these bytes, in a repository whose ids have that length."""
    made = hashlib.new("sha1" if length == 40 else "sha256", b"blob %d\0" % len(data), usedforsecurity=False)
    made.update(data)
    return made.hexdigest().encode()


def _lines(data: bytes | None) -> bytes | None:
    return None if data is None else data.replace(b"\r\n", b"\n")
