"""What a set is made of: named bytes, wherever they come from, and the rules of names that every place keeps to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from runner.definitions.problem import escaped

SUFFIXES = (".yaml", ".yml")
TABLE_SUFFIX = ".csv"
LINK_TO_FOLDER = "it is a link to a folder, and such links are not followed"
LINK_OUT = "it is a link that leads out of the set's folder; put the file itself there instead"
LINK_TO_OTHER = "it is a link to a file whose name is not that of a definition; put the file itself there instead"
OUTSIDE = "it lies outside the folder of the file that names it"
HIDDEN = "names that begin with a dot are not read, and only files that end in .csv are"
NOT_THERE = "no such file"


def _nothing_beside(name: str) -> bytes:
    raise OSError(NOT_THERE)


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a set: the name to show, and what gives its bytes; it raises OSError where they can't be read.

    `read_beside` gives the bytes of a table, by its path from the folder of the file, as `is_beside` lets it pass.
    """

    name: str
    read: Callable[[], bytes]
    read_beside: Callable[[str], bytes] = _nothing_beside


def is_definition(name: str) -> bool:
    """Whether a file of that name is one of the set."""
    return name.lower().endswith(SUFFIXES)


def is_table(name: str) -> bool:
    """Whether a file of that name is a table that definitions may be made of."""
    return name.lower().endswith(TABLE_SUFFIX)


def not_beside(path: str) -> str | None:
    """Why a path, as a definition writes it, leads to no table in the folder of the file or below; links aside."""
    if "\\" in path or ":" in path:
        return "its name holds a backslash or a colon, which not every system reads alike"
    parts = path.split("/")
    if path.startswith("/") or ".." in parts:
        return OUTSIDE
    return HIDDEN if any(is_hidden(part) for part in parts if part != ".") else None


def is_readable_table(inside: str) -> bool:
    """Whether what lies there, from the folder of the definition and links followed, may be read as a table."""
    return is_table(inside) and not _is_hidden_end(inside)


def is_readable_definition(inside: str) -> bool:
    """Whether a link in the set may lead there, from the folder of the set and links followed.

    The set's folder may also hold what nobody should see: git's own files, or the file of a passcode.
    """
    return is_definition(inside) and not _is_hidden_end(inside)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is passed over, with all that it holds."""
    return name.startswith(".")


def looks_like_repository(names: Iterable[str]) -> bool:
    """Whether git would take a folder that holds these names for a repository, and obey its configuration."""
    there = {name.casefold() for name in names}
    return "head" in there and ({"objects", "refs"} <= there or "commondir" in there)


def _is_hidden_end(inside: str) -> bool:
    # A set that Kubernetes mounts from a ConfigMap is made of links into a folder like ..2026_12_01_09_30_00.1234.
    *folders, name = inside.split("/")
    return is_hidden(name) or any(is_hidden(folder) and not folder.startswith("..") for folder in folders)


def shown(path: str) -> str:
    """The name to show for a path."""
    # Backslashes are doubled, so that two files never show the same name.
    return escaped(path.replace(os.sep, "/").replace("\\", "\\\\"))
