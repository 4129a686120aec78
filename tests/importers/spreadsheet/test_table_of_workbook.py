"""What a workbook has and a CSV file has not: merged, hidden and faulty cells, each where it matters."""

from __future__ import annotations

from datetime import date

import pytest
from openpyxl import Workbook

from importers.workbooks import Formula, Shown, workbook
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.importers.draft import Draft
from runner.importers.import_context import ImportNotes
from runner.importers.spreadsheet.columns import ColumnOptions
from runner.importers.spreadsheet.readers.xlsx_sheet import xlsx_sheet
from runner.importers.spreadsheet.rows import drafts_in
from runner.importers.spreadsheet.table import SheetTable, table_of

GIVEN = {"business_event": "Program Released", "c-by": "a@example.com"}
ROWS: list[list[object]] = [["Calendar"], ["name", "show", "note"], ["x", "a", "n"], ["y", "a", "n"], ["z", "b", "n"]]


def found_in(
    data: bytes, options: ColumnOptions | None = None, notes: ImportNotes | None = None
) -> list[Draft | Problem]:
    table = table_of(xlsx_sheet("a.xlsx", data, None), options or ColumnOptions(), notes or ImportNotes())
    assert isinstance(table, SheetTable)
    return list(drafts_in(table, GIVEN))


def problems_in(data: bytes, options: ColumnOptions | None = None) -> list[Problem]:
    return [each for each in found_in(data, options) if isinstance(each, Problem)]


def merging(*cells: str) -> bytes:
    def change(book: Workbook) -> None:
        for each in cells:
            book.worksheets[0].merge_cells(each)

    return workbook(ROWS, change=change)


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        (["A1:C1"], None),
        (["A1:C1", "F3:G9"], None),
        (["A40:C41"], None),
        (["B3:B4"], (3, 2)),
        (["B2:C2"], (2, 2)),
        (["A3:A4", "B3:B4", "C3:C4", "A5:C5"], (3, 1)),
    ],
)
def test_merged_cells_of_the_table_are_one_problem(cells: list[str], place: tuple[int, int] | None) -> None:
    found = [each for each in problems_in(merging(*cells)) if "merged" in each.message]
    assert [(each.line, each.column, each.code) for each in found] == ([(*place, Code.BAD_FORMAT)] if place else [])


def test_merged_cells_of_a_column_that_is_left_out_do_not_matter() -> None:
    assert problems_in(merging("C3:C4"), ColumnOptions(ignored=["note"])) == []


@pytest.mark.parametrize("cell", [Formula("=A3", None), Shown(0.5, "# ?/?", ""), Shown(99999999, "d/m/yyyy", "")])
def test_a_cell_that_cannot_be_read_counts_only_where_it_is_imported(cell: object) -> None:
    data = workbook([["name", "show"], ["x", cell], ["y", "b"]])
    (problem,) = problems_in(data)
    assert (problem.line, problem.column) == (2, 2)
    drafts = found_in(data, ColumnOptions(ignored=["show"]))
    assert [each.fields["name"] for each in drafts if isinstance(each, Draft)] == ["x", "y"]


def test_hidden_rows_and_columns_are_imported_and_noted() -> None:
    def change(book: Workbook) -> None:
        sheet = book.worksheets[0]
        for line in (1, 3, 4):
            sheet.row_dimensions[line].hidden = True
        for letter in ("B", "C"):
            sheet.column_dimensions[letter].hidden = True

    notes = ImportNotes()
    found = found_in(workbook(ROWS, change=change), ColumnOptions(ignored=["note"]), notes)
    assert len(found) == 3
    hidden = [text for text in notes.texts if text.startswith("hidden")]
    assert [each in text for each, text in zip(("2 rows (3 and 4)", "'show'"), hidden, strict=True)] == [True, True]
    assert "note" not in hidden[1]


def test_a_property_that_differs_from_what_is_shown_is_noted() -> None:
    notes = ImportNotes()
    data = workbook(
        [
            ["name", "day", "views", "at"],
            ["x", Shown(date(2036, 12, 2), "d/m/yyyy", ""), Shown(1234, "#,##0", ""), Formula("=B2", "2036-12-02 9pm")],
        ]
    )
    (draft,) = found_in(data, notes=notes)
    assert isinstance(draft, Draft)
    assert draft.fields["properties"] == {"day": "2036-12-02", "views": "1234"}
    assert [text.partition(":")[0] for text in notes.texts] == ["column 'day'", "column 'views'", "column 'at'"]


def test_a_row_may_end_early_and_no_cell_may_lie_beyond_the_header() -> None:
    data = workbook([["name", "a", "b"], ["x"], ["y", None, "1"], ["z", "1", "2", "3"]])
    drafts = [each.fields["properties"] for each in found_in(data) if isinstance(each, Draft)]
    assert drafts == [{}, {"b": "1"}]
    (problem,) = problems_in(data)
    assert (problem.line, problem.column) == (4, 4)
