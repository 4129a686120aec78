"""`expand`: the set as it comes to, every bulletin written out."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import path_argument


@click.command()
@path_argument
def expand(path: Path) -> None:
    """Print every bulletin written out as a plain entry.

    Defaults, rows and accounts are filled in. What it prints is definitions again: of the same bulletins, with the same
    accounts and catalog beside them. PATH is bulletins.d where it is left out.
    """
    from runner.cli.console import stop_on_problems
    from runner.definitions.editing.plain_entry import entry_of
    from runner.definitions.editing.writing import document
    from runner.definitions.load import load

    definitions = load([path])
    stop_on_problems(definitions, undone="printed: a set with problems is never expanded")
    entries = map(entry_of, definitions.bulletins)
    places = (str(bulletin.place) for bulletin in definitions.bulletins)
    for piece in document(entries, comments=places):
        click.echo(piece, nl=False)
