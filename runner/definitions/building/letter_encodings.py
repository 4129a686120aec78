"""Find names that look the same, because their letters have two encodings of Unicode: an é, or an e and an accent.

CleverTap treats them as two names. Pure: the bulletins of one file, or names, come in; warnings go out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from runner.definitions.model import Bulletin
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import quoted


def in_bulletins(bulletins: Iterable[Bulletin]) -> Iterator[Finding]:
    """Yield warnings about names of business events and of properties in the bulletins of one file."""
    events, properties = SeenNames(), SeenNames()
    for bulletin in bulletins:
        if bulletin.business_event.isascii() and all(map(str.isascii, bulletin.properties)):
            continue  # nearly all
        place, where = bulletin.place, f"in {bulletin.id}"
        path = ("bulletins", place.entry)
        names: list[tuple[SeenNames, str, Path]] = [(events, bulletin.business_event, (*path, "business_event"))]
        names += [(properties, name, (*path, "properties", name)) for name in bulletin.properties if not name.isascii()]
        for seen, name, field in names:
            if other := seen.place_of_other(name, where):
                at_key = seen is properties
                yield Finding(
                    Code.TWO_ENCODINGS, place.file, field, message_about(name, other), HELP, at_key, place.row
                )


HELP = "Copy the name from there."


def message_about(name: str, other: str) -> str:
    """Return the message about a name that looks like another one; `other` is the place of that."""
    return f"{quoted(name)} has the same letters as a name {other}, in another encoding"


class SeenNames:
    """The names seen so far, by their letters, each with its place."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[str, str]] = {}

    def place_of_other(self, name: str, place: str) -> str:
        """Return the place of another name with the same letters; empty without one. Keeps the first name."""
        if name.isascii():
            return ""
        first, there = self._first.setdefault(unicodedata.normalize("NFC", name), (name, place))
        return "" if first == name else there
