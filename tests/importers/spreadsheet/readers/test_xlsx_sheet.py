from __future__ import annotations

import sys
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook
from refusals import refused

from importers.workbooks import Formula, Shown, edited, workbook
from runner.errors import ErrorCode
from runner.importers.spreadsheet.readers import xlsx_parts
from runner.importers.spreadsheet.readers.xlsx_sheet import sheet_names, xlsx_sheet
from runner.importers.spreadsheet.sheet import MergedCells, Sheet

DATE = "dd/mm/yyyy"


def sheet_of(data: bytes, name: str | None = None) -> Sheet:
    return xlsx_sheet("calendar.xlsx", data, name)


def cells_of(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in sheet_of(data).rows]


def test_cells_are_the_texts_that_are_shown_and_rows_keep_their_numbers() -> None:
    sheet = sheet_of(
        workbook(
            [
                ["December releases"],
                [],
                ["name", "date", "time", "id"],
                ["सा रे गा मा", Shown(date(2036, 12, 2), DATE, ""), Shown(time(20, 30), "h:mm AM/PM", ""), "00123"],
                [None, None],
                ["சா ரே கா மா", Shown(date(2036, 12, 3), DATE, ""), "9pm", Shown(7, "00000", "")],
            ]
        )
    )
    assert [(row.line, row.cells) for row in sheet.rows] == [
        (1, ("December releases",)),
        (3, ("name", "date", "time", "id")),
        (4, ("सा रे गा मा", "2036-12-02", "20:30", "00123")),
        (6, ("சா ரே கா மா", "2036-12-03", "9pm", "00007")),
    ]
    assert not sheet.faults


@pytest.mark.parametrize("is_1904", [False, True])
def test_dates_of_both_systems_are_the_same_days(is_1904: bool) -> None:
    data = workbook([[Shown(datetime(2036, 12, 2, 20, 30), "d/m/yyyy h:mm", "")]], is_1904=is_1904)
    assert cells_of(data) == [("2036-12-02 20:30",)]


def test_a_formula_is_its_saved_result() -> None:
    rows = [[Formula("=B1", "Sa Re 12"), Formula("=6*2", "12"), Formula('=IF(1,"","x")', "")]]
    assert cells_of(workbook([*rows, ["end"]])) == [("Sa Re 12", "12"), ("end",)]


def test_a_formula_without_a_result_is_a_fault_of_its_cell_and_an_error_is_the_text_that_is_shown() -> None:
    sheet = sheet_of(workbook([["a", "b"], [Formula("=B1", None), Formula("=1/0", "#DIV/0!")], ["#REF!", "x"]]))
    assert [(fault.row.line, fault.column) for fault in sheet.faults] == [(2, 0)]
    assert [row.cells for row in sheet.rows] == [("a", "b"), ("", "#DIV/0!"), ("#REF!", "x")]


def test_line_breaks_and_escapes_are_those_of_the_text() -> None:
    data = workbook([["a\nb", "c_x000D_\nd", "e"]])
    assert cells_of(data) == [("a\nb", "c\nd", "e")]


def test_texts_that_cells_share_are_read_without_their_pronunciation() -> None:
    shared = "<si><t>name</t></si><si><r><t>Sa </t></r><r><t>Re</t></r><rPh sb='0' eb='2'><t>x</t></rPh></si>"

    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{shared}</sst>'
    data = edited(
        workbook([[0], [1]]),
        lambda _, text: text.replace(' t="n"', ' t="s"').replace("</Types>", override),
        {"xl/sharedStrings.xml": strings.encode()},
    )
    assert cells_of(data) == [("name",), ("Sa Re",)]


def test_hidden_and_merged_cells_are_known() -> None:
    def change(book: Workbook) -> None:
        sheet = book.worksheets[0]
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet.merge_cells("A1:C1")

    sheet = sheet_of(workbook([["title"], ["name", "b"], ["x", "y"]], change=change))
    assert (sheet.hidden_rows, sheet.hidden_columns) == ([3], [1])
    assert sheet.merged == [MergedCells("A1:C1", 1, 1, 0, 2)]


