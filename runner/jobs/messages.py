"""How a job shows messages while it works. The command line prints them on standard error."""

from __future__ import annotations

from typing import Protocol


class Messages(Protocol):
    """Shows messages to the user. The job goes on after each of them."""

    def note(self, text: str) -> None:
        """Show a remark."""

    def warn(self, text: str) -> None:
        """Show a warning."""

    def fault(self, text: str) -> None:
        """Show what failed, although the job goes on."""
