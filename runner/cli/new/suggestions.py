"""Suggest answers for `new`: the next name of an event's bulletins, and an unused id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from runner.definitions.model import Bulletin
from runner.importers.naming import slug

_LAST_NUMBER = re.compile(r"[0-9]{1,9}(?=[^0-9]*\Z)")
_MAX_ID = 100  # shorter than the limit of ids, so that a number fits behind it


def next_name(event: str, bulletins: Iterable[Bulletin]) -> str:
    """Return the name of the event's last bulletin with its number raised until no bulletin has this name."""
    names = {each.name: None for each in bulletins if each.business_event == event and "{{" not in each.name}
    name = next(reversed(names), event)
    while name in names:
        found = _LAST_NUMBER.search(name)
        number = str(int(found[0]) + 1).zfill(len(found[0])) if found else ""
        name = f"{name[: found.start()]}{number}{name[found.end() :]}" if found else f"{name} 2"
    return name


def id_of(name: str, event: str) -> str:
    """Make an id from the name, or from event and name if the name has no letters."""
    wanted = slug(name)
    if not any(character.isalpha() for character in wanted):
        wanted = slug(f"{event} {wanted}") or "bulletin"
    return wanted[:_MAX_ID].rstrip("-")


def free_id(name: str, event: str, known: Collection[str]) -> str:
    """Make an id from the name, with a number behind it if a bulletin already has this id."""
    wanted = id_of(name, event)
    suggestion, number = wanted, 2
    while suggestion in known:
        suggestion, number = f"{wanted}-{number}", number + 1
    return suggestion
