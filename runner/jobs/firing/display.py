"""What a run of `fire` shows and asks. The command line implements it on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.errors import UserError
    from runner.fire.result import Result
    from runner.plan.decide import Plan


class RunProgress(Protocol):
    """Receives results and messages while a run goes on. Results come from several threads."""

    def result(self, result: Result) -> None:
        """Show the end of one firing."""

    def message(self, text: str) -> None:
        """Show a message about the whole run."""


class FireDisplay(Messages, Protocol):
    """Shows the plan, the progress and the report of one call of `fire`, and asks before it sends."""

    @property
    def can_ask(self) -> bool:
        """Whether there is a terminal to ask on."""

    def prepare(self) -> None:
        """Import all that the display may need. Nothing may be imported once a request has left."""

    def show_problems(self, definitions: Definitions) -> None:
        """Show why the set can't be fired."""

    def show_warning_count(self, count: int, path: Path) -> None:
        """Show that there are `count` warnings about the set at `path`, which is fired all the same."""

    def show_plan(self, plan: Plan) -> None:
        """Show what would be sent."""

    def require_yes(self, question: str) -> None:
        """Ask on the terminal. Raises UserError without a yes."""

    def progress(self, total: int) -> AbstractContextManager[RunProgress]:
        """Show the progress of a run of `total` firings until the context ends."""

    def show_news(self, lines: Sequence[tuple[str | None, str]]) -> None:
        """Show what a person has to act on: (outcome, line), with None for a warning. Called before the report."""

    def print_report(self, text: str) -> None:
        """Print the report on standard output. Raises OutputLost if it can't be written."""

    def show_error(self, error: UserError) -> None:
        """Show an error that ended the run."""
