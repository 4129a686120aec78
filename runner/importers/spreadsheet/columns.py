"""Decide what each column of a table means: a field, a part of the schedule, or a property.

In: the names of the header and what the options say of them. Out: `Columns`, or UserError for a name that does not
exist. A column can be used several times, by options only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.definitions.fields import FIELDS, SCHEDULE_COLUMNS, Form
from runner.definitions.problem import Path, dotted
from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.errors import ErrorCode, Exit, UserError

AT: Path = ("schedule", "at")
DATE: Path = ("schedule", "date")  # a day of the column `date`, and a time of the column `time`: together schedule.at
TIME: Path = ("schedule", "time")
_PARTS_OF_AT = {"date": DATE, "time": TIME}
# Header of a column -> the field. Any other column is a property.
_HEADERS: Mapping[str, Path] = {
    **{
        header: (field.name,)
        for field in FIELDS
        if field.form is not Form.MAPPING
        for header in (field.attribute, *field.columns)
    },
    **{header: ("schedule", key) for header, key in SCHEDULE_COLUMNS.items()},
}
_DATES_AND_TIMES = {
    f"{prefix}{part}": path for prefix in ("", "send_", "release_") for part, path in _PARTS_OF_AT.items()
}
_PREFIXES = {"properties.": "properties", "schedule.": "schedule"}
_ONLY_BY_OPTION = ("starts", "ends", "catch_up")  # as headers they are properties
_FIELD_NAMES = (
    *(field.name for field in FIELDS if field.form is not Form.MAPPING),
    "at", "date", "time", "cron", "timezone", "grace", *_ONLY_BY_OPTION,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """What the options say of columns: fields by their names, columns to leave out, and the column of the key."""

    fields: Sequence[tuple[str, str]] = ()  # field and column, of --column FIELD=COLUMN
    ignored: Sequence[str] = ()
    key: str | None = None

    def names(self) -> set[str]:
        """Return the folded names of the columns that become a field by an option."""
        return {fold(column) for name, column in self.fields if not name.startswith("properties.")}


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a header, and the field of each column that is used."""

    names: Sequence[str]
    fields: Sequence[tuple[Path, int]]
    key: int | None = None
    ignored: frozenset[int] = frozenset()

    def has(self, path: Path) -> bool:
        """Report whether a column holds this field."""
        return self.number(path) is not None

    def number(self, path: Path) -> int | None:
        """Return the number of the column that holds a field, counted from 0."""
        return next((number for each, number in self.fields if each == path), None)

    def nearest(self, path: Path) -> int | None:
        """Return the number of the column of a field, or of the nearest part of it that has a column."""
        for length in range(len(path), 0, -1):
            if (number := self.number(path[:length])) is not None:
                return number
        return self.number(DATE) if path == AT else self.key if path == ("id",) else None

    def paths(self) -> list[Path]:
        """Return the fields that have a column; a day or a time counts as schedule.at."""
        return [AT if path in (DATE, TIME) else path for path, _ in self.fields]


def fold(name: str) -> str:
    """Return a column's name in the form in which names are compared."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def field_names() -> tuple[str, ...]:
    """Return the names that --column takes, besides properties.NAME."""
    return _FIELD_NAMES


def is_field(name: str) -> bool:
    """Report whether a header names a field by itself."""
    path = _path_of_header(name)
    return fold(name) in _DATES_AND_TIMES or (path is not None and path[0] != "properties")


def columns_of(names: Sequence[str], options: ColumnOptions) -> Columns:
    """Return the meaning of each column. Raises UserError if an option names what does not exist."""
    given = [(path_of_option(name), _number(column, names, f"--column {name}=")) for name, column in options.fields]
    ignored = {number for name in options.ignored for number in _numbers(name, names, "--ignore-column ")}
    key = None if options.key is None else _number(options.key, names, "--key ")
    used = {number for _, number in given} | ignored
    rest = [(number, name) for number, name in enumerate(names) if name and number not in used]
    fields = [*given, *_recognised(rest, {path for path, _ in given})]
    return Columns(names, sorted(fields, key=lambda each: each[1]), key, frozenset(ignored))


def _recognised(rest: Sequence[tuple[int, str]], given: set[Path]) -> Iterator[tuple[Path, int]]:
    """Return the fields of columns about which no option says anything."""
    paths = {number: _path_of_header(name) for number, name in rest}
    is_scheduled = bool({AT, DATE, TIME, ("schedule", "cron")} & {*given, *paths.values()})
    for number, name in rest:
        part = _DATES_AND_TIMES.get(fold(name))
        # With an option for only one of the two, the header of the other one still counts.
        if part is not None and part not in given and (not is_scheduled or {DATE, TIME} & given):
            yield part, number
        elif (path := paths[number]) is not None:
            yield path, number


def _path_of_header(name: str) -> Path | None:
    """Return the field of a header; None for a column without a name."""
    folded = name.casefold()
    for prefix, first in _PREFIXES.items():
        if folded.startswith(prefix) and len(name) > len(prefix):
            return first, name[len(prefix) :] if first == "properties" else folded[len(prefix) :]
    return _HEADERS.get(fold(name), ("properties", name)) if name else None


def path_of_option(name: str) -> Path:
    """Return the field that --column names. Raises UserError if there is none."""
    if name.startswith("properties.") and len(name) > len("properties."):
        return "properties", name.removeprefix("properties.")
    folded = fold(name.removeprefix("schedule."))
    if folded in _PARTS_OF_AT:
        return _PARTS_OF_AT[folded]
    if folded in _ONLY_BY_OPTION:
        return "schedule", folded
    if folded in _HEADERS:
        return _HEADERS[folded]
    hint = did_you_mean(name, _FIELD_NAMES) or f"Fields are {', '.join(_FIELD_NAMES)}."
    raise UserError(
        ErrorCode.NO_SUCH_FIELD,
        f"--column {name}=… names no field of a bulletin",
        help=f"{hint} For a property, write --column properties.{name}=COLUMN.",
        exit_code=Exit.USAGE,
    )


def _number(column: str, names: Sequence[str], option: str) -> int:
    numbers = _numbers(column, names, option)
    if len(numbers) > 1:
        raise UserError(
            ErrorCode.NO_SUCH_COLUMN,
            f"{option}{column} fits {len(numbers)} columns of the table",
            help="Give these columns different names in the spreadsheet.",
            exit_code=Exit.USAGE,
        )
    return numbers[0]


def _numbers(column: str, names: Sequence[str], option: str) -> list[int]:
    """Return the numbers of the columns with this name: as written, otherwise without regard to case and spaces."""
    numbers = [number for number, name in enumerate(names) if name == column]
    numbers = numbers or [number for number, name in enumerate(names) if name and fold(name) == fold(column)]
    if not numbers:
        known = [name for name in dict.fromkeys(names) if name]
        hint = did_you_mean(column, known)
        raise UserError(
            ErrorCode.NO_SUCH_COLUMN,
            f"{option}{column} names a column that the table does not have",
            help=f"{hint} The columns are {listed(map(quoted, known))}.".strip(),
            exit_code=Exit.USAGE,
        )
    return numbers


def shown_field(path: Path) -> str:
    """Return a field as reports show it: the parts of schedule.at as date and time."""
    return {DATE: "date", TIME: "time"}.get(path) or dotted(path)
