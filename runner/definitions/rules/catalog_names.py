"""Find names in the catalog that look the same, because their letters have two encodings of Unicode. Pure.

In: the business events of a set. Out: warnings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.definitions.building.letter_encodings import HELP, SeenNames, message_about
from runner.definitions.model import BusinessEvent
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code


def check(events: Iterable[BusinessEvent]) -> Iterator[Finding]:
    """Yield warnings about the names of business events, and about those of the properties of each."""
    names = SeenNames()
    for event in events:
        path: Path = ("business_events", event.name)
        if other := names.place_of_other(event.name, f"at {event.place}"):
            yield Finding(Code.TWO_ENCODINGS, event.place.file, path, message_about(event.name, other), HELP, True)
        properties = SeenNames()
        for name in event.properties or ():
            if other := properties.place_of_other(name, f"in {event.name}"):
                place = (*path, "properties", name)
                yield Finding(Code.TWO_ENCODINGS, event.place.file, place, message_about(name, other), HELP, True)
