"""Print the messages of a job on standard error."""

from __future__ import annotations

import click


class TerminalMessages:
    """The messages of a job, on standard error."""

    def note(self, text: str) -> None:
        """Print a remark."""
        click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Print a warning, in yellow on a terminal."""
        click.secho(f"warning: {text}", fg="yellow", err=True)

    def fault(self, text: str) -> None:
        """Print what failed, in red on a terminal."""
        click.secho(f"error: {text}", fg="red", err=True)
