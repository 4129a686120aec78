"""Read the time columns of a row: one cell with date and time, or a day and a time in two cells.

In: the columns, the order of their dates, and a row. Out: times as definitions write them, or `TimeFault`s.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time

from runner.definitions.problem import Path
from runner.definitions.problem_codes import Code
from runner.definitions.schedules.times import TimeProblem
from runner.definitions.suggest import quoted
from runner.importers.spreadsheet.columns import AT, DATE, TIME, Columns, shown_field
from runner.importers.spreadsheet.moments import DateOrder, Moment, read_moment
from runner.importers.spreadsheet.sheet import SheetRow

WHEN: Path = ("when",)
_EDGES: tuple[Path, ...] = (("schedule", "starts"), ("schedule", "ends"))
TIME_PATHS: tuple[Path, ...] = (AT, DATE, TIME, *_EDGES, WHEN)
_FILL_IN = "Fill in the cell, or write now to send it as soon as possible. Remove the row if it is a note or a total."
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True)
class TimeFault:
    """A fault of a time, and the number of its column."""

    number: int
    message: str
    help: str
    code: Code = Code.BAD_TIME


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """The time columns of a table, and the order of the dates in each. A column that is `unclear` is not read."""

    columns: Columns
    orders: Mapping[int, DateOrder | None]
    unclear: frozenset[int] = frozenset()

    def schedule_of(self, row: SheetRow) -> tuple[dict[str, str], list[TimeFault]]:
        """Return the times of a row for its schedule, by their keys, and the faults in them."""
        times: dict[str, str] = {}
        faults: list[TimeFault] = []
        for key, found in self._read(row):
            if isinstance(found, TimeFault):
                faults.append(found)
            elif found:
                times[key] = found
        return times, faults

    def _read(self, row: SheetRow) -> Iterator[tuple[str, str | TimeFault]]:
        for path in _EDGES:
            number = self.columns.number(path)
            if number is not None and row.cell(number).strip() and number not in self.unclear:
                moment = self._moment(path, number, row)
                yield str(path[1]), moment if isinstance(moment, TimeFault) else self._written(moment, number, path)
        at, day, time_ = (self.columns.number(path) for path in (AT, DATE, TIME))
        if not {at, day, time_} & self.unclear:
            if at is not None:
                yield "at", self._in_one_cell(at, AT, row)
            elif day is not None:
                yield "at", self._in_two_cells(day, time_, row)

    def _in_one_cell(self, number: int, path: Path, row: SheetRow) -> str | TimeFault:
        text = row.cell(number).strip()
        if not text:
            return self._missing(row, number, "time of sending")
        if text.casefold() == "now":
            return ""
        moment = self._moment(path, number, row)
        if isinstance(moment, TimeFault):
            return moment
        return self._with_time(moment, number, path)

    def _in_two_cells(self, number: int, time_number: int | None, row: SheetRow) -> str | TimeFault:
        if time_number is None or not row.cell(time_number).strip():
            return self._in_one_cell(number, DATE, row)
        if not row.cell(number).strip():
            return TimeFault(number, "the row has a time but no date", "Fill in the cell.", Code.MISSING_FIELD)
        day = self._moment(DATE, number, row)
        clock = self._moment(TIME, time_number, row)
        if isinstance(day, TimeFault) or isinstance(clock, TimeFault):
            return day if isinstance(day, TimeFault) else clock  # type: ignore[return-value]
        if clock.time is None:
            return TimeFault(
                time_number, f"time: {quoted(row.cell(time_number))} contains no time of day", "Write 18:30."
            )
        if clock.day not in (None, day.day) or day.time not in (None, _MIDNIGHT, clock.time) or day.offset:
            said = f"date is {quoted(row.cell(number))}, and time is {quoted(row.cell(time_number))}"
            return TimeFault(
                number, f"{said}, which contradict each other", "Write the day in date, and 18:30 in time."
            )
        return self._written(Moment(day.day, clock.time, clock.offset), number, DATE)

    def when_of(self, number: int, row: SheetRow) -> str | TimeFault:
        """Return the time of the event in a cell that contains neither `now` nor a number."""
        if number in self.unclear:
            return "now"
        moment = self._moment(WHEN, number, row)
        if isinstance(moment, Moment) and moment.time is not None and not moment.offset:
            message = (
                f"when: {quoted(row.cell(number))} has no offset from UTC; when is the time of the event in the payload"
            )
            option = f"--column at={shlex.quote(self.columns.names[number])}"
            return TimeFault(
                number, message, f"For the time of sending, give {option}. Otherwise add an offset like +05:30."
            )
        return moment if isinstance(moment, TimeFault) else self._with_time(moment, number, WHEN)

    def _moment(self, path: Path, number: int, row: SheetRow) -> Moment | TimeFault:
        try:
            return read_moment(row.cell(number), self.orders.get(number))
        except TimeProblem as error:
            return TimeFault(number, f"{shown_field(path)}: {error.message}", error.help)

    def _with_time(self, moment: Moment, number: int, path: Path) -> str | TimeFault:
        if moment.day is not None and moment.time is None:
            message = f"{shown_field(path)}: {moment.day} has no time of day"
            return TimeFault(number, message, "Write the time behind the date, or in a column named time.")
        return self._written(moment, number, path)

    def _written(self, moment: Moment, number: int, path: Path) -> str | TimeFault:
        if moment.day is None:
            return TimeFault(
                number, f"{shown_field(path)}: {moment.time} has no date", "Write it like 2026-12-01 18:30."
            )
        if moment.time is None:
            return moment.day.isoformat()
        return f"{moment.day}T{moment.time:%H:%M:%S}{moment.offset}"

    def _missing(self, row: SheetRow, number: int, what: str) -> str | TimeFault:
        cron = self.columns.number(("schedule", "cron"))
        if cron is not None and row.cell(cron).strip():
            return ""
        return TimeFault(number, f"the row has no {what}", _FILL_IN, Code.MISSING_FIELD)
