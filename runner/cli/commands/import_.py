"""`import`: turn a spreadsheet, API payloads or curl commands into definitions, printed or in a new file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.groups import Group
from runner.cli.options import DEFAULT_PATH, as_argument
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.problem import Problem
    from runner.importers.draft import Draft
    from runner.importers.import_context import ImportContext, ImportNotes

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
    from runner.definitions.problem import Problem
    from runner.importers.import_context import ImportNotes, filled_in
    from runner.importers.spreadsheet.cells import with_notes
    from runner.importers.spreadsheet.table import drafts_in, table_of
    from runner.importers.text import text_of

    _check_new(out)
    known, notes = _known(**options), ImportNotes()
    name, data = _content(file)
    text = text_of(data, name)
    table = [text] if isinstance(text, Problem) else table_of(text)
    if isinstance(table, list):
        return _finish(table, known, notes, [name], out)
    found = drafts_in(table, filled_in(table.columns, known, notes), known.account_option())
    return _finish(with_notes(found, notes), known, notes, [name], out)


@import_.command("json")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@_import_options
def json_(paths: tuple[Path, ...], out: Path | None, **options: Any) -> int:
    """Import JSON payloads of the API.

    A PATH is a file with one payload, a list of payloads or one payload a line; a folder of such files; or - for
    standard input.
    """
    from runner.definitions.problem import Problem
    from runner.definitions.problem_codes import Code
    from runner.importers.files import json_files
    from runner.importers.import_context import ImportNotes
    from runner.importers.payloads import payloads_in
    from runner.importers.text import Piece, text_of

    _check_new(out)
    known = _known(**options)
    contents = [_content(path) for path in json_files(paths)]

    found: list[Draft | Problem] = []
    for name, data in contents:
        text = text_of(data, name)
        found += [text] if isinstance(text, Problem) else payloads_in(Piece(text, text.text), known.given())
    if found and (option := known.account_option()):
        message = "payloads do not name an account"
        found.append(Problem(contents[0][0], 1, 1, Code.MISSING_FIELD, message, f"Give {option}."))
    return _finish(found, known, ImportNotes(), [name for name, _ in contents], out)


@import_.command("curl")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@_import_options
def curl_(file: Path, out: Path | None, **options: Any) -> int:
    """Import the curl commands of a script.

    They must look like the curl commands of the API's documentation. Nothing is run. Headers, and the credentials in
    them, are neither kept nor shown. FILE is - for standard input.
    """
    from runner.definitions.problem import Problem
    from runner.importers.curl import Passed, drafts_in
    from runner.importers.import_context import ImportNotes
    from runner.importers.text import text_of

    _check_new(out)
    known, notes, passed = _known(**options), ImportNotes(), Passed()
    name, data = _content(file)
    text = text_of(data, name, is_secret=True)
    found = [text] if isinstance(text, Problem) else list(drafts_in(text, known.given(), passed))
    if passed.count:
        other = "command that is" if passed.count == 1 else "commands that are"
        notes.add(f"{passed.count:,} {other} not curl {'was' if passed.count == 1 else 'were'} skipped")
    return _finish(found, known, notes, [name], out)


def _known(path: Path | None, event: str | None, c_by: str | None, accounts: tuple[str, ...]) -> ImportContext:
    """Return the values of the options, and the set at the path if it exists."""
    from runner.definitions.files import sources_under
    from runner.definitions.load import load_sources
    from runner.importers.import_context import ImportContext

    named = str(path or DEFAULT_PATH)
    try:
        sources = sources_under([named])
    except UserError as error:
        is_empty = error.exit_code == Exit.USAGE and os.path.isdir(named)
        if not is_empty and (path is not None or os.path.lexists(named)):
            raise
        return ImportContext(named, event=event, c_by=c_by, accounts=accounts)
    return ImportContext(named, load_sources(sources), sources, event, c_by, accounts)


def _content(path: Path) -> tuple[str, bytes]:
    """Return the name to show for a file, and its bytes; on a terminal, first print a note that input is expected."""
    from runner.importers.files import content

    if path == Path("-") and sys.stdin.isatty():
        click.echo("type or paste the text here, then press Ctrl-D on a line of its own", err=True)
    return content(path)


def _check_new(out: Path | None) -> None:
    from runner.definitions.sources import is_definition

    if out is None:
        return
    if os.path.lexists(out):
        help_ = "Give another name: an import never replaces a file."
        raise UserError(ErrorCode.FILE_EXISTS, f"{out} already exists", help=help_, exit_code=Exit.USAGE)
    if not is_definition(out.name):
        help_ = "Choose a name that ends in .yaml or .yml: only such files are read as definitions."
        raise UserError(
            ErrorCode.BAD_FILE_NAME,
            f"the file name {out} does not end in .yaml or .yml",
            help=help_,
            exit_code=Exit.USAGE,
        )


def _finish(
    found: Iterable[Draft | Problem], known: ImportContext, notes: ImportNotes, files: list[str], out: Path | None
) -> int:
    """Write the bulletins and print the assumptions made; or print the problems and write nothing."""
    from runner.cli.terminal.console import show_problems
    from runner.definitions.model import Definitions
    from runner.definitions.suggest import counted
    from runner.importers.conversion import converted

    result = converted(found, known, notes)
    if result.problems:
        show_problems(Definitions({}, {}, (), tuple(files), tuple(result.problems)), to_stderr=True)
        click.echo("nothing was written", err=True)
        return Exit.PROBLEMS
    where = _write(result.text, out)
    for note in notes.texts:
        click.echo(note, err=True)
    checked = f"check them together with the set: bulletins validate{as_argument(Path(known.path))}"
    click.echo(f"{counted(result.count, 'bulletin')} written to {where}; {checked}", err=True)
    return Exit.OK


def _write(text: str, out: Path | None) -> str:
    if out is None:
        click.echo(text, nl=False)
        return "standard output"
    from runner.files import way_out, written_whole

    try:
        with written_whole(out) as file:
            file.write(text)
    except OSError as error:
        message = f"{out} can't be written: {error.strerror or error}"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help=way_out(error, "Give a place that can be written to.")
        ) from None
    return str(out)
