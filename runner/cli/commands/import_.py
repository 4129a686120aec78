"""`import`: turn a spreadsheet, API payloads or curl commands into definitions, printed or in a new file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner import clock
from runner.cli.groups import Group
from runner.cli.options import DEFAULT_PATH, as_argument
from runner.cli.output_path import OutputPath
from runner.cli.shell_completion import completions
from runner.errors import Exit

if TYPE_CHECKING:
    from runner.importers.import_context import ImportContext
    from runner.importers.spreadsheet.date_order import UndecidedDates
    from runner.importers.spreadsheet.moments import DateOrder
    from runner.jobs.imports import Import, TableOptions

F = TypeVar("F", bound=Callable[..., Any])
_STDIN = Path("-")


def _added(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return a decorator that adds the options to a command, in the order of its help."""

    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_import_options = _added(
    click.option(
        "--out",
        type=OutputPath(),
        metavar="FILE",
        help="Write to this new file instead of standard output.",
    ),
    click.option(
        "--event",
        metavar="NAME",
        shell_complete=completions.events,
        help="The business event of bulletins that name none.",
    ),
    click.option("--c-by", metavar="ADDRESS", help="The creator's e-mail address, for bulletins that have none."),
    click.option(
        "--account",
        "accounts",
        multiple=True,
        metavar="NAME",
        shell_complete=completions.accounts,
        help="The account of bulletins that name none.",
    ),
    click.option(
        "--literal-braces",
        is_flag=True,
        help="Send placeholders such as {{ name }} and $NAME as they are: the bulletins get literal_braces.",
    ),
    click.option(
        "--path",
        type=click.Path(path_type=Path),
        help=f"The set with the accounts and events.  [default: {DEFAULT_PATH} if it exists]",
    ),
)


_table_options = _added(
    click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="FIELD=COLUMN",
        shell_complete=completions.fields_of_columns,
        help="The column of a field, like name=Title or properties.show=Show.",
    ),
    click.option(
        "--ignore-column",
        "ignored",
        multiple=True,
        metavar="COLUMN",
        shell_complete=completions.columns,
        help="Leave out a column.",
    ),
    click.option(
        "--key",
        metavar="COLUMN",
        shell_complete=completions.columns,
        help="Make each id from this column, so that it stays the same when rows are inserted or sorted.",
    ),
    click.option("--day-first", is_flag=True, help="02/12/2026 is the second of December."),
    click.option("--month-first", is_flag=True, help="02/12/2026 is the twelfth of February."),
    click.option(
        "--timezone",
        metavar="ZONE",
        shell_complete=completions.timezones,
        help="The zone of times without an offset.  [default: that of the account]",
    ),
)


class _Formats(Group):
    """A group of formats. For a file in place of the format, the error shows the command with both."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does. Raises click.UsageError for a file without its format."""
        ending = Path(args[0]).suffix.lower().removeprefix(".") if args else ""
        if ending in self.commands and args[0] not in self.commands:
            message = f"the format is missing before {args[0]!r}. Write: {ctx.command_path} {ending} FILE"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)


@click.group("import", cls=_Formats)
def import_() -> None:
    """Make definitions from a spreadsheet, payloads or curl."""


@import_.command("csv")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@_import_options
@_table_options
def csv_(file: Path, out: Path | None, **options: Any) -> int:
    """Import a spreadsheet's rows, saved as CSV.

    A column named after a field of a bulletin, such as name, event, c-by, at, date, time, cron, accounts or tags,
    becomes this field. Every other column becomes a property. --column changes this. FILE is - for standard input.

    \b
    Examples:
      bulletins import csv shows.csv --event "Program Released" \\
        --column name=Title --column date="Air date" --column time=Slot
      bulletins import csv shows.csv --day-first --key program_id \\
        --ignore-column Remarks --out bulletins.d/december.yaml
    """
    from runner.jobs.imports import import_csv

    table = _table_options_of(options, can_ask=file != _STDIN)
    context = _context(out, **options)
    name, data = _content(file)
    return _finish(import_csv(name, data, context, table), context, out)


