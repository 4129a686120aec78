"""Firings of which one bulletin has many, such as the expired times of a schedule → told apart from the few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

OFTEN = 3  # so many of one bulletin in one account are told together

T = TypeVar("T")


def bulletin_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """The account and bulletin of an entry of a document."""
    return entry["account"], entry["id"]


def few_and_often(entries: Iterable[T], of: Callable[[T], tuple[str, str]]) -> tuple[list[T], list[list[T]]]:
    """The entries that are few, and those that are many together; `of` is the account and bulletin of one."""
    groups: dict[tuple[str, str], list[T]] = {}
    for each in entries:
        groups.setdefault(of(each), []).append(each)
    few = [each for group in groups.values() if len(group) < OFTEN for each in group]
    return few, [group for group in groups.values() if len(group) >= OFTEN]
