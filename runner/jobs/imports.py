"""Import bulletins from a spreadsheet, payloads or curl commands.

In: the names and bytes of files, and an ImportContext. Out: an Import with the text of a definition file, or with
problems at their places in the imported files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner import local
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.problem import Problem
    from runner.importers.conversion import Converted
    from runner.importers.draft import Draft
    from runner.importers.import_context import ImportContext, ImportNotes
    from runner.importers.spreadsheet.columns import ColumnOptions
    from runner.importers.spreadsheet.date_order import UndecidedDates
    from runner.importers.spreadsheet.moments import DateOrder
    from runner.importers.spreadsheet.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Import:
    """The text with `count` bulletins, warnings and the assumptions made; or, if there are problems, no text.

    `summary` says what became of the parts of a table.
    """

    files: Sequence[str]
    text: str
    count: int
    problems: Sequence[Problem]
    warnings: Sequence[Problem]
    notes: Sequence[str]
    summary: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What the options say of a table: its columns, the order of its dates, and whom to ask for that order."""

    columns: ColumnOptions
    order: DateOrder | None = None
    choose_order: Callable[[UndecidedDates], DateOrder | None] = lambda _: None


def import_context(
    path: Path | None,
    *,
    event: str | None,
    c_by: str | None,
    accounts: tuple[str, ...],
    timezone: str | None = None,
    literal_braces: bool = False,
    now: datetime | None = None,
) -> ImportContext:
    """Return the values of the options with the set at `path`, or at the usual place if it exists.

    Raises UserError if the set can't be read, if nothing exists at a `path` that was given, or if there is no such
    time zone.
    """
    from runner.definitions.files import sources_under
    from runner.definitions.load import load_sources
    from runner.definitions.model import Definitions
    from runner.importers.import_context import ImportContext

    place = str(path or local.DEFINITIONS)
    if timezone is not None:
        _check_zone(timezone)
    try:
        sources = sources_under([place])
    except UserError as error:
        is_empty = error.exit_code == Exit.USAGE and os.path.isdir(place)
        if not is_empty and (path is not None or os.path.lexists(place)):
            raise
        definitions, sources = Definitions({}, {}, (), ()), []
    else:
        definitions = load_sources(sources)
    return ImportContext(place, definitions, sources, event, c_by, accounts, timezone, literal_braces, now)


def _check_zone(name: str) -> None:
    from runner.definitions.schedules import times

    try:
        times.zone(name)
    except times.TimeProblem as error:
        raise UserError(
            ErrorCode.BAD_USAGE, f"--timezone: {error.message}", help=error.help, exit_code=Exit.USAGE
        ) from None


def import_csv(name: str, data: bytes, context: ImportContext, options: TableOptions) -> Import:
    """Import the rows of a spreadsheet that was saved as CSV. Raises UserError if there is nothing to import."""
    from runner.definitions.problem import Problem
    from runner.importers.import_context import ImportNotes
    from runner.importers.spreadsheet.header import known_names
    from runner.importers.spreadsheet.readers.csv_sheet import csv_sheet
    from runner.importers.text import text_of

    text = text_of(data, name)
    if isinstance(text, Problem):
        return _converted([name], [text], context, ImportNotes())
    return _import_table(csv_sheet(text, known_names(options.columns)), context, options)


def import_xlsx(name: str, data: bytes, sheet: str | None, context: ImportContext, options: TableOptions) -> Import:
    """Import the rows of a workbook's sheet. Raises UserError if the sheet can't be read, or has nothing to import."""
    from runner.importers.spreadsheet.readers.xlsx_sheet import xlsx_sheet

    return _import_table(xlsx_sheet(name, data, sheet), context, options)


def columns_in(name: str, data: bytes, sheet: str | None) -> list[str]:
    """Return the names of the columns of a CSV file or workbook; none if it can't be read. Raises UserError."""
    from runner.definitions.problem import Problem
    from runner.importers.spreadsheet.columns import ColumnOptions
    from runner.importers.spreadsheet.header import find_header, known_names, names_in
    from runner.importers.spreadsheet.readers.csv_sheet import csv_sheet
    from runner.importers.spreadsheet.readers.xlsx_sheet import is_workbook, xlsx_sheet
    from runner.importers.text import text_of

    is_known = known_names(ColumnOptions())
    text = text_of(data, name)
    if is_workbook(data):
        table = xlsx_sheet(name, data, sheet)
    elif isinstance(text, Problem):
        return []
    else:
        table = csv_sheet(text, is_known)
    header = find_header(table.rows, is_known)
    names = header.names if header else names_in(table.rows[0]) if table.rows else []
    return [each for each in dict.fromkeys(names) if each]


