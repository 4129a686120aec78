"""Problems: findings about the definitions, as values.

A rule yields a `Finding`, which says *what part* of a document it is about; `located` turns it into a
`Problem`, which says at which line and column. Nothing here prints or reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.definitions.codes import Code

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding about the definitions, with its place. Lines and columns count from 1, in characters."""

    file: str
    line: int
    column: int
    code: Code
    message: str
    help: str = ""
    source: str = ""  # the text of the line, for the snippet


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose place is still a path into its document, e.g. `("bulletins", 3, "name")`.

    With `at_key` the place is the key at the end of the path, else the value there.
    """

    code: Code
    file: str
    path: Path
    message: str
    help: str = ""
    at_key: bool = False


def dotted(path: Path) -> str:
    """The path as people write it: `bulletins[3].properties.program_id`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
