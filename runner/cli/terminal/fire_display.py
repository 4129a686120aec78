"""What `fire` shows on the terminal, and how it asks. Implements runner.jobs.firing.display.FireDisplay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.terminal.messages import TerminalMessages

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.errors import UserError
    from runner.jobs.firing.display import RunProgress
    from runner.plan.decide import Plan


class TerminalFireDisplay(TerminalMessages):
    """The terminal of one call of `fire`, with the report in `format_`. `metrics`: a metrics file will be written."""

    def __init__(self, *, format_: str, quiet: bool, verbose: bool, metrics: bool) -> None:
        self._format = format_
        self._quiet = quiet
        self._verbose = verbose
        self._metrics = metrics

    @property
    def can_ask(self) -> bool:
        """Whether standard input is a terminal."""
        return sys.stdin.isatty()

    def prepare(self) -> None:
        """Import all that the run and its display may need."""
        from runner.cli.early_imports import import_for_sending

        import_for_sending(self._format, metrics=self._metrics)

    def show_problems(self, definitions: Definitions) -> None:
        """Print the problems, and that nothing was sent."""
        from runner.cli.terminal.console import refuse_problems

        undone = "sent: a set with problems is never fired"
        refuse_problems(definitions, format_=self._format, undone=undone, whole=self._verbose)

    def show_warning_count(self, count: int, path: Path) -> None:
        """Print the count of warnings and the command that shows them; nothing with --quiet."""
        from runner.cli.terminal.console import warnings_of

        if not self._quiet:
            self.warn(f"the definitions have {warnings_of(count, path)}")

    def show_plan(self, plan: Plan) -> None:
        """Print the plan as a table; on standard error if the report is not text."""
        from runner.cli.terminal.console import show_table
        from runner.report.text.plan import rows
        from runner.report.vocabulary import ACTIONS

        table = rows(plan.steps, whole=self._verbose, now=plan.now)
        to_stderr = self._format != "text"
        show_table(
            ((ACTIONS[action].colour if action else None, cells) for action, cells in table), to_stderr=to_stderr
        )

    def require_yes(self, question: str) -> None:
        """Ask on the terminal. Raises UserError without a yes."""
        from runner.cli.terminal.prompts import require_yes

        require_yes(question, undone="sent")

    def progress(self, total: int) -> AbstractContextManager[RunProgress]:
        """Show the progress on standard error."""
        from runner.cli.terminal.progress import progress

        return progress(total, quiet=self._quiet, verbose=self._verbose)

    def show_news(self, lines: Sequence[tuple[str | None, str]]) -> None:
        """Print what a person has to act on, on standard error."""
        from runner.report.vocabulary import OUTCOMES

        for outcome, line in lines:
            click.secho(line, fg=OUTCOMES[outcome].colour if outcome else "yellow", err=True)

    def print_report(self, text: str) -> None:
        """Print the report on standard output. Raises OutputLost."""
        click.echo(text, nl=False)

    def show_error(self, error: UserError) -> None:
        """Print an error that ended the run, on standard error."""
        from runner.cli.terminal.error_output import show_error

        show_error(error)