@pytest.mark.parametrize(
    ("sheets", "hidden", "name", "first"),
    [
        (("December",), (), None, "December"),
        (("December", "Old"), ("Old",), None, "December"),
        (("December", "Old"), ("Old",), "Old", "Old"),
        (("December", "January"), (), "January", "January"),
        (("December", "January"), (), "january", "January"),
    ],
)
def test_the_sheet_is_the_named_or_the_only_one(
    sheets: tuple[str, ...], hidden: tuple[str, ...], name: str | None, first: str
) -> None:
    def change(book: Workbook) -> None:
        for each in hidden:
            book[each].sheet_state = "hidden"

    data = workbook({each: [[each]] for each in sheets}, change=change)
    assert sheet_of(data, name).rows[0].cells == (first,)
    assert sheet_names(data) == [each for each in sheets if each not in hidden]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (None, ("'December' and 'January'", "--sheet")),
        ("Dezember", ("Dezember", "Did you mean December?")),
        ("x", ("x",)),
    ],
)
def test_a_sheet_that_is_unclear_is_asked_for_with_the_names(name: str | None, values: tuple[str, ...]) -> None:
    data = workbook({"December": [["a"]], "January": [["b"]]})
    with refused(ErrorCode.NO_SUCH_SHEET, *values):
        sheet_of(data, name)


def test_without_the_package_the_command_to_install_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook([["a"]])
    for name in [each for each in sys.modules if each.partition(".")[0] == "openpyxl"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with refused(ErrorCode.PACKAGE_MISSING, "pip install 'bulletins[xlsx]'", "pipx inject bulletins openpyxl"):
        sheet_of(data)


ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"name,a\nx,1\n",
        b"PK\3\4 and nothing more",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        edited(workbook([["a"]]), lambda part, text: None if part.endswith("workbook.xml") else text),
        edited(workbook([["a"]]), lambda part, text: text[:-20] if "sheet1" in part else text),
        edited(workbook([["a"]]), lambda part, text: ENTITIES + text if "sheet1" in part else text),
        edited(workbook([["a"]]), lambda part, text: ENTITIES + text if "styles" in part else text),
        edited(
            workbook([["a"]]),
            lambda _, text: text,
            {"xl/x.bin": ENTITIES.encode("utf-16") + "<x/>".encode("utf-16-le")},
        ),
        edited(workbook([["a"]]), lambda _, text: text, {"xl/deep.xml": b"<a>" * 100 + b"</a>" * 100}),
        edited(workbook([["a"]]), lambda _, text: text.replace('r="1"', 'r="x"')),
        edited(workbook([[1]]), lambda _, text: text.replace(' t="n"', ' s="999999"')),
        edited(workbook([[1]]), lambda _, text: text.replace(' t="n"', ' t="s"')),
        edited(
            workbook([[1]]), lambda part, text: text.replace("<v>1</v>", "<v>one</v>") if "sheet1" in part else text
        ),
    ],
    ids=range(14),
)
def test_a_damaged_or_dangerous_workbook_is_one_error(data: bytes) -> None:
    with refused(ErrorCode.WORKBOOK_UNREADABLE, "calendar.xlsx"):
        sheet_of(data)


@pytest.mark.parametrize(
    ("limit", "value", "rows"),
    [
        ("MAX_UNPACKED_BYTES", 1000, [["a"]]),
        ("MAX_READ_WHOLE_BYTES", 500, [["a"]]),
        ("MAX_ELEMENTS", 2, [["name", "a"]]),
        ("MAX_ROWS", 2, [["name"], ["a"], ["b"], ["c"]]),
        ("MAX_COLUMNS", 2, [["name", "a", "b"]]),
        ("MAX_CELLS", 2, [["name", "a", "b"]]),
    ],
)
def test_a_workbook_beyond_the_limits_is_refused_before_its_cells_are_read(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, rows: list[list[str]]
) -> None:
    data = workbook(rows)
    assert cells_of(data) == [tuple(row) for row in rows]
    monkeypatch.setattr(xlsx_parts, limit, value)
    with refused(ErrorCode.WORKBOOK_UNREADABLE, "larger" if "BYTES" in limit else "more than"):
        sheet_of(data)


def test_a_size_that_the_sheet_only_declares_is_not_believed() -> None:
    data = edited(workbook([["a", "b"]]), lambda _, text: text.replace('ref="A1:B1"', 'ref="A1:XFD1048576"'))
    assert cells_of(data) == [("a", "b")]


def test_a_date_that_no_calendar_has_is_an_error_of_the_spreadsheet() -> None:
    assert cells_of(workbook([["date"], [Shown(99999999, DATE, "")]])) == [("date",), ("#VALUE!",)]
