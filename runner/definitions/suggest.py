"""Small words for messages: "did you mean", and lists of names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache

_MOST_COMPARED = 30  # comparing is slow, and a catalog may have thousands of names


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean schedule?` where a known name is near, else nothing."""
    return _nearest(name, tuple(known)) if len(name) <= 200 else ""


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    folded, wanted = _folded(known), _fold(name)
    candidates = list(folded)
    if len(candidates) > _MOST_COMPARED:  # those that begin alike
        middle = bisect_left(candidates, wanted)
        candidates = candidates[max(0, middle - _MOST_COMPARED // 2) : middle + _MOST_COMPARED // 2]
    near = [wanted] if wanted in folded else get_close_matches(wanted, candidates, n=1, cutoff=0.6)
    return f"Did you mean {folded[near[0]]}?" if near else ""


@lru_cache(maxsize=8)
def _folded(names: tuple[str, ...]) -> dict[str, str]:
    return dict(sorted((_fold(name), name) for name in names))


def _fold(name: str) -> str:
    return name.casefold().replace("-", "_")


def quoted(text: str) -> str:
    """A text in quotes, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def listed(names: Iterable[str], last: str = "and") -> str:
    """`a, b and c`; at most twelve, then how many more."""
    items = list(names)
    if len(items) > 12:
        return f"{', '.join(items[:12])} {last} {len(items) - 12} more"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def counted(number: int, what: str) -> str:
    """`1 byte`, `2 bytes`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
