"""Make ids for imported bulletins without one: readable, from the name, and unique in the whole set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.definitions.slug import slug as slug_of
from runner.importers.draft import Draft

_MAX_CHARACTERS = 120  # limit of an id in schemas/bulletins.schema.json
_ROOM = 8  # characters for a number behind it


def ids_for(drafts: Iterable[Draft], taken: Iterable[str]) -> Iterator[str]:
    """Return an id for each draft: its own, else one from its name that no other draft and no bulletin has."""
    drafts = list(drafts)
    used = {*taken, *(str(draft.fields["id"]) for draft in drafts if "id" in draft.fields)}
    counts: dict[str, int] = {}
    for draft in drafts:
        yield str(draft.fields["id"]) if "id" in draft.fields else _unused(base(draft), used, counts)


def slug(text: str) -> str:
    """Return the letters and digits of the text in the form of an id; empty if it has none."""
    return slug_of(text)[: _MAX_CHARACTERS - _ROOM].rstrip("-")


def id_of_key(key: str, event: str) -> str:
    """Return the id of a bulletin with this key: always the same one. Empty if the key has no letter and no digit."""
    found = slug(key)
    return _readable(found, slug(event)) if found else ""


def base(draft: Draft) -> str:
    """Return the id that a draft's name makes, whether or not another bulletin has it."""
    return _readable(slug(str(draft.fields["name"])), slug(str(draft.fields["business_event"]))) or "bulletin"


def _readable(found: str, event: str) -> str:
    """Return the slug, with the event before a slug of digits only: they are all that remains of a Hindi name."""
    return found if any(character.isalpha() for character in found) else slug(f"{event}-{found}")


def _unused(base: str, used: set[str], counts: dict[str, int]) -> str:
    """Return the first unused of `base`, `base`-2, `base`-3 …, and mark it as used."""
    found = base
    while found in used:
        counts[base] = counts.get(base, 1) + 1
        found = f"{base}-{counts[base]}"
    used.add(found)
    return found
