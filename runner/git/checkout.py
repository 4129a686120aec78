"""The commit that is checked out, and whether the files of a set are those of the commit.

The bytes that a command reads are compared with git's objects. What git status says would not do: it trusts the index,
passes over files that it was asked to ignore, sees neither into links nor into repositories inside the set, and looks
through filters that a .gitattributes file names.
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
    is_top,
    links_on_the_way,
    links_out_of_checkout,
    nearest_top,
    passed_over,
)
from runner.definitions.sources import Source
from runner.errors import UserError
from runner.git.command import NoCheckoutError, complaint, git, git_at, refusal
from runner.git.objects import objects
from runner.git.tree import ids_at


@dataclass(frozen=True, slots=True)
class Checkout:
    """The commit that is checked out, and whether the files in question differ from it."""

    commit: str
    dirty: bool


def checkout(path: Path) -> Checkout | None:
    """The checkout that `path` lies in; None where there is none, or no git."""
    try:
        commit = _head(path)
    except (OSError, NoCheckoutError, subprocess.CalledProcessError):
        return None
    try:
        return Checkout(commit, bool(_differing(path, commit)))
    except (OSError, UserError):
        return Checkout(commit, dirty=True)  # the set, or the commit, can no longer be read


def require_committed(paths: Sequence[Path]) -> None:
    """Raises UserError where definitions or tables under `paths` are not, byte for byte, those of HEAD.

    The ends of lines may be those of the system: git itself changes them in a checkout.
    """
    for path in paths:
        _refuse_own_repository(path)
        try:
            differing = _differing(path, _head(path))
        except OSError as error:
            message = f"git can't be run, which --require-committed needs: {error.strerror}"
            raise UserError(message, help="Install git, or leave the option out.") from None
        except NoCheckoutError:
            raise _no_commit(path) from None
        except subprocess.CalledProcessError as error:
            if "Needed a single revision" in complaint(error):
                raise _no_commit(path) from None
            raise refusal(error, "compare the definitions with HEAD") from None
        if differing:
            raise UserError(f"definitions differ from git HEAD: {_some(differing)}", help=_help(path, differing))


def committed_link_out(path: Path) -> Path | None:
    """A link on the way to `path` that leads out of its checkout, and that HEAD holds; None where there is none.

    Raises UserError where there is such a link and git can't read HEAD.
    """
    return next(filter(_is_committed, links_out_of_checkout(path)), None)


def committed_link(path: Path) -> Path | None:
    """The same for any link that leads to `path`, within the checkout too."""
    return next(filter(_is_committed, links_on_the_way(path)), None)


def _is_committed(link: Path) -> bool:
    top = nearest_top(link.parent)
    if top is None:
        return False
    try:
        return bool(git_at(top, "ls-tree", "-z", "--full-tree", "HEAD", "--", link.relative_to(top).as_posix()))
    except OSError as error:
        message = f"git can't be run to check whether the link {link} was committed: {error.strerror}"
        raise UserError(message, help="Install git, or give the path without the link.") from None
    except subprocess.CalledProcessError as error:
        if "Not a valid object name HEAD" in complaint(error):
            return False  # there is no commit yet
        raise refusal(error, f"check whether the link {link} was committed") from None


def _refuse_own_repository(path: Path) -> None:
    nested = passed_over(path)
    if nested is not None:
        raise UserError(
            f"{path} is a git repository of its own inside the checkout {checkout_of(path)}, and not a part of that",
            help="Run the command in the folder of the set, or commit its files to that checkout.",
        )


def _no_commit(path: Path) -> UserError:
    message = f"{path} is not in a git checkout with a commit, which --require-committed needs"
    return UserError(message, help="Commit the definitions, or run where they are checked out.")


def _help(path: Path, differing: Sequence[str]) -> str:
    for name in differing:
        for folder in Path(name).parents:
            if folder != path and folder.is_relative_to(path) and is_top(folder):
                return (
                    f"{folder} is a git repository of its own, or a submodule: commit its files with the set instead."
                )
    return (
        "Commit the definitions, or run where they are checked out. Where git status shows no difference, "
        "a .gitattributes file or git update-index hides it."
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _head(path: Path) -> str:
    return git(path, "rev-parse", "--verify", "HEAD").strip()


def _differing(path: Path, commit: str) -> list[str]:
    """The names of files that the commit and the folder do not both hold, or hold with different contents."""
    from runner.definitions.files import sources_under, tables_under  # they bring yaml along
    from runner.definitions.tables.csv_table import MAX_TABLE_BYTES

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
    """The id that git gives to a file of these bytes, in a repository whose ids have that length."""
    made = hashlib.new("sha1" if length == 40 else "sha256", b"blob %d\0" % len(data), usedforsecurity=False)
    made.update(data)
    return made.hexdigest().encode()


def _lines(data: bytes | None) -> bytes | None:
    return None if data is None else data.replace(b"\r\n", b"\n")
