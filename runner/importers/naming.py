"""Ids for what has none: readable ones from the name, each once in the whole set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from runner.importers.draft import Draft

_MAX_CHARACTERS = 120  # of an id: schemas/bulletins.schema.json
_ROOM = 8  # for the number behind it
_NO_SLUG = re.compile(r"[^a-z0-9]+")


def ids_for(drafts: Iterable[Draft], taken: Iterable[str]) -> Iterator[str]:
    """An id for each draft: its own, else one from its name that neither another draft nor the set has."""
    drafts = list(drafts)
    used = {*taken, *(str(draft.fields["id"]) for draft in drafts if "id" in draft.fields)}
    counts: dict[str, int] = {}
    for draft in drafts:
        yield str(draft.fields["id"]) if "id" in draft.fields else _unused(_base(draft), used, counts)


def slug(text: str) -> str:
    """The letters and digits of the text as an id has them; empty where it has none."""
    letters = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return _NO_SLUG.sub("-", letters).strip("-")[: _MAX_CHARACTERS - _ROOM].rstrip("-")


def _base(draft: Draft) -> str:
    name, event = slug(str(draft.fields["name"])), slug(str(draft.fields["business_event"]))
    if any(character.isalpha() for character in name):
        return name
    # A name in a script of its own leaves its digits at most, which say nothing alone.
    return slug(f"{event}-{name}") or "bulletin"


def _unused(base: str, used: set[str], counts: dict[str, int]) -> str:
    """`base`, or the first of `base`-2, `base`-3 … that is not used; it is then."""
    found = base
    while found in used:
        counts[base] = counts.get(base, 1) + 1
        found = f"{base}-{counts[base]}"
    used.add(found)
    return found
