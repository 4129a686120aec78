"""Git checkouts as the file system shows them: git is not asked, so nothing that a checkout holds can decide anything.

Only an entry named `.git` counts. Git refuses to commit a file or folder of that name, so no pull request can bring
one. Other layouts that git would take for a repository (a folder with HEAD, objects and refs) can be committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_MOST_LINKS = 40  # on one path, as Linux has it


def checkout_of(path: Path) -> Path | None:
    """The top folder of the checkout that a set at `path` belongs to; None outside of any.

    A set may be a repository of its own: cloned by itself, or the one that the command runs in. A repository in the
    set's folder that lies inside another checkout is passed over, for the outer one is what reviewers look at.
    """
    folder = Path(os.path.realpath(path if os.path.isdir(path) else path.parent))
    tops = _tops(folder)
    top = next(tops, None)
    if top != folder or _working_folder().is_relative_to(folder):
        return top
    return next(tops, top)


def is_top(folder: Path) -> bool:
    """Whether a folder is the top of a repository: of a clone, a linked worktree or a submodule."""
    entry = os.path.join(folder, ".git")
    return os.path.isfile(entry) or os.path.lexists(os.path.join(entry, "HEAD"))


def passed_over(path: Path) -> Path | None:
    """The folder of the set at `path`, where that is a repository which `checkout_of` passes over."""
    folder = Path(os.path.realpath(path if os.path.isdir(path) else path.parent))
    return folder if is_top(folder) and checkout_of(path) != folder else None


def links_out_of_checkout(path: Path) -> Iterator[Path]:
    """The links on the way to `path` that lie in a checkout and lead out of it.

    Git's own folder .git is no part of the checkout.
    """
    for link in links_on_the_way(path):
        top = nearest_top(link.parent)
        end = Path(os.path.realpath(link))
        if top is not None and (not end.is_relative_to(top) or end.is_relative_to(top / ".git")):
            yield link


def links_on_the_way(path: Path) -> Iterator[Path]:
    """Every link that leads to `path`, itself included, also those that another link leads through.

    The folders that hold them are given without links.
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
    """The top of the innermost repository that a folder lies in, links followed; None outside of any."""
    return next(_tops(Path(os.path.realpath(folder))), None)


def _tops(folder: Path) -> Iterator[Path]:
    """The repositories that hold a folder, the nearest first. `folder` holds no links."""
    return (place for place in (folder, *folder.parents) if is_top(place))


def _working_folder() -> Path:
    try:
        return Path(os.getcwd())
    except OSError:  # it was removed
        return Path(os.sep)
