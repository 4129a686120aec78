"""Print a UserError on standard error: what was found, and how to fix it."""

from __future__ import annotations

import os

import click

from runner.errors import UserError


def colour() -> bool | None:
    """Return False if NO_COLOR is set (https://no-color.org), else None: click then colours terminals only."""
    return False if os.environ.get("NO_COLOR") else None


def show_error(error: UserError) -> None:
    """Print an error and its help on standard error."""
    from runner.report.safe_text import printable

    click.secho("error: ", fg="red", bold=True, nl=False, err=True, color=colour())
    click.echo(printable(error.message), err=True)
    if error.help:
        click.echo(f"help: {printable(error.help)}", err=True)
