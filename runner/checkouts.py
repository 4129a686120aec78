"""Finds the git checkout that contains a path. Takes a path, looks only at the file system, and never starts git.

Only an entry named `.git` marks a checkout. Git refuses to commit an entry of that name, so no pull request can bring
one. Git also accepts a folder with HEAD, objects and refs as a repository. Such a folder can be committed, so it does
not count here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST_LINKS = 40  # the limit of Linux for one path


def checkout_of(path: Path) -> Path | None:
    """Return the top folder of the checkout that contains the set at `path`, or None if there is none.

    The set's folder may itself be the top of a checkout. If that checkout lies inside another one, the outer one is
    returned, because reviewers see the outer one; except if the command runs in the inner one.
    """
    folder = Path(os.path.realpath(path if os.path.isdir(path) else path.parent))
    tops = _tops(folder)
    top = next(tops, None)
    if top != folder or _working_folder().is_relative_to(folder):
        return top
    return next(tops, top)


def is_top(folder: Path) -> bool:
    """Whether a folder is the top of a clone, a linked worktree or a submodule."""
    entry = os.path.join(folder, ".git")
    return os.path.isfile(entry) or os.path.lexists(os.path.join(entry, "HEAD"))


def ignored_checkout(path: Path) -> Path | None:
    """Return the folder of the set at `path` if it is a repository that `checkout_of` ignores, otherwise None."""
    folder = Path(os.path.realpath(path if os.path.isdir(path) else path.parent))
    return folder if is_top(folder) and checkout_of(path) != folder else None


def links_out_of_checkout(path: Path) -> Iterator[Path]:
    """Yield the links on the way to `path` that lie in a checkout and lead out of it.

    Git's own folder .git counts as outside the checkout.
    """
    for link in links_on_the_way(path):
        top = nearest_top(link.parent)
        end = Path(os.path.realpath(link))
        if top is not None and (not end.is_relative_to(top) or end.is_relative_to(top / ".git")):
            yield link


def links_on_the_way(path: Path) -> Iterator[Path]:
    """Yield every link that is followed to reach `path`, including `path` itself and the links inside other links.

    The folder of each link is given without links.
    """
    done, steps, found = Path(), list(reversed((_working_folder() / path).parts)), 0
    while steps:
        step = steps.pop()
        place = done.parent if step == ".." else done / step
        if found < _MOST_LINKS and os.path.islink(place):
            found += 1
            yield place
            steps += reversed(Path(os.readlink(place)).parts)
        else:
            done = place


def nearest_top(folder: Path) -> Path | None:
    """Return the top of the innermost repository that contains a folder, after links are followed, or None."""
    return next(_tops(Path(os.path.realpath(folder))), None)


def _tops(folder: Path) -> Iterator[Path]:
    """Return the repositories that contain a folder, the nearest first. The path `folder` must contain no links."""
    return (place for place in (folder, *folder.parents) if is_top(place))


def _working_folder() -> Path:
    try:
        return Path(os.getcwd())
    except OSError:  # the working folder was removed
        return Path(os.sep)
