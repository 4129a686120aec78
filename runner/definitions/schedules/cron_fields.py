"""The five fields of a cron expression, and the items of a field: `9-17/2` comes in, the values 9, 11, … 17 go out.

Takes the texts of fields that the library cronsim can read, in capital letters. `L`, `LW`, `5L` and `FRI#1` are items
without fixed values. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ITEM = re.compile(r"(?P<first>\*|[0-9]+|[A-Z]+)(?:-(?P<last>[0-9]+|[A-Z]+))?(?:/(?P<step>[0-9]+))?\Z")


@dataclass(frozen=True, slots=True)
class CronField:
    """A field: its smallest and largest value, the names of its values, and what may be written in it."""

    name: str
    low: int
    high: int
    takes: str
    names: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Return the number of its values."""
        return self.high - self.low + 1

    def number(self, text: str) -> int | None:
        """Return the value of a number or a name, which may be too large; None for any other text."""
        if text in self.names:
            return self.low + self.names.index(text)
        return int(text) if text.isdecimal() and text.isascii() else None

    def written(self, value: int, *, by_name: bool = False) -> str:
        """Return a value as a number, or by its name."""
        return self.names[value - self.low] if by_name else str(value)


MINUTE = CronField("minute", 0, 59, "0 to 59, such as 30, 0,30 or */15")
HOUR = CronField("hour", 0, 23, "0 to 23, such as 18, 9-17 or */2")
DAY = CronField("day of month", 1, 31, "1 to 31, L for the last, or *")
MONTH = CronField(
    "month",
    1,
    12,
    "1 to 12 or JAN to DEC, such as 12, 1-3 or *",
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
WEEKDAY = CronField(  # 7 is Sunday, too
    "day of week",
    0,
    6,
    "0 to 7 or SUN to SAT, such as FRI, MON-FRI, or FRI#1 for the first Friday",
    ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
)
FIELDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a field: `*`, a value, or a range from `first` to `last`, each with an optional step."""

    text: str
    field: CronField
    first: int
    last: int
    step: int | None = None
    is_star: bool = False
    is_range: bool = False  # written with a hyphen
    is_named: bool = False  # by names, such as FRI

    @property
    def values(self) -> tuple[int, ...]:
        """Return its values in the order in which they come: a range may go over the end of its field.

        A step without a range goes to the end of the field.
        """
        end = self.last if self.is_range or self.is_star or self.step is None else self.field.high
        if end < self.first:
            end += self.field.size
        values = range(self.first, end + 1, self.step or 1)
        return tuple(dict.fromkeys(self._within(value) for value in values))

    def _within(self, value: int) -> int:
        return value if value <= self.field.high else value - self.field.size

    def listed(self, values: Sequence[int]) -> str:
        """Return values as a list, by name if the item is written with names."""
        return ",".join(self.field.written(value, by_name=self.is_named) for value in values)


def items_of(text: str, field: CronField) -> Iterator[Item]:
    """Yield the items of a field that have fixed values. Numbers that are too large are left out."""
    for each in text.split(","):
        if (found := _item(each, field)) is not None:
            yield found


def _item(text: str, field: CronField) -> Item | None:
    found = _ITEM.match(text)
    if found is None:
        return None
    step = None if found["step"] is None else int(found["step"])
    if step == 0:
        return None
    if found["first"] == "*":
        return None if found["last"] else Item(text, field, field.low, field.high, step, is_star=True)
    first = field.number(found["first"])
    last = first if found["last"] is None else field.number(found["last"])
    largest = 7 if field is WEEKDAY else field.high
    if first is None or last is None or min(first, last) < field.low or max(first, last) > largest:
        return None
    named = not (found["first"].isdecimal() and (found["last"] or "0").isdecimal())
    return Item(text, field, first, last, step, is_range=found["last"] is not None, is_named=named)
