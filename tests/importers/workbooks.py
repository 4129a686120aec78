"""Workbooks for tests, as spreadsheet programs save them. openpyxl saves no results of formulas; `Formula` does."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet


@dataclass(frozen=True, slots=True)
class Shown:
    """A value with its number format, and the text that the spreadsheet shows and a CSV file has."""

    value: object
    number_format: str
    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with its saved result; None if it was not saved."""

    formula: str
    result: str | None


Rows = Sequence[Sequence[object]]


def workbook(
    sheets: Mapping[str, Rows] | Rows, *, is_1904: bool = False, change: Callable[[Workbook], None] = lambda _: None
) -> bytes:
    """The bytes of a workbook with these sheets; `change` may change it before it is saved."""
    book = Workbook()
    book.remove(book.worksheets[0])
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    results: dict[str, str | None] = {}
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}).items():
        sheet: Worksheet = book.create_sheet(name)
        for line, row in enumerate(rows, start=1):
            for number, cell in enumerate(row, start=1):
                _write(sheet, line, number, cell, results)
    change(book)
    saved = io.BytesIO()
    book.save(saved)
    return edited(saved.getvalue(), lambda part, text: _with_results(text, results) if "sheets/" in part else text)


def _write(sheet: Worksheet, line: int, number: int, cell: object, results: dict[str, str | None]) -> None:
    place = sheet.cell(line, number)
    match cell:
        case Shown():
            place.value = cell.value  # type: ignore[assignment]
            place.number_format = cell.number_format
        case Formula():
            place.value = cell.formula
            results[place.coordinate] = cell.result
        case _:
            place.value = cell  # type: ignore[assignment]


def _with_results(text: str, results: Mapping[str, str | None]) -> str:
    for place, result in results.items():
        if result is not None:
            pattern = rf'<c r="{place}"([^>]*)>(<f>.*?</f>)<v ?/?>(?:</v>)?</c>'
            kind = ' t="e"' if result.startswith("#") else "" if re.fullmatch(r"[0-9.]+", result) else ' t="str"'
            made = rf'<c r="{place}"\1{kind}>\2<v>{result}</v></c>'
            text, count = re.subn(pattern, made, text)
            assert count == 1, (place, text)
    return text


def edited(data: bytes, edit: Callable[[str, str], str | None], more: Mapping[str, bytes] | None = None) -> bytes:
    """The workbook with the texts of its parts changed by `edit`; a part for which it returns None is left out."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            text = edit(part, old.read(part).decode())
            if text is not None:
                new.writestr(part, text)
        for part, content in (more or {}).items():
            new.writestr(part, content)
    return changed.getvalue()


def csv_text(rows: Sequence[Sequence[Any]], delimiter: str = ",", end: str = "\r\n") -> str:
    """The same rows as a spreadsheet program saves them as CSV."""
    import csv

    text = io.StringIO(newline="")
    shown = [
        [
            each.text if isinstance(each, Shown) else (each.result or "") if isinstance(each, Formula) else each
            for each in row
        ]
        for row in rows
    ]
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(shown)
    return text.getvalue()