def _import_table(sheet: Sheet, context: ImportContext, options: TableOptions) -> Import:
    from runner.importers.conversion import converted
    from runner.importers.import_context import ImportNotes, filled_in, lacks_zone
    from runner.importers.spreadsheet.column_faults import folded, with_names
    from runner.importers.spreadsheet.rows import drafts_in
    from runner.importers.spreadsheet.summary import summary_of
    from runner.importers.spreadsheet.table import table_of

    notes = ImportNotes()
    table = table_of(sheet, options.columns, notes, order=options.order, choose_order=options.choose_order)
    if isinstance(table, list):
        return _converted([sheet.file], with_names(table, sheet), context, notes)
    given = filled_in(table.columns.paths(), context, notes)
    found = drafts_in(
        table,
        given,
        context.account_option(),
        lambda fields: lacks_zone(fields, context),
        literal_braces=context.literal_braces,
    )
    result = converted(found, context, notes, lambda each: folded(each, sheet, table.header_row))
    summary = [] if result.problems else list(summary_of(table, result.drafts, result.numbered))
    warnings = [*result.warnings, *folded(_in_the_past(result, context), sheet, table.header_row)]
    return Import([sheet.file], result.text, len(result.drafts), result.problems, warnings, notes.texts, summary)


def import_json(contents: Sequence[tuple[str, bytes]], context: ImportContext) -> Import:
    """Import payloads of the API from files, given as names and bytes. Raises UserError if there are none."""
    from runner.definitions.problem import Problem
    from runner.definitions.problem_codes import Code
    from runner.importers.import_context import ImportNotes
    from runner.importers.payloads import payloads_in
    from runner.importers.text import Piece, text_of

    found: list[Draft | Problem] = []
    for name, data in contents:
        text = text_of(data, name)
        found += [text] if isinstance(text, Problem) else payloads_in(Piece(text, text.text), context.given())
    if found and (option := context.account_option()):
        message = "payloads do not name an account"
        found.append(Problem(contents[0][0], 1, 1, Code.MISSING_FIELD, message, f"Give {option}."))
    return _converted([name for name, _ in contents], found, context, ImportNotes())


def import_curl(name: str, data: bytes, context: ImportContext) -> Import:
    """Import the curl commands of a script. Nothing is run. Raises UserError if there is nothing to import."""
    from runner.definitions.problem import Problem
    from runner.importers.curl import Passed, drafts_in
    from runner.importers.import_context import ImportNotes
    from runner.importers.text import text_of

    notes, passed = ImportNotes(), Passed()
    text = text_of(data, name, is_secret=True)
    found = [text] if isinstance(text, Problem) else list(drafts_in(text, context.given(), passed))
    if passed.count:
        other = "command that is" if passed.count == 1 else "commands that are"
        notes.add(f"{passed.count:,} {other} not curl {'was' if passed.count == 1 else 'were'} skipped")
    return _converted([name], found, context, notes)


def _converted(
    files: Sequence[str], found: Iterable[Draft | Problem], context: ImportContext, notes: ImportNotes
) -> Import:
    from runner.importers.conversion import converted

    result = converted(found, context, notes)
    warnings = [*result.warnings, *_in_the_past(result, context)]
    return Import(files, result.text, len(result.drafts), result.problems, warnings, notes.texts)


def _in_the_past(result: Converted, context: ImportContext) -> Iterator[Problem]:
    """Yield warnings about imported times that have passed."""
    from runner.definitions.model import Schedule
    from runner.definitions.problem_codes import Code
    from runner.definitions.suggest import quoted
    from runner.plan.past_times import past_time

    for bulletin, draft in zip(result.bulletins, result.drafts, strict=False):
        found = None if context.now is None else past_time(bulletin, context.now)
        if found is not None:
            message, hint = found
            place = ("schedule", "at" if isinstance(bulletin.schedule, Schedule) else "ends")
            text = f"the time of {quoted(bulletin.name)} is in the past: {message}"
            yield draft.place.problem(place, Code.NEW_IN_PAST, text, hint)


def check_new_file(path: Path) -> None:
    """Raise UserError if a file exists at `path`, or if a set would not read a file of that name."""
    from runner.definitions.sources import is_definition

    if os.path.lexists(path):
        help_ = "Give another name: an import never replaces a file."
        raise UserError(ErrorCode.FILE_EXISTS, f"{path} already exists", help=help_, exit_code=Exit.USAGE)
    if not is_definition(path.name):
        help_ = "Choose a name that ends in .yaml or .yml: only such files are read as definitions."
        raise UserError(
            ErrorCode.BAD_FILE_NAME,
            f"the file name {path} does not end in .yaml or .yml",
            help=help_,
            exit_code=Exit.USAGE,
        )


def write_new_file(text: str, path: Path) -> None:
    """Write the imported bulletins, completely or not at all. Raises UserError."""
    from runner.files import way_out, written_whole

    try:
        with written_whole(path) as file:
            file.write(text)
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help=way_out(error, "Give a place that can be written to.")
        ) from None
