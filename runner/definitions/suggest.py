"""Phrases for messages: "did you mean", lists of names, quoted texts, counts. Pure functions."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

_MOST_COMPARED = 30  # comparing is slow, and a catalog may have thousands of names


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `Did you mean schedule?` if a known name is similar, otherwise an empty text."""
    return _nearest(name, tuple(known)) if len(name) <= 200 else ""


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    if (same := same_letters(name, known)) is not None:
        found = f"It has the same letters as {same} in another encoding: {_difference(name, same)}."
        return f"{found} Copy the name from there."
    folded, wanted = _folded(known), _fold(name)
    candidates = list(folded)
    if len(candidates) > _MOST_COMPARED:  # compare only names that begin similarly
        middle = bisect_left(candidates, wanted)
        candidates = candidates[max(0, middle - _MOST_COMPARED // 2) : middle + _MOST_COMPARED // 2]
    near = [wanted] if wanted in folded else get_close_matches(wanted, candidates, n=1, cutoff=0.6)
    return f"Did you mean {folded[near[0]]}?" if near else ""


def same_letters(name: str, known: Iterable[str]) -> str | None:
    """Return a known name with the same letters in another encoding of Unicode, which looks alike; None without one.

    An é is one character, or two: an e and an accent.
    """
    if name.isascii():
        return None
    normal = unicodedata.normalize("NFC", name)
    return next((each for each in known if each != name and unicodedata.normalize("NFC", each) == normal), None)


def _difference(name: str, other: str) -> str:
    """Return where two names with the same letters differ first."""
    start = next((at for at, (one, two) in enumerate(zip(name, other, strict=False)) if one != two), 0)
    here, there = _composed(name, start), _composed(other, start)
    if len(here) == len(there):
        return "its accents are in another order"
    return f"here {unicodedata.normalize('NFC', here)} has {counted(len(here), 'character')}, there {len(there)}"


def _composed(name: str, start: int) -> str:
    """Return the letter at a place with its accents."""
    while start and unicodedata.combining(name[start]):
        start -= 1
    end = start + 1
    while end < len(name) and unicodedata.combining(name[end]):
        end += 1
    return name[start:end]


@lru_cache(maxsize=8)
def _folded(names: tuple[str, ...]) -> dict[str, str]:
    return dict(sorted((_fold(name), name) for name in names))


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")


def quoted(text: str) -> str:
    """Return the text in quotes, shortened to 60 characters."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def listed(names: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`. After twelve names, only the number of the other names follows."""
    items = list(names)
    if len(items) > 12:
        return f"{', '.join(items[:12])} {last} {len(items) - 12} more"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun: `1 byte`, `2,000 bytes`; `plural` for a noun whose plural is not formed with s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
