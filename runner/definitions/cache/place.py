"""Where the cache is: the user's cache folder, unless a pull request could write there.

In: environment variables, the path of the set and the working directory. Out: the path of the database, or None for
no cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath

from runner import checkouts, local

_NAME = "definitions.sqlite3"


def cache_file(set_path: FilePath) -> FilePath | None:
    """Return the path of the cache; None if the user has no usable cache folder.

    A folder that is relative, or lies inside the set or a checkout of the set or of the working directory, is not used:
    the definitions that somebody proposes must not bring along what this program believes about them. Without a
    checkout, nobody knows which files came with the set, so the whole working directory counts as proposed. A run of
    cron starts in the home folder or in `/`, which contain the cache folder; there the set needs a checkout.
    """
    folder = _cache_folder()
    if folder is None:
        return None
    try:
        real = folder.resolve()
        is_proposed = any(real.is_relative_to(each) for each in _proposed(set_path))
    except (OSError, RuntimeError):  # a loop of links, or a working directory that no longer exists
        return None
    return None if is_proposed else folder / "bulletins" / _NAME


def _proposed(set_path: FilePath) -> Iterator[FilePath]:
    """Yield the folders in which a pull request could write."""
    here, folder = FilePath.cwd().resolve(), set_path.resolve()
    yield folder
    if not _is_in_checkout(set_path, folder):
        yield here
    for each in (here, folder):
        yield from local.enclosing_checkouts(each)


def _is_in_checkout(set_path: FilePath, folder: FilePath) -> bool:
    """Whether a checkout certainly holds all files that came with the set.

    A link could lead from files without a checkout into a checkout of something else.
    """
    return local.enclosing_checkout(folder) is not None and not any(checkouts.links_on_the_way(set_path))


def _cache_folder() -> FilePath | None:
    """Return the user's cache folder. One that is named but relative is not replaced by another."""
    if named := os.environ.get("XDG_CACHE_HOME"):
        return FilePath(named) if FilePath(named).is_absolute() else None
    return local.folder_in_home(macos="Library/Caches", other=".cache")
