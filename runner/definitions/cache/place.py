"""Where the cache is: the user's cache folder, unless a pull request could write there.

In: environment variables and the working directory. Out: the path of the database, or None for no cache.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path as FilePath

_NAME = "definitions.sqlite3"


def cache_file() -> FilePath | None:
    """Return the path of the cache; None if the user has no usable cache folder.

    A folder that is relative, or lies inside the working directory or its checkout, is not used: the definitions that
    somebody proposes must not bring along what this program believes about them.
    """
    folder = next(_cache_folders(), None)
    if folder is None:
        return None
    try:
        real, here = folder.resolve(), FilePath.cwd().resolve()
        checkout = next((each for each in (here, *here.parents) if (each / ".git").exists()), here)
    except (OSError, RuntimeError):  # a loop of links, or a working directory that no longer exists
        return None
    if real.is_relative_to(checkout) or real.is_relative_to(here):
        return None
    return folder / "bulletins" / _NAME


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
