"""Shows the progress of a run: takes results and messages, and hands them to the callbacks of the command.

A callback that fails must not stop a send, so its error is kept for the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from runner.fire.fault_scope import fault_text
from runner.fire.result import Result

T = TypeVar("T")


class RunDisplay:
    """The callbacks of a run. Several threads may use it. `error` is the first internal error of a callback."""

    def __init__(self, on_result: Callable[[Result], None], on_message: Callable[[str], None]) -> None:
        self._on_result = on_result
        self._on_message = on_message
        self.error: str | None = None

    def result(self, result: Result) -> None:
        """Show a result."""
        self._show(self._on_result, result)

    def message(self, text: str) -> None:
        """Show a message for the user."""
        self._show(self._on_message, text)

    def _show(self, callback: Callable[[T], None], what: T) -> None:
        try:
            callback(what)
        except OSError:
            pass  # the terminal or the reader of a pipe may be closed; the run continues
        except Exception as error:  # noqa: BLE001 - reported at the end; a fault in the display must not stop a send
            self.error = self.error or fault_text(error)
