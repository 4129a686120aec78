"""Groups of instances that are alike: shown once, with the first instances and a count. All formats use `fold`.

In: instances, and what they have in common. Out: groups in the order of their first instances. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

MOST_SHOWN = 3  # instances of a group, unless all are wanted; a fourth takes no more room than its count would

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AlikeGroup(Generic[T]):
    """Instances that are alike, in the order in which they were found; at least one.

    `leading` are those that are shown unless all are wanted. `count` is larger than the number of `instances` if some
    were not kept; with `is_least`, there may be more than `count`.
    """

    instances: tuple[T, ...]
    leading: tuple[T, ...]
    count: int
    is_least: bool = False

    @property
    def first(self) -> T:
        """The first instance."""
        return self.instances[0]

    def shown(self, *, whole: bool = False) -> tuple[T, ...]:
        """Return the instances to show: the leading ones, or if `whole` all that were kept."""
        return self.instances if whole else self.leading

    def unshown(self, *, whole: bool = False) -> int:
        """Return the number of instances that `shown` leaves out."""
        return self.count - len(self.shown(whole=whole))


def fold(
    instances: Iterable[T],
    common: Callable[[T], Hashable],
    *,
    variety: Callable[[T], Hashable] = lambda instance: None,
    most_kept: int | None = None,
) -> list[AlikeGroup[T]]:
    """Return a group for each value of `common`, in the order of the first instances.

    The leading instances of a group differ in `variety` where possible. At most `most_kept` instances are kept.
    """
    kept: dict[Hashable, list[T]] = {}
    counts: dict[Hashable, int] = {}
    for each in instances:
        key = common(each)
        counts[key] = counts.get(key, 0) + 1
        group = kept.setdefault(key, [])
        if most_kept is None or len(group) < most_kept:
            group.append(each)
    return [AlikeGroup(tuple(group), _leading(group, variety), counts[key]) for key, group in kept.items()]


def _leading(group: list[T], variety: Callable[[T], Hashable]) -> tuple[T, ...]:
    """Return the first instances; one that differs from those before comes before one that does not."""
    if len(group) <= MOST_SHOWN + 1:
        return tuple(group)
    first_of: dict[Hashable, int] = {}
    for number, each in enumerate(group):
        if len(first_of) < MOST_SHOWN:
            first_of.setdefault(variety(each), number)
    different = list(first_of.values())
    others = (number for number in range(MOST_SHOWN) if number not in different)
    return tuple(group[number] for number in sorted([*different, *others][:MOST_SHOWN]))
