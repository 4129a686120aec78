"""Show the progress of a run on standard error: a bar on a terminal, a line for each outcome elsewhere."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from runner.alike_group import MOST_SHOWN
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.report.document.alike_results import NewsItem, fold_news, more_text, news_of
from runner.report.document.run import entry
from runner.report.safe_text import printable
from runner.report.text.run import more_line, outcome_line
from runner.report.vocabulary import OUTCOMES

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from runner.jobs.firing.display import RunProgress


class _Alike:
    """Shorten results that are alike: the first few are shown as they come, the others are counted at the end."""

    def __init__(self) -> None:
        self._items: list[NewsItem] = []
        self._shown: list[NewsItem] = []
        self._counts: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def is_more_of_the_same(self, result: Mapping[str, Any]) -> bool:
        """Report whether enough results like this one were shown."""
        with self._lock:
            found = [item for item in news_of(result, len(self._items)) if item.outcome is not None]
            self._items += found
            self._counts.update(item.common for item in found)
            if any(self._counts[item.common] > MOST_SHOWN for item in found):
                return True
            self._shown += found
            return False

    def lines(self) -> Iterator[tuple[str, str]]:
        """Return (outcome, line) for each group of results that were not all shown."""
        for group in fold_news(self._items):
            outcome, shown = group.first.outcome, set(self._shown) & set(group.instances)
            hidden = [item for item in group.instances if item not in shown]
            if outcome is not None and len(hidden) == 1:
                yield outcome, outcome_line(hidden[0].entry)
            elif outcome is not None and hidden:
                yield outcome, f"{more_line(outcome, more_text(group, shown))} · {printable(group.first.text)}"


class _Lines:
    """A line for each result. With `quiet`, only messages are shown: the report shows what a person has to act on."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet = quiet
        self._alike = None if verbose else _Alike()
        self._colour = click.get_current_context().color  # results come from threads, which have no context

    def result(self, result: Result) -> None:
        if result.outcome is None or self._quiet:
            return
        shown = entry(result)
        if self._alike is None or not self._alike.is_more_of_the_same(shown):
            click.secho(outcome_line(shown), fg=OUTCOMES[result.outcome].colour, err=True, color=self._colour)

    def message(self, text: str) -> None:
        click.echo(text, err=True)

    def close(self) -> None:
        for outcome, line in () if self._alike is None else self._alike.lines():
            click.secho(line, fg=OUTCOMES[outcome].colour, err=True)


@contextmanager
def progress(total: int, *, quiet: bool, verbose: bool) -> Iterator[RunProgress]:
    """Give a RunProgress that shows a run of `total` firings on standard error."""
    if quiet or verbose or not total or not sys.stderr.isatty():
        lines = _Lines(quiet=quiet, verbose=verbose)
        try:
            yield lines
        finally:
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
        self._alike = _Alike()

    def result(self, result: Result) -> None:
        is_remarkable = result.outcome is not Outcome.FIRED or bool(result.warnings)
        if result.outcome is not None and is_remarkable:
            shown = entry(result)
            if not self._alike.is_more_of_the_same(shown):
                self._print(outcome_line(shown), OUTCOMES[result.outcome].colour)
        if result.step.action.sends:
            self._bar.advance(self._task)

    def message(self, text: str) -> None:
        self._print(text)

    def close(self) -> None:
        for outcome, line in self._alike.lines():
            self._print(line, OUTCOMES[outcome].colour)

    def _print(self, line: str, colour: str = "") -> None:
        from rich.text import Text

        self._bar.console.print(Text(line, style=colour), soft_wrap=True)
