"""What a person sees while a run is under way: a bar on a terminal, a line for each outcome elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.report.document import entry
from runner.report.run import OUTCOME_COLOURS, outcome_line

# What is skipped belongs to another run, or has its cause on a line of its own.
_UNREMARKABLE = (Outcome.FIRED, Outcome.SKIPPED)


class Progress(Protocol):
    """Is told each result as it comes, from several threads, and messages about the run."""

    def result(self, result: Result) -> None:
        """One firing ended."""

    def message(self, text: str) -> None:
        """Something about the run as a whole."""


class _Lines:
    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def result(self, result: Result) -> None:
        if result.outcome is not None and not (self._quiet and result.outcome in _UNREMARKABLE):
            click.secho(outcome_line(entry(result)), fg=OUTCOME_COLOURS[result.outcome], err=True)

    def message(self, text: str) -> None:
        click.echo(text, err=True)


@contextmanager
def progress(total: int, *, quiet: bool, verbose: bool) -> Iterator[Progress]:
    """Shows a run of `total` firings on standard error."""
    if quiet or verbose or not total or not sys.stderr.isatty():
        yield _Lines(quiet=quiet)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("firing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("firing", total=total)
        yield _OnBar(bar, task)


class _OnBar:
    """A bar, with a line above it for everything but what was fired."""

    def __init__(self, bar: object, task: object) -> None:
        self._bar = bar
        self._task = task

    def result(self, result: Result) -> None:
        from rich.text import Text

        if result.outcome is not None and (result.outcome is not Outcome.FIRED or result.warnings):
            line = Text(outcome_line(entry(result)), style=OUTCOME_COLOURS[result.outcome])
            self._bar.console.print(line)  # type: ignore[attr-defined]
        if result.step.action.sends:
            self._bar.advance(self._task)  # type: ignore[attr-defined]

    def message(self, text: str) -> None:
        self._bar.console.print(text)  # type: ignore[attr-defined]
