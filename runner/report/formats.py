"""The formats that can be chosen with `--format`: a line for each, and the texts that they make.

In: the name of a format, and a plan's or report's document, or the definitions' problems. Out: the text in this format.
The commands make `text`, which is for people at a terminal, themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from runner.report.format_interface import PlanFormat, ProblemsFormat, ReportFormat, RunFormat

if TYPE_CHECKING:
    from datetime import datetime

    from runner.definitions.model import Definitions


@dataclass(frozen=True, slots=True)
class _Registered:
    """A format: the module that holds it as `FORMAT`, imported when it is used, and the kinds that it inherits from."""

    module: str
    kinds: tuple[type, ...] = (ReportFormat,)


_FORMATS: Mapping[str, _Registered] = {
    "json": _Registered("runner.report.json_documents"),
    "markdown": _Registered("runner.report.markdown.format"),
    "github": _Registered("runner.report.annotations.github"),
    "sarif": _Registered("runner.report.annotations.sarif"),
    "junit": _Registered("runner.report.junit"),
    "html": _Registered("runner.report.html.format", (PlanFormat, RunFormat)),
}


def _names(kind: type) -> tuple[str, ...]:
    return tuple(name for name, format_ in _FORMATS.items() if any(issubclass(each, kind) for each in format_.kinds))


PROBLEM_FORMATS = ("text", *_names(ProblemsFormat))
PLAN_FORMATS = ("text", *_names(PlanFormat))
RUN_FORMATS = ("text", *_names(RunFormat))
# These show problems also where a plan or a run was asked for. The JSON of plans and runs has no place for them.
FINDING_FORMATS = tuple(name for name in _names(ProblemsFormat) if name != "json")


def problems_in(format_: str, definitions: Definitions, *, now: datetime, whole: bool = False) -> str:
    """Return the problems of a set in one of `PROBLEM_FORMATS` other than text, with a line break at the end.

    `whole`, here and below: every instance of what is alike, not only the first ones.
    """
    found: ProblemsFormat = _load(format_)
    return _ended(found.problems_text(definitions, now, whole=whole))


def plan_in(format_: str, document: Mapping[str, Any], *, whole: bool = False) -> str:
    """Return a plan's document in one of `PLAN_FORMATS` other than text, with a line break at the end."""
    found: PlanFormat = _load(format_)
    return _ended(found.plan_text(document, whole=whole))


def run_in(format_: str, document: Mapping[str, Any], *, whole: bool = False) -> str:
    """Return a report's document in one of `RUN_FORMATS` other than text, with a line break at the end."""
    found: RunFormat = _load(format_)
    return _ended(found.run_text(document, whole=whole))


def _load(name: str) -> Any:
    return import_module(_FORMATS[name].module).FORMAT


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
