"""Small words for messages: "did you mean", and lists of names."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean schedule?` where a known name is near, else nothing."""
    from difflib import get_close_matches

    names = list(known)
    folded = {candidate.casefold().replace("-", "_"): candidate for candidate in names}
    near = get_close_matches(name.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f"Did you mean {folded[near[0]]}?" if near else ""


def listed(names: Iterable[str], last: str = "and") -> str:
    """`a, b and c`; at most twelve, then how many more."""
    items = list(names)
    if len(items) > 12:
        return f"{', '.join(items[:12])} {last} {len(items) - 12} more"
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