@import_.command("xlsx")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--sheet", metavar="NAME", shell_complete=completions.sheets, help="The sheet, where the workbook has several."
)
@_import_options
@_table_options
def xlsx_(file: Path, sheet: str | None, out: Path | None, **options: Any) -> int:
    """Import the rows of an Excel workbook (.xlsx).

    Columns become fields and properties as with import csv. Dates and times are read as such, formulas by their last
    results. Needs the extra xlsx: pip install 'bulletins[xlsx]'.

    \b
    Examples:
      bulletins import xlsx calendar.xlsx --sheet December \\
        --column name=Title --key program_id --out bulletins.d/december.yaml
      bulletins import xlsx calendar.xlsx --timezone Asia/Kolkata
    """
    from runner.jobs.imports import import_xlsx

    table = _table_options_of(options, can_ask=file != _STDIN)
    context = _context(out, **options)
    name, data = _content(file)
    return _finish(import_xlsx(name, data, sheet, context, table), context, out)


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


def _table_options_of(options: dict[str, Any], *, can_ask: bool) -> TableOptions:
    """Take the options about a table out of `options`. Raises click.UsageError if they contradict each other."""
    from runner.importers.spreadsheet.columns import ColumnOptions
    from runner.importers.spreadsheet.moments import DateOrder
    from runner.jobs.imports import TableOptions

    fields = []
    for given in options.pop("columns"):
        name, is_pair, column = given.partition("=")
        if not is_pair or not name or not column:
            raise click.UsageError(f"--column {given} is not written like --column name=Title")
        fields.append((name, column))
    columns = ColumnOptions(tuple(fields), options.pop("ignored"), options.pop("key"))
    day, month = options.pop("day_first"), options.pop("month_first")
    if day and month:
        raise click.UsageError("--day-first and --month-first exclude each other")
    order = DateOrder.DAY_FIRST if day else DateOrder.MONTH_FIRST if month else None
    return TableOptions(columns, order, _ask_order if can_ask else lambda _: None)


def _ask_order(dates: UndecidedDates) -> DateOrder | None:
    """Ask on a terminal whether the dates of a column begin with the day or the month; without one, return None."""
    from runner.cli.terminal.prompts import Question, can_ask, choice
    from runner.definitions.suggest import quoted
    from runner.importers.spreadsheet.moments import DateOrder

    if not can_ask():
        return None
    question = Question(f"{dates.example} in the column {quoted(dates.column)} is", "--day-first or --month-first")
    return list(DateOrder)[choice(question, dates.meanings())]


def _context(out: Path | None, path: Path | None, **options: Any) -> ImportContext:
    """Return the values of the options. Raises UserError if `out` is not the name of a new file."""
    from runner.jobs.imports import check_new_file, import_context

    if out is not None:
        check_new_file(out)
    return import_context(path, **options, now=clock.now())


def _content(path: Path) -> tuple[str, bytes]:
    """Return the name to show for a file, and its bytes; on a terminal, first print a note that input is expected."""
    from runner.importers.files import content

    if path == _STDIN and sys.stdin.isatty():
        click.echo("type or paste the text here, then press Ctrl-D on a line of its own", err=True)
    return content(path)


def _finish(made: Import, context: ImportContext, out: Path | None) -> int:
    """Write the bulletins and print the assumptions made; or print the problems and write nothing."""
    from runner.cli.terminal.console import print_problems, show_problems
    from runner.definitions.model import Definitions
    from runner.definitions.suggest import counted
    from runner.jobs.imports import write_new_file
    from runner.report.safe_text import printable

    if made.problems:
        found = Definitions({}, {}, (), tuple(made.files), tuple(made.problems), warnings=tuple(made.warnings))
        show_problems(found, to_stderr=True)
        click.echo("nothing was written", err=True)
        return Exit.PROBLEMS
    if out is None:
        click.echo(made.text, nl=False)
    else:
        write_new_file(made.text, out)
    print_problems(made.warnings, to_stderr=True)
    where = "standard output" if out is None else out
    click.echo(f"{counted(made.count, 'bulletin')} written to {where}", err=True)
    for line in (*made.summary, *made.notes):
        click.echo(f"  {printable(line)}", err=True)
    set_ = as_argument(Path(context.path))
    if out is None:
        click.echo(
            "next: the same command with --out and a new file of the set, like --out bulletins.d/new.yaml", err=True
        )
    else:
        click.echo(f"next: bulletins validate{set_}, then bulletins plan{set_}", err=True)
    return Exit.OK
