"""Texts that are filled in: `{{ row.show }}` from a row, `{{ occurrence.date }}` once a time is known.

The texts of an entry are checked and compiled together, once, to a `Renderer`; then each row is filled in. A
template is Jinja2, cut down to what fills in cells: it reaches no file, calls nothing and never loops.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.definitions.templates.render import Renderer as Renderer

Key = tuple[str | int, ...]  # where the text stands in its entry: ("properties", "language"), ("tags", 0)

OCCURRENCE_FIELDS = (
    "date",
    "time",
    "datetime",
    "year",
    "month",
    "month_name",
    "day",
    "weekday",
    "week",
    "week_year",
    "utc",
    "unix",
)

_OPENING = re.compile(r"\{[{%#]")
_MARKER = re.compile(r"\{\{ occurrence\.([a-z_]+) \}\}")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text cannot be used, what to write instead, and which text of the entry it is."""

    key: Key
    message: str
    help: str


class RowFault(Exception):
    """A row that its entry cannot be filled in with."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def is_template(text: str) -> bool:
    """Whether the text holds something to fill in: `{{`, `{%` or `{#`."""
    return "{" in text and _OPENING.search(text) is not None


def compile_texts(
    texts: Mapping[Key, str], columns: Sequence[str], *, with_occurrence: Container[Key] = ()
) -> Renderer | list[Fault]:
    """What fills in the texts of an entry, row after row; or why it cannot be, with one fault for each bad text.

    `columns` are the names that rows have. Only texts whose keys are in `with_occurrence` may name an occurrence.
    """
    from runner.definitions.templates.render import compiled  # Jinja2 takes a while to import

    return compiled(texts, columns, with_occurrence)


def occurrence_values(local: datetime) -> dict[str, str]:
    """The fields of an occurrence at that aware local time: whole seconds, English names, ISO weeks."""
    iso = local.isocalendar()
    values = (
        local.date().isoformat(),
        f"{local:%H:%M}",
        local.isoformat(timespec="seconds"),
        f"{local.year:04}",
        f"{local.month:02}",
        _MONTHS[local.month - 1],
        f"{local.day:02}",
        _WEEKDAYS[iso.weekday - 1],
        f"{iso.week:02}",
        f"{iso.year:04}",
        local.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z",
        str(int(local.timestamp())),
    )
    return dict(zip(OCCURRENCE_FIELDS, values, strict=True))


def marker(field: str) -> str:
    """What stands in a text for a field of its occurrence until that is known."""
    return f"{{{{ occurrence.{field} }}}}"


def fill_occurrence(text: str, values: Mapping[str, str]) -> str:
    """The text with its markers replaced by the fields that `occurrence_values` gave."""
    if "{{" not in text:
        return text
    return _MARKER.sub(lambda found: values.get(found[1], found[0]), text)
