"""What a set is made of: named bytes, wherever they come from, and the rules of names that every place keeps to."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from runner.definitions.problem import escaped

SUFFIXES = (".yaml", ".yml")
LINK_TO_FOLDER = "it is a link to a folder, and such links are not followed"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a set: the name to show, and what gives its bytes; it raises OSError where they can't be read."""

    name: str
    read: Callable[[], bytes]


def is_definition(name: str) -> bool:
    """Whether a file of that name is one of the set."""
    return name.lower().endswith(SUFFIXES)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of that name is passed over, with all that it holds."""
    return name.startswith(".")


def shown(path: str) -> str:
    """The name to show for a path."""
    # Backslashes are doubled, so that two files never show the same name.
    return escaped(path.replace(os.sep, "/").replace("\\", "\\\\"))
