"""Blanks that only look like a space: in the structure of a file, YAML reads them as letters. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# All space characters of Unicode other than the space itself, and the invisible ones that word processors insert.
_WIDTHS = "".join(map(chr, range(0x2000, 0x200E)))
ODD_BLANKS = f"\u00a0\u1680\u180e{_WIDTHS}\u202f\u205f\u2060\u3000\ufeff\u00ad"
ANY_BLANK = " \t" + ODD_BLANKS
_ODD = re.compile(f"[{ODD_BLANKS}]")
# Where YAML expects a plain space: in the indentation, after a dash, and at both sides of the colon of a field.
_STRUCTURAL = re.compile(
    rf"(?:[ \t\-{ODD_BLANKS}]*?|[ \t-]*[\w.\"'-]*?:[ \t]*|[ \t-]*[\w.\"'-]+[ \t]*(?=[{ODD_BLANKS} ]*:))([{ODD_BLANKS}])"
)


@dataclass(frozen=True, slots=True)
class OddBlank:
    """A blank in the structure of a line that is no space: its column from 1, what is wrong, and what to write."""

    column: int
    message: str
    help: str


def has_odd_blank(text: str) -> bool:
    """Whether a text contains a blank other than the space. Fast for texts of ASCII only."""
    return not text.isascii() and _ODD.search(text) is not None


def structural_blank(line: str) -> OddBlank | None:
    """Return the first blank of the line that is no space, where YAML needs one; None if there is none."""
    if line.isascii() or (found := _STRUCTURAL.match(line)) is None:
        return None
    character = found[1]
    name = unicodedata.name(character, "invisible character").lower()
    message = f"the character here is no plain space but U+{ord(character):04X}, {name}"
    return OddBlank(found.start(1) + 1, message, "Delete it, and type a space with the space bar.")
