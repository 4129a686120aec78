"""`expand`: print the set with every bulletin written out, defaults and rows filled in."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import path_argument


@click.command()
@path_argument
def expand(path: Path) -> None:
    """Print every bulletin written out as a plain entry.

    Defaults, rows and accounts are filled in. The output is definitions again: together with the files of accounts and
    events, it defines the same bulletins. The default of PATH is bulletins.d.
    """
    from runner.cli.terminal.console import stop_on_problems
    from runner.definitions.editing.plain_entry import entry_of
    from runner.definitions.editing.writing import document
    from runner.definitions.load import load

    definitions = load([path])
    stop_on_problems(definitions, undone="printed: a set with problems is never expanded")
    entries = map(entry_of, definitions.bulletins)
    places = (str(bulletin.place) for bulletin in definitions.bulletins)
    for piece in document(entries, comments=places):
        click.echo(piece, nl=False)
