"""`import`: turn a spreadsheet, API payloads or curl commands into definitions, printed or in a new file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.groups import Group
from runner.cli.options import DEFAULT_PATH, as_argument
from runner.cli.shell_completion import completions
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.importers.import_context import ImportContext
    from runner.jobs.imports import Import

F = TypeVar("F", bound=Callable[..., Any])


def _import_options(command: F) -> F:
    for option in reversed(
        (
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write to this new file instead of standard output.",
            ),
            click.option(
                "--event",
                metavar="NAME",
                shell_complete=completions.events,
                help="The business event of bulletins that name none.",
            ),
            click.option(
                "--c-by", metavar="ADDRESS", help="The creator's e-mail address, for bulletins that have none."
            ),
            click.option(
                "--account",
                "accounts",
                multiple=True,
                metavar="NAME",
                shell_complete=completions.accounts,
                help="The account of bulletins that name none.",
            ),
            click.option(
                "--path",
                type=click.Path(path_type=Path),
                help=f"The set with the accounts and events.  [default: {DEFAULT_PATH} if it exists]",
            ),
        )
    ):
        command = option(command)
    return command


@click.group("import", cls=Group)
def import_() -> None:
    """Make definitions from a spreadsheet, payloads or curl."""


@import_.command("csv")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@_import_options
def csv_(file: Path, out: Path | None, **options: Any) -> int:
    """Import a spreadsheet's rows, saved as CSV.

    A column named after a field of a bulletin, such as name, c-by, accounts or tags, becomes this field. So do event,
    at, cron, timezone and grace. Every other column becomes a property of the same name; a column properties.NAME
    always does. FILE is - for standard input.
    """
    from runner.jobs.imports import import_csv

    context = _context(out, **options)
    name, data = _content(file)
    return _finish(import_csv(name, data, context), context, out)


@import_.command("json")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@_import_options
def json_(paths: tuple[Path, ...], out: Path | None, **options: Any) -> int:
    """Import JSON payloads of the API.

    A PATH is a file with one payload, a list of payloads or one payload a line; a folder of such files; or - for
    standard input.
    """
    from runner.importers.files import json_files
    from runner.jobs.imports import import_json

    context = _context(out, **options)
    contents = [_content(path) for path in json_files(paths)]
    return _finish(import_json(contents, context), context, out)


@import_.command("curl")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@_import_options
def curl_(file: Path, out: Path | None, **options: Any) -> int:
    """Import the curl commands of a script.

    They must look like the curl commands of the API's documentation. Nothing is run. Headers, and the credentials in
    them, are neither kept nor shown. FILE is - for standard input.
    """
    from runner.jobs.imports import import_curl

    context = _context(out, **options)
    name, data = _content(file)
    return _finish(import_curl(name, data, context), context, out)


def _context(out: Path | None, path: Path | None, **options: Any) -> ImportContext:
    """Return the values of the options. Raises UserError if `out` is not the name of a new file."""
    from runner.jobs.imports import check_new_file, import_context

    if out is not None:
        check_new_file(out)
    return import_context(path, **options)


def _content(path: Path) -> tuple[str, bytes]:
    """Return the name to show for a file, and its bytes; on a terminal, first print a note that input is expected."""
    from runner.importers.files import content

    if path == Path("-") and sys.stdin.isatty():
        click.echo("type or paste the text here, then press Ctrl-D on a line of its own", err=True)
    return content(path)


def _finish(made: Import, context: ImportContext, out: Path | None) -> int:
    """Write the bulletins and print the assumptions made; or print the problems and write nothing."""
    from runner.cli.terminal.console import show_problems
    from runner.definitions.model import Definitions
    from runner.definitions.suggest import counted
    from runner.jobs.imports import write_new_file

    if made.problems:
        show_problems(Definitions({}, {}, (), tuple(made.files), tuple(made.problems)), to_stderr=True)
        click.echo("nothing was written", err=True)
        return Exit.PROBLEMS
    if out is None:
        click.echo(made.text, nl=False)
    else:
        write_new_file(made.text, out)
    for note in made.notes:
        click.echo(note, err=True)
    where = "standard output" if out is None else out
    checked = f"check them together with the set: bulletins validate{as_argument(Path(context.path))}"
    click.echo(f"{counted(made.count, 'bulletin')} written to {where}; {checked}", err=True)
    return Exit.OK
