"""Check the names in the header of a table. In: the names. Out: the first fault with its fix. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from runner.definitions.reading.blanks import has_odd_blank
from runner.definitions.suggest import quoted, same_letters

_MAX_NAME = 120  # characters


def name_fault(names: Sequence[str]) -> tuple[str, str] | None:
    """Return the message and the fix of the first name that can't be used; None if there is none."""
    faults = (_fault(name, number, names) for number, name in enumerate(names, start=1))
    return next(filter(None, faults), None)


def _fault(name: str, number: int, names: Sequence[str]) -> tuple[str, str] | None:
    if not name:
        return f"column {number} has no name", "Write a name in the first row, or remove the column."
    if has_odd_blank(name) or any(unicodedata.category(character) in ("Cf", "Zl", "Zp") for character in name):
        return f"the name of column {number} contains an invisible character", "Type it again."
    if name.startswith("_"):
        return f"the column {quoted(name)} begins with an underscore", "Begin its name with a letter."
    if len(name) > _MAX_NAME or "\n" in name or "\r" in name:
        return f"the name of column {number} has more than {_MAX_NAME} characters or several lines", "Shorten it."
    if (first := names.index(name) + 1) != number:
        return f"the columns {first} and {number} are both named {quoted(name)}", "Rename one of the two."
    if (same := same_letters(name, names[: number - 1])) is not None:
        columns = f"the columns {names.index(same) + 1} and {number}, {quoted(name)},"
        return f"the names of {columns} are the same letters in two encodings", "Rename one of the two."
    return None
