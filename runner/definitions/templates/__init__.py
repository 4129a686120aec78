"""Cell templates: `{{ row.show }}` is filled in from a row, `{{ occurrence.date }}` when the due time is known.

Takes the texts of one entry, checks and compiles them once, and returns a `Renderer`, or a fault for each bad text.
A template is Jinja2 without loops, calls, files and attributes.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.definitions.templates.renderer import Renderer as Renderer

Key = tuple[str | int, ...]  # the place of a text in its entry: ("properties", "language"), ("tags", 0)

OPENING = re.compile(r"\{[{%#]")
_MARKER = re.compile(r"\{\{ occurrence\.([a-z_]+) \}\}")
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """The key of a text that can't be used, the reason, and the fix."""

    key: Key
    message: str
    help: str


class TemplateRefusal(Exception):
    """A piece of a template, or a value of a row, that is not allowed: the reason, the fix, the line in the text."""

    def __init__(self, message: str, help: str, line: int = 1) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.line = line


class RowFault(Exception):
    """A row that a template can't be filled in from."""

    def __init__(self, fault: TemplateFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def is_template(text: str) -> bool:
    """Whether the text contains `{{`, `{%` or `{#`."""
    return "{" in text and OPENING.search(text) is not None


def compile_texts(
    texts: Mapping[Key, str], columns: Sequence[str], *, with_occurrence: Container[Key] = (), literal: bool = False
) -> Renderer | list[TemplateFault]:
    """Compile the texts of an entry whose rows have these columns. Returns a fault for each bad text, if there is one.

    Only texts whose keys are in `with_occurrence` may use fields of the occurrence. `literal`: finished texts may
    contain braces, from cells and from {% raw %}.
    """
    from runner.definitions.templates.renderer import compiled  # importing Jinja2 takes a while

    return compiled(texts, columns, with_occurrence, literal=literal)


def occurrence_values(local: datetime) -> dict[str, str]:
    """The fields of an occurrence at that aware local time: whole seconds, English names, ISO weeks."""
    week_year, week, weekday = local.isocalendar()
    return {
        "date": local.date().isoformat(),
        "time": f"{local:%H:%M}",
        "datetime": local.isoformat(timespec="seconds"),
        "year": f"{local.year:04}",
        "month": f"{local.month:02}",
        "month_name": _MONTHS[local.month - 1],
        "day": f"{local.day:02}",
        "weekday": _WEEKDAYS[weekday - 1],
        "week": f"{week:02}",
        "week_year": f"{week_year:04}",
        "utc": local.astimezone(UTC).isoformat(timespec="seconds").removesuffix("+00:00") + "Z",
        "unix": str(int(local.timestamp())),
    }


OCCURRENCE_FIELDS = tuple(occurrence_values(datetime(2026, 1, 1, tzinfo=UTC)))


def marker(field: str) -> str:
    """The placeholder for a field of the occurrence, in a text whose due time is not known yet."""
    return f"{{{{ occurrence.{field} }}}}"


def holds_marker(text: str) -> bool:
    """Whether a text contains a marker: in a recurring bulletin, its value would replace it."""
    return "{{" in text and _MARKER.search(text) is not None


def literal_template(text: str) -> str:
    """Return a template that gives a finished text again: its braces are literal, except those of markers."""
    pieces = _MARKER.split(text)  # texts, and between them the fields of markers
    return "".join(marker(piece) if number % 2 else _raw(piece) for number, piece in enumerate(pieces))


def _raw(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}" if is_template(text) else text


def fill_occurrence(text: str, values: Mapping[str, str]) -> str:
    """Replace the markers of a text by the values from `occurrence_values`."""
    if "{{" not in text:
        return text
    return _MARKER.sub(lambda found: values.get(found[1], found[0]), text)
