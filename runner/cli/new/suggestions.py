"""What `new` suggests where Enter alone is to be answer enough: the next name, and an id that is free."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from runner.definitions.model import Bulletin
from runner.importers.naming import slug

_LAST_NUMBER = re.compile(r"[0-9]{1,9}(?=[^0-9]*\Z)")
_MAX_ID = 100  # which leaves room for a number


def next_name(event: str, bulletins: Iterable[Bulletin]) -> str:
    """The name of the last bulletin of the event with its number one higher, until no bulletin has it."""
    names = {each.name: None for each in bulletins if each.business_event == event and "{{" not in each.name}
    name = next(reversed(names), event)
    while name in names:
        found = _LAST_NUMBER.search(name)
        number = str(int(found[0]) + 1).zfill(len(found[0])) if found else ""
        name = f"{name[: found.start()]}{number}{name[found.end() :]}" if found else f"{name} 2"
    return name


def id_of(name: str, event: str) -> str:
    """An id made of the name, or of the event where the name has no letters for one."""
    wanted = slug(name)
    if not any(character.isalpha() for character in wanted):
        wanted = slug(f"{event} {wanted}") or "bulletin"
    return wanted[:_MAX_ID].rstrip("-")


def free_id(name: str, event: str, known: Collection[str]) -> str:
    """The same, with a number behind it where a bulletin has it already."""
    wanted = id_of(name, event)
    suggestion, number = wanted, 2
    while suggestion in known:
        suggestion, number = f"{wanted}-{number}", number + 1
    return suggestion
