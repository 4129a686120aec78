"""Separate bulletins with many firings, such as expired occurrences, so that they can be shown as one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

REPEATED_FROM = 3  # from this count on, firings of a bulletin in an account are shown together

T = TypeVar("T")


def bulletin_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return account and bulletin of a document's entry."""
    return entry["account"], entry["id"]


def split_repeated(entries: Iterable[T], of: Callable[[T], tuple[str, str]]) -> tuple[list[T], list[list[T]]]:
    """Return the entries of bulletins with few entries, and a list for each bulletin with many.

    `of` returns account and bulletin of an entry.
    """
    groups: dict[tuple[str, str], list[T]] = {}
    for each in entries:
        groups.setdefault(of(each), []).append(each)
    few = [each for group in groups.values() if len(group) < REPEATED_FROM for each in group]
    return few, [group for group in groups.values() if len(group) >= REPEATED_FROM]
