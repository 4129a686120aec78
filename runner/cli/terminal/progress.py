"""Show the progress of a run on standard error: a bar on a terminal, a line for each outcome elsewhere."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.report.document.run import entry
from runner.report.safe_text import printable
from runner.report.text.run import more_expired_line, outcome_line
from runner.report.vocabulary import OUTCOMES

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from runner.jobs.firing.display import RunProgress

# Not shown with --quiet. A skipped firing belongs to another run, or a message of the run gives its cause.
_UNREMARKABLE = (Outcome.FIRED, Outcome.SKIPPED)


class _Skipped:
    """Shorten skipped firings: of hundreds with the same reason, the first is shown and the others are counted."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def is_more_of_the_same(self, result: Result) -> bool:
        """Report whether an earlier firing was skipped for the same reason."""
        if result.outcome is not Outcome.SKIPPED:
            return False
        with self._lock:
            self._counts[str(result.reason or "")] += 1
            return self._counts[str(result.reason or "")] > 1

    def lines(self) -> Iterator[str]:
        """Return a line for each reason with the count of firings that were not shown."""
        for reason, count in self._counts.items():
            if count > 1:
                yield printable(f"skipped    {count - 1:,} more · {reason}")


class _Expired:
    """Shorten expired occurrences: of each bulletin, the first is shown and the others are counted."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], list[str]] = {}
        self._lock = threading.Lock()

    def is_more_of_the_same(self, result: Result) -> bool:
        """Report whether an earlier occurrence of this bulletin was shown as expired."""
        if result.outcome is not Outcome.EXPIRED:
            return False
        key = result.step.firing.key
        with self._lock:
            times = self._times.setdefault(key[:2], [])
            times.append(key.occurrence)
            return len(times) > 1

    def lines(self) -> Iterator[str]:
        """Return a line for each bulletin with the count of occurrences that were not shown."""
        for (account, bulletin), (_, *more) in self._times.items():
            if more:
                yield more_expired_line(account, bulletin, more)


class _Lines:
    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet = quiet
        self._repeated = () if verbose else (_Skipped(), _Expired())
        self._colour = click.get_current_context().color  # results come from threads, which have no context

    def result(self, result: Result) -> None:
        if result.outcome is None or (self._quiet and result.outcome in _UNREMARKABLE):
            return
        if not any(each.is_more_of_the_same(result) for each in self._repeated):
            click.secho(outcome_line(entry(result)), fg=OUTCOMES[result.outcome].colour, err=True, color=self._colour)

    def message(self, text: str) -> None:
        click.echo(text, err=True)

    def close(self) -> None:
        for line in (line for each in self._repeated for line in each.lines()):
            click.secho(line, fg=OUTCOMES[Outcome.SKIPPED].colour, err=True)


@contextmanager
def progress(total: int, *, quiet: bool, verbose: bool) -> Iterator[RunProgress]:
    """Give a RunProgress that shows a run of `total` firings on standard error."""
    if quiet or verbose or not total or not sys.stderr.isatty():
        lines = _Lines(quiet=quiet, verbose=verbose)
        yield lines
        lines.close()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("firing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        bar.console.show_cursor(True)  # the bar hides it, and a run that is killed can't show it again
        on_bar = _OnBar(bar, total)
        yield on_bar
        on_bar.close()


class _OnBar:
    """A bar, with a line above it for every firing that was not simply fired."""

    def __init__(self, bar: Bar, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task("firing", total=total)
        self._repeated = (_Skipped(), _Expired())

    def result(self, result: Result) -> None:
        is_remarkable = result.outcome is not Outcome.FIRED or bool(result.warnings)
        is_more = any(each.is_more_of_the_same(result) for each in self._repeated)
        if result.outcome is not None and is_remarkable and not is_more:
            self._print(outcome_line(entry(result)), OUTCOMES[result.outcome].colour)
        if result.step.action.sends:
            self._bar.advance(self._task)

    def message(self, text: str) -> None:
        self._print(text)

    def close(self) -> None:
        for line in (line for each in self._repeated for line in each.lines()):
            self._print(line, OUTCOMES[Outcome.SKIPPED].colour)

    def _print(self, line: str, colour: str = "") -> None:
        from rich.text import Text

        self._bar.console.print(Text(line, style=colour), soft_wrap=True)
