"""Where the cache is: the user's cache folder, unless a pull request could write there.

In: environment variables, the path of the set and the working directory. Out: the path of the database, or None for
no cache.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path as FilePath

_NAME = "definitions.sqlite3"


def cache_file(set_path: FilePath) -> FilePath | None:
    """Return the path of the cache; None if the user has no usable cache folder.

    A folder that is relative, or lies inside the working directory, the set, or a checkout of one of them, is not used:
    the definitions that somebody proposes must not bring along what this program believes about them.
    """
    folder = next(_cache_folders(), None)
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
        yield next((folder for folder in (each, *each.parents) if (folder / ".git").exists()), each)


def _cache_folders() -> Iterator[FilePath]:
    """Yield the user's cache folder: the first one is meant, also where it can't be used."""
    if named := os.environ.get("XDG_CACHE_HOME"):
        if FilePath(named).is_absolute():
            yield FilePath(named)
        return
    try:
        home = FilePath.home()
    except RuntimeError:  # the user has no home folder
        return
    if not home.is_absolute():
        return
    if sys.platform == "win32":
        yield FilePath(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        yield home / "Library" / "Caches"
    else:
        yield home / ".cache"
