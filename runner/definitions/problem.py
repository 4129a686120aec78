"""Problems: findings about the definitions, as values.

A rule yields a `Finding`, which says *what part* of a document it is about; `located` turns it into a
`Problem`, which says at which line and column. Nothing here prints or reads a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from runner.definitions.codes import Code
from runner.definitions.suggest import quoted

MAX_PROBLEMS = 1000  # of one file, and of the rules that span files

Path = tuple[str | int, ...]

_MAX_TEXT = 1000
# What would break a line, move the cursor of a terminal, turn the direction of writing, or not be UTF-8.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding about the definitions, with its place. Lines and columns count from 1, in characters.

    Message and help are one line each, whatever the file holds.
    """

    file: str
    line: int
    column: int
    code: Code
    message: str
    help: str = ""
    source: str = ""  # the text of the line, for the snippet

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _one_line(self.message))
        object.__setattr__(self, "help", _one_line(self.help))


def too_many(last: Problem) -> Problem:
    """What is said in place of the problems after the first thousand: `last` is the first that is not shown."""
    message = f"there are more than {MAX_PROBLEMS:,} problems; those from here on are not shown"
    return replace(last, code=Code.TOO_MANY_PROBLEMS, message=message, help="Mend the others first.")


def _one_line(text: str) -> str:
    return escaped(text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "...")


def escaped(text: str) -> str:
    """The text with what cannot be shown on one line, such as a line break or an escape sequence, spelt out."""
    return _UNSHOWABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


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
            name = step if len(step) <= 120 else quoted(step)
            text += f".{name}" if text else name
    return text
