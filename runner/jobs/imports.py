"""Import bulletins from a spreadsheet, payloads or curl commands.

In: the names and bytes of files, and an ImportContext. Out: an Import with the text of a definition file, or with
problems at their places in the imported files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import local
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.problem import Problem
    from runner.importers.draft import Draft
    from runner.importers.import_context import ImportContext, ImportNotes


@dataclass(frozen=True, slots=True)
class Import:
    """The text with `count` bulletins and the assumptions made; or, if there are problems, no text."""

    files: Sequence[str]
    text: str
    count: int
    problems: Sequence[Problem]
    notes: Sequence[str]


def import_context(
    path: Path | None, *, event: str | None, c_by: str | None, accounts: tuple[str, ...]
) -> ImportContext:
    """Return the values of the options with the set at `path`, or at the usual place if it exists.

    Raises UserError if the set can't be read, or if nothing exists at a `path` that was given.
    """
    from runner.definitions.files import sources_under
    from runner.definitions.load import load_sources
    from runner.importers.import_context import ImportContext

    place = str(path or local.DEFINITIONS)
    try:
        sources = sources_under([place])
    except UserError as error:
        is_empty = error.exit_code == Exit.USAGE and os.path.isdir(place)
        if not is_empty and (path is not None or os.path.lexists(place)):
            raise
        return ImportContext(place, event=event, c_by=c_by, accounts=accounts)
    return ImportContext(place, load_sources(sources), sources, event, c_by, accounts)


def import_csv(name: str, data: bytes, context: ImportContext) -> Import:
    """Import the rows of a spreadsheet that was saved as CSV. Raises UserError if there is nothing to import."""
    from runner.definitions.problem import Problem
    from runner.importers.import_context import ImportNotes, filled_in
    from runner.importers.spreadsheet.cells import with_notes
    from runner.importers.spreadsheet.table import drafts_in, table_of
    from runner.importers.text import text_of

    notes = ImportNotes()
    text = text_of(data, name)
    table = [text] if isinstance(text, Problem) else table_of(text)
    if isinstance(table, list):
        return _converted([name], table, context, notes)
    found = drafts_in(table, filled_in(table.columns, context, notes), context.account_option())
    return _converted([name], with_notes(found, notes), context, notes)


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
    return Import(files, result.text, result.count, result.problems, notes.texts)


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
