"""An annotation: a remark at a line of a file, with a message and a help of one safe, short line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.definitions.problem_codes import Severity
from runner.definitions.row_reference import RowLine, RowReference
from runner.definitions.suggest import counted
from runner.report.safe_text import printable

_MAX_TEXT = 1000  # characters of a message or a help, as for problems


@dataclass(frozen=True, slots=True)
class OtherPlace:
    """A place with the same finding as an annotation; `text` is what was found there if the annotation omits it."""

    file: str
    line: int
    column: int | None = None
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + ("" if self.column is None else f":{self.column}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at a line. `subject` is what it is about, independent of the line.

    `row` is the table's row that it is about, if the entry at the line makes many bulletins. `others` are the first of
    the other places with the same finding.
    """

    severity: Severity
    rule: str
    message: str
    file: str
    line: int
    column: int | None = None
    help: str = ""
    subject: str = ""
    row: RowReference | None = None
    others: tuple[OtherPlace, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _short(self.message))
        object.__setattr__(self, "help", _short(self.help))

    @property
    def text(self) -> str:
        """Return message, help and what was found at other places, as one line."""
        text = self.message
        if self.help:
            text += f"; {self.help}" if text.endswith(".") else f". {self.help}"
        further = "; ".join(_short(each.text) for each in self.others if each.text)
        return f"{text}{' ' if text.endswith('.') else '; '}{further}" if further else text

    @property
    def row_place(self) -> RowLine | None:
        """Return the place of its row, if it has a row with a place in a file."""
        return self.row if isinstance(self.row, RowLine) else None


def by_severity(annotations: Iterable[Annotation]) -> list[Annotation]:
    """Sort into errors, warnings and notes; annotations of one severity keep their order."""
    order = list(Severity)
    return sorted(annotations, key=lambda annotation: order.index(annotation.severity))


def tally(annotations: Iterable[Annotation]) -> str:
    """Count annotations by severity: `2 errors, 1 warning`; without any, `nothing found`."""
    found = [annotation.severity for annotation in annotations]
    counts = [counted(found.count(each), each.value) for each in Severity if each in found]
    return ", ".join(counts) or "nothing found"


def _short(text: str) -> str:
    return printable(text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…")
