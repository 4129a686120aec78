"""Read a sheet of an .xlsx workbook as a `Sheet`, through openpyxl: values as shown, saved results of formulas."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from runner.definitions.problem_codes import Code
from runner.definitions.reading.encodings import ZIP_ARCHIVE
from runner.definitions.suggest import counted, did_you_mean, listed, quoted
from runner.errors import ErrorCode, Exit, UserError
from runner.importers.spreadsheet.readers.file_kinds import AS_XLSX, other_kind
from runner.importers.spreadsheet.readers.xlsx_parts import RefusedWorkbook, SheetStructure, check_parts, structure_of
from runner.importers.spreadsheet.readers.xlsx_values import CellText, UnreadableCell, text_of_value
from runner.importers.spreadsheet.sheet import CellFault, ColumnRemark, Sheet, SheetRow, is_blank

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell
    from openpyxl.reader.excel import ExcelReader

_VISIBLE = "visible"
_RESULTS = "the results of formulas are those that the spreadsheet program saved last"


@dataclass(frozen=True, slots=True)
class _Part:
    """A sheet with cells: its name, its part of the archive, and whether it is hidden."""

    name: str
    part: str
    is_hidden: bool


def is_workbook(data: bytes) -> bool:
    """Report whether the bytes begin like those of an .xlsx file."""
    return data.startswith(ZIP_ARCHIVE)


def sheet_names(data: bytes) -> list[str]:
    """Return the names of a workbook's sheets that are not hidden. Raises UserError."""
    return [part.name for part in _parts(_opened("the file", data)) if not part.is_hidden]


def xlsx_sheet(file: str, data: bytes, name: str | None) -> Sheet:
    """Return the table of a sheet; without a name, of the only one. Raises UserError."""
    reader = _opened(file, data)
    part = _chosen(_parts(reader), name, file)
    with _refusing(file):
        return _sheet(file, reader, part, structure_of(reader.archive, part.part))


def _opened(file: str, data: bytes) -> ExcelReader:
    try:
        from openpyxl.reader.excel import ExcelReader
    except ImportError as error:
        raise UserError(
            ErrorCode.PACKAGE_MISSING,
            f"a workbook is read with the package {error.name or 'openpyxl'}, which is not installed",
            help="Install it with: pip install 'bulletins[xlsx]', or after pipx: pipx inject bulletins openpyxl",
        ) from None
    if (other := other_kind(data)) is not None:
        raise _unreadable(file, *other)
    with _refusing(file):
        with ZipFile(BytesIO(data)) as archive:
            check_parts(archive)
        reader = ExcelReader(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        reader.read()
    return reader


@contextmanager
def _refusing(file: str) -> Iterator[None]:
    """Raise UserError for whatever a damaged workbook leads to. Warnings about parts that are not read are dropped."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except RefusedWorkbook as error:
        raise _unreadable(file, error.message, error.help) from None
    except BadZipFile:
        raise _unreadable(file, "is damaged, or no .xlsx file", AS_XLSX) from None
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged workbook leads to
        raise _unreadable(file, "is damaged, or is not in the format of Excel", AS_XLSX) from None


def _unreadable(file: str, message: str, hint: str) -> UserError:
    return UserError(ErrorCode.WORKBOOK_UNREADABLE, f"the workbook {file} {message}", help=hint, exit_code=Exit.USAGE)


def _parts(reader: ExcelReader) -> list[_Part]:
    known = set(reader.archive.namelist())
    return [
        _Part(str(sheet.name), rel.target, sheet.state != _VISIBLE)
        for sheet, rel in reader.parser.find_sheets()
        if rel.target in known and "chartsheet" not in rel.Type
    ]


def _chosen(parts: Sequence[_Part], name: str | None, file: str) -> _Part:
    shown = [part.name for part in parts if not part.is_hidden]
    if name is None and len(shown) == 1:
        return next(part for part in parts if not part.is_hidden)
    if name is not None:
        exact = [part for part in parts if part.name == name]
        if found := exact or [part for part in parts if part.name.casefold() == name.casefold()]:
            return found[0]
    which = listed(map(quoted, shown))
    if name is not None:
        message = f"the workbook {file} has no sheet {quoted(name)}"
        hint = did_you_mean(name, [part.name for part in parts]) or f"It has {which}."
    elif shown:
        message = f"the workbook {file} has {counted(len(shown), 'sheet')}: {which}"
        hint = f"Name one with --sheet, like --sheet {quoted(shown[0])}."
    else:
        message, hint = f"the workbook {file} has no sheet with cells", AS_XLSX
    raise UserError(ErrorCode.NO_SUCH_SHEET, message, help=hint, exit_code=Exit.USAGE)


def _sheet(file: str, reader: ExcelReader, part: _Part, structure: SheetStructure) -> Sheet:
    rows: list[SheetRow] = []
    faults: list[CellFault] = []
    remarks: dict[tuple[int, str], ColumnRemark] = {}
    for line, cells in _cells(reader, part, structure.width):
        row, found = _row(line, cells, structure, remarks)
        if found or not is_blank(row.cells):
            rows.append(row)
            faults += found
    remarks |= {(number, _RESULTS): ColumnRemark(number, _RESULTS, False) for number in structure.formulas}
    lines = {row.line for row in rows}
    return Sheet(
        file,
        rows,
        lambda line, number: (line, number + 1, ""),
        lines_are="row",
        faults=faults,
        hidden_rows=[line for line in structure.hidden_rows if line in lines],
        hidden_columns=structure.hidden_columns,
        merged=structure.merged,
        remarks=list(remarks.values()),
    )


def _cells(reader: ExcelReader, part: _Part, width: int) -> Iterator[tuple[int, Sequence[ReadOnlyCell]]]:
    sheet = reader.wb[part.name]
    sheet.reset_dimensions()  # the file may declare any size
    yield from enumerate(sheet.iter_rows(max_col=max(width, 1)), start=1)


def _row(
    line: int,
    cells: Sequence[ReadOnlyCell],
    structure: SheetStructure,
    remarks: dict[tuple[int, str], ColumnRemark],
) -> tuple[SheetRow, list[CellFault]]:
    texts: list[str] = []
    faults: list[tuple[int, str, str]] = []
    for number, cell in enumerate(cells):
        try:
            text = _text(line, number, cell, structure)
        except UnreadableCell as error:
            text = CellText("")
            faults.append((number, error.message, error.help))
        texts.append(text.text)
        if text.remark:
            remarks.setdefault((number, text.remark), ColumnRemark(number, text.remark))
    while texts and not texts[-1]:
        texts.pop()
    row = SheetRow(line, tuple(texts))
    return row, [CellFault(row, number, Code.BAD_FORMAT, message, hint) for number, message, hint in faults]


def _text(line: int, number: int, cell: ReadOnlyCell, structure: SheetStructure) -> CellText:
    if (line, number) in structure.without_result:
        message = "the cell contains a formula whose result is not saved in the file"
        raise UnreadableCell(message, "Open the workbook in the spreadsheet program, and save it again.")
    value = cell.value
    if value is None:
        return CellText("")
    if isinstance(value, str):
        from openpyxl.utils.escape import unescape

        return CellText(unescape(value).replace("\r\n", "\n"))
    return text_of_value(value, cell.number_format or "General")
