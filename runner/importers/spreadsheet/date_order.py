"""Decide whether the dates of a column begin with the day or the month: one date whose day is over 12 decides it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.importers.spreadsheet.moments import DateOrder, month_name, numbers_of_day_and_month


@dataclass(frozen=True, slots=True)
class UndecidedDates:
    """A column whose dates could begin with either; `example` is its first such date."""

    column: str
    example: str

    def meanings(self) -> tuple[str, str]:
        """Return what the example means with the day first, and with the month first."""
        first, second = numbers_of_day_and_month(self.example) or (0, 0)
        return f"{first} {month_name(second)}", f"{second} {month_name(first)}"


@dataclass(frozen=True, slots=True)
class ContradictoryDates:
    """A column with a date that begins with the day, and one that begins with the month, each with its row."""

    day_first: tuple[int, str]
    month_first: tuple[int, str]


def order_of(column: str, cells: Iterable[tuple[int, str]]) -> DateOrder | UndecidedDates | ContradictoryDates | None:
    """Return the order of a column's dates; None if it does not matter. Cells come with the number of their row."""
    day_first: tuple[int, str] | None = None
    month_first: tuple[int, str] | None = None
    undecided: str | None = None
    for line, text in cells:
        if (numbers := numbers_of_day_and_month(text)) is None or numbers[0] == numbers[1]:
            continue
        match numbers[0] > 12, numbers[1] > 12:
            case True, False:
                day_first = day_first or (line, text)
            case False, True:
                month_first = month_first or (line, text)
            case False, False if 0 not in numbers:
                undecided = undecided or text
    if day_first and month_first:
        return ContradictoryDates(day_first, month_first)
    if day_first or month_first:
        return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST
    return UndecidedDates(column, undecided) if undecided else None
