"""Check the parts of a workbook before they are read, and read what openpyxl leaves out: hidden and merged cells.

An archive comes in. Its unpacked size, the depth of its XML and the size of its table are limited, and a part that
declares entities is refused, so that no file can fill the memory or open another file.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from runner.definitions.tables.csv_table import MAX_CELLS, MAX_COLUMNS, MAX_ROWS
from runner.importers.spreadsheet.sheet import MergedCells

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_READ_WHOLE_BYTES = 16 * 1024 * 1024  # of a part that is kept in memory as a whole, such as the styles
MAX_ELEMENTS = 4_000_000  # rows and cells of a sheet, empty ones too
_MAX_PARTS = 10_000
_MAX_DEPTH = 64
_READ_IN_PIECES = ("xl/worksheets/", "xl/sharedStrings", "xl/media/", "xl/pivotCache/", "xl/embeddings/")
_CHUNK = 1024 * 1024
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})\Z")


class RefusedWorkbook(Exception):
    """A workbook that is not read. `message` completes "the workbook …"."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(slots=True)
class SheetStructure:
    """What the XML of a sheet says besides values. Rows count from 1, columns from 0."""

    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    merged: list[MergedCells] = field(default_factory=list)
    width: int = 0  # of the table
    formulas: set[int] = field(default_factory=set)  # columns with results of formulas
    without_result: set[tuple[int, int]] = field(default_factory=set)  # formulas whose result was not saved


def check_parts(archive: ZipFile) -> None:
    """Raise RefusedWorkbook if the archive is too large, or if a part of it is not harmless XML."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)  # zipfile never unpacks more than a part declares
    if size > MAX_UNPACKED_BYTES or len(parts) > _MAX_PARTS:
        message = f"is larger than {MAX_UNPACKED_BYTES // 1024 // 1024} MiB when it is unpacked"
        raise RefusedWorkbook(message, _NEW_WORKBOOK)
    for part in parts:
        if part.flag_bits & 1:
            raise RefusedWorkbook("is protected by a password", "Save it without a password.")
        if part.file_size > MAX_READ_WHOLE_BYTES and not part.filename.startswith(_READ_IN_PIECES):
            message = f"has a part that is larger than {MAX_READ_WHOLE_BYTES // 1024 // 1024} MiB, {part.filename}"
            raise RefusedWorkbook(message, _NEW_WORKBOOK)
        _read_xml(archive, part.filename, _Depth())


def structure_of(archive: ZipFile, part: str) -> SheetStructure:
    """Return the structure of the sheet in a part. Raises RefusedWorkbook if its table is too large."""
    reader = _StructureReader()
    _read_xml(archive, part, reader)
    return reader.found


class _Depth:
    """Counts elements, and how deep they nest."""

    def __init__(self) -> None:
        self.depth = self.elements = 0

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.elements > 3 * MAX_ELEMENTS:  # a cell has up to three: itself, its formula and its value
            raise RefusedWorkbook(f"has a part with more than {3 * MAX_ELEMENTS:,} elements", _NEW_WORKBOOK)
        if self.depth > _MAX_DEPTH:
            raise RefusedWorkbook(f"has elements that nest deeper than {_MAX_DEPTH} levels", _SAVE_AGAIN)

    def text(self, _text: str) -> None:
        pass

    def end(self, _name: str) -> None:
        self.depth -= 1


_NEW_WORKBOOK = "Copy the table into a new workbook as plain text, without other sheets, and import that."
_SAVE_AGAIN = "Open it in the spreadsheet program, and save it again as .xlsx."


def _read_xml(archive: ZipFile, part: str, reader: _Depth | _StructureReader) -> None:
    """Read a part with the reader's handlers; a part that is not XML, such as a picture, is passed over."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse_entities
    with archive.open(part) as file:
        chunk = file.read(_CHUNK)
        if not _looks_like_xml(chunk):
            return
        try:
            while chunk:
                parser.Parse(chunk)
                chunk = file.read(_CHUNK)
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise RefusedWorkbook(f"is damaged: its part {part} is not valid XML", _SAVE_AGAIN) from None


def _looks_like_xml(start: bytes) -> bool:
    for mark in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    return start.lstrip(b"\0 \t\r\n").startswith(b"<")


def _refuse_entities(*_: Any) -> None:
    raise RefusedWorkbook("declares entities, which no spreadsheet program writes", _SAVE_AGAIN)


class _StructureReader:
    """Reads a sheet's rows, cells, columns and merged cells, without their values."""

    def __init__(self) -> None:
        self.found = SheetStructure()
        self.row = 0
        self.column = -1
        self.rows = self.cells = self.elements = 0
        self.row_has_value = self.has_formula = self.has_value = self.in_value = self.is_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "row":
                self._count_element()
                self.row = int(attributes.get("r", self.row + 1))
                self.column, self.row_has_value = -1, False
                if _is_true(attributes.get("hidden")):
                    self.found.hidden_rows.append(self.row)
            case "c":
                self._count_element()
                place = _cell(attributes.get("r", ""))
                self.column = place[1] if place else self.column + 1
                self.has_formula = self.has_value = False
                self.is_text = attributes.get("t") == "str"  # of a formula: its result may be an empty text
            case "f":
                self.has_formula = True
            case "v":
                self.in_value, self.has_value = True, self.is_text
            case "is":
                self.has_value = True
            case "col" if _is_true(attributes.get("hidden")):
                last = min(int(attributes.get("max", 0)), MAX_COLUMNS)
                self.found.hidden_columns += range(int(attributes.get("min", 1)) - 1, last)
            case "mergeCell" if (merged := _merged(attributes.get("ref", ""))) is not None:
                self.found.merged.append(merged)

    def text(self, _text: str) -> None:
        self.has_value |= self.in_value

    def end(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "v":
                self.in_value = False
            case "c" if self.has_formula or self.has_value:
                self._count_cell()
            case "row" if self.row_has_value:
                self.rows += 1
                if self.rows > MAX_ROWS + 1:
                    raise RefusedWorkbook(f"has more than {MAX_ROWS:,} rows in this sheet", "Split the sheet.")

    def _count_element(self) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise RefusedWorkbook(f"has more than {MAX_ELEMENTS:,} rows and cells in this sheet", _NEW_WORKBOOK)

    def _count_cell(self) -> None:
        self.row_has_value = True
        self.cells += 1
        self.found.width = max(self.found.width, self.column + 1)
        if self.column >= MAX_COLUMNS:
            message = f"has more than {MAX_COLUMNS} columns in this sheet"
            raise RefusedWorkbook(message, "Delete the columns that are not needed.")
        if self.cells > MAX_CELLS:
            raise RefusedWorkbook(f"has more than {MAX_CELLS:,} cells in this sheet", "Split the sheet.")
        if self.has_formula:
            self.found.formulas.add(self.column)
            if not self.has_value:
                self.found.without_result.add((self.row, self.column))


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")


def _cell(name: str) -> tuple[int, int] | None:
    """Return the row, counted from 1, and the column, counted from 0, of a cell's name such as B3."""
    found = _CELL.match(name)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column - 1


def _merged(name: str) -> MergedCells | None:
    first, _, last = name.partition(":")
    begin, end = _cell(first), _cell(last or first)
    return MergedCells(name, begin[0], end[0], begin[1], end[1]) if begin and end else None
