"""The files of a set as named bytes, from the file system or from git, and the rules for their names.

A `Source` comes in for each file; `load_sources` reads it. The rules decide which names are definitions or tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from runner.definitions.problem import escaped

MAX_FILE_BYTES = 5 * 1024 * 1024  # of a definition file
SUFFIXES = (".yaml", ".yml")
TABLE_SUFFIX = ".csv"
LINK_TO_FOLDER = "it is a link to a folder, and links to folders are not followed"
LINK_OUT = "it is a link to a file outside the folder of the definitions; copy the file into the folder instead"
LINK_TO_OTHER = "it is a link to a file that does not end in .yaml or .yml, or is hidden; copy the file here instead"
OUTSIDE = "it is outside the folder of the file that names it"
HIDDEN = "only files that end in .csv are read, and no file or folder whose name begins with a dot"
NOT_THERE = "no such file"


def _no_tables(name: str) -> bytes:
    raise OSError(NOT_THERE)


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a set: its name for messages, and a function that returns its bytes or raises OSError.

    `read_table_bytes` returns the bytes of a table, or raises OSError. Its argument is a path relative to the folder of
    this file, for which `refused_table_path` returned None.
    """

    name: str
    read: Callable[[], bytes]
    read_table_bytes: Callable[[str], bytes] = _no_tables


def is_definition(name: str) -> bool:
    """Whether a file of that name is a definition file."""
    return name.lower().endswith(SUFFIXES)


def is_table(name: str) -> bool:
    """Whether a file of that name is a table that definitions may use."""
    return name.lower().endswith(TABLE_SUFFIX)


def refused_table_path(path: str) -> str | None:
    """Return why a table's path, as a definition writes it, is refused; None if it is allowed. Follows no links."""
    if "\\" in path or ":" in path:
        return "its name contains a backslash or a colon, which Windows and Linux read differently"
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return OUTSIDE
    return HIDDEN if any(is_hidden(part) for part in parts if part != ".") else None


def is_readable_table(inside: str) -> bool:
    """Whether a table may be read there. `inside`: the path from the definition's folder, all links followed."""
    return is_table(inside) and not _is_hidden_end(inside)


def is_readable_definition(inside: str) -> bool:
    """Whether a link may lead to this definition. `inside`: the path from the set's folder, all links followed.

    The folder of the set may also contain secrets, such as the files of git or a passcode file.
    """
    return is_definition(inside) and not _is_hidden_end(inside)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is ignored, with everything in it."""
    return name.startswith(".")


def looks_like_repository(names: Iterable[str]) -> bool:
    """Whether git would treat a folder with these names as a repository, and use its configuration."""
    there = {name.casefold() for name in names}
    return "head" in there and ({"objects", "refs"} <= there or "commondir" in there)


def _is_hidden_end(inside: str) -> bool:
    # Kubernetes mounts a ConfigMap as links into a folder with a name like ..2026_12_01_09_30_00.1234.
    *folders, name = inside.split("/")
    return is_hidden(name) or any(is_hidden(folder) and not folder.startswith("..") for folder in folders)


def display_path(path: str) -> str:
    """Return the name that messages show for a path."""
    # Backslashes are doubled, so that two files never show the same name.
    return escaped(path.replace(os.sep, "/").replace("\\", "\\\\"))
