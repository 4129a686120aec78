"""Where the cache is: the user's cache folder, unless a pull request could write there.

In: environment variables, the path of the set and the working directory. Out: the path of the database, or None for
no cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath

from runner import local

_NAME = "definitions.sqlite3"


def cache_file(set_path: FilePath) -> FilePath | None:
    """Return the path of the cache; None if the user has no usable cache folder.

    A folder that is relative, or lies inside the working directory, the set, or a checkout of one of them, is not used:
    the definitions that somebody proposes must not bring along what this program believes about them.
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
    for each in (FilePath.cwd().resolve(), set_path.resolve()):
        yield each
        yield local.enclosing_checkout(each) or each


def _cache_folder() -> FilePath | None:
    """Return the user's cache folder. One that is named but relative is not replaced by another."""
    if named := os.environ.get("XDG_CACHE_HOME"):
        return FilePath(named) if FilePath(named).is_absolute() else None
    return local.folder_in_home(macos="Library/Caches", other=".cache")
