"""`expand`: print the set with every bulletin written out, defaults and rows filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from runner import clock
from runner.cli.options import path_argument, selection_of, selection_options


@click.command()
@path_argument
@selection_options
def expand(path: Path, **selection: Any) -> None:
    """Print the selected bulletins, each written out as an entry.

    Defaults, rows and accounts are filled in. The output is definitions again: together with the files of accounts and
    events, it defines the same bulletins. The default of PATH is bulletins.d.
    """
    from runner.cli.terminal.console import stop_on_problems
    from runner.definitions.editing.plain_entry import entry_of
    from runner.definitions.editing.writing import document
    from runner.definitions.load import load
    from runner.jobs.loaded_set import LoadedSet
    from runner.jobs.selected_set import select_set

    definitions = load([path])
    stop_on_problems(definitions, undone="printed: a set with problems is never expanded")
    chosen = select_set(LoadedSet(path, definitions), path, selection_of(selection), clock.now())
    ids = None if chosen.selected is None else {firing.key.bulletin for firing in chosen.selected}
    bulletins = [each for each in definitions.bulletins if ids is None or each.id in ids]
    entries = map(entry_of, bulletins)
    places = (str(bulletin.place) for bulletin in bulletins)
    for piece in document(entries, comments=places):
        click.echo(piece, nl=False)
